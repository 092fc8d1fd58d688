package source

import "encoding/binary"

// arena holds copies of texts, many in one piece of memory, which stays for as
// long as any of its texts does. So pieces are small, and the first ones smaller.
type arena struct {
	free []byte // of the last piece
	size int    // of the piece
}

const leastPiece, greatestPiece = 64, 1 << 10

// own copies a text.
func (a *arena) own(text string) string {
	if len(text) > greatestPiece/4 {
		return viewText([]byte(text)) // it would leave much of a piece empty
	}
	a.need(len(text))
	copy(a.free, text)
	return a.take(len(text))
}

// ownKey copies the short text of a key. It's written as words: what is after the
// text is free still.
func (a *arena) ownKey(k textKey) string {
	a.need(shortText)
	binary.LittleEndian.PutUint64(a.free, k.lo)
	binary.LittleEndian.PutUint64(a.free[8:], k.hi)
	return a.take(int(k.length))
}

func (a *arena) need(n int) {
	if n > len(a.free) {
		a.size = min(max(2*a.size, leastPiece, n), greatestPiece)
		a.free = make([]byte, a.size)
	}
}

func (a *arena) take(n int) string {
	text := viewText(a.free[:n])
	a.free = a.free[n:]
	return text
}
