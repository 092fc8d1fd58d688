package source

import "strings"

// arena holds copies of texts, many in one piece of memory, which stays for as
// long as any of its texts does. So pieces are small, and the first ones smaller.
type arena struct {
	piece strings.Builder
	size  int // of the piece
}

const leastPiece, greatestPiece = 64, 1 << 10

// own copies a text.
func (a *arena) own(text string) string {
	if len(text) > a.piece.Cap()-a.piece.Len() {
		a.size = min(max(2*a.size, leastPiece), greatestPiece)
		if len(text) > a.size/4 {
			return strings.Clone(text) // it would leave much of a piece empty
		}
		a.piece.Reset()
		a.piece.Grow(a.size)
	}
	from := a.piece.Len()
	a.piece.WriteString(text)
	return a.piece.String()[from:]
}
