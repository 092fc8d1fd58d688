package columnar

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// TextList is texts to write, numbered in the order that they came in. It copies
// them, into one piece of memory without pointers: a row group of unique texts has
// a hundred thousand. The zero value is an empty list.
type TextList struct {
	bytes []byte
	ends  []int
	table []uint64 // open addressing, at most half full: half a hash, then a number plus one
	seed  maphash.Seed
}

// Len is the number of texts, Size that of their bytes.
func (l *TextList) Len() int  { return len(l.ends) }
func (l *TextList) Size() int { return len(l.bytes) }

// At gives a text by its number. Its bytes are the list's.
func (l *TextList) At(i int) []byte {
	from := 0
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.bytes[from:l.ends[i]:l.ends[i]]
}

// width gives the bytes of a text, where all have as many.
func (l *TextList) width() (n int, same bool) {
	if len(l.ends) == 0 {
		return 0, false
	}
	n = l.ends[0]
	for i, end := range l.ends {
		if end != (i+1)*n {
			return 0, false
		}
	}
	return n, true
}

// Append adds a text, whether or not the list has it.
func (l *TextList) Append(text string) {
	l.bytes = append(l.bytes, text...)
	l.ends = append(l.ends, len(l.bytes))
}

// Code gives a text's number, and adds it where it's new. It looks at those texts
// alone that it added itself.
func (l *TextList) Code(text string) uint32 {
	if 2*len(l.ends) >= len(l.table) {
		l.grow()
	}
	hash := maphash.String(l.seed, text) >> 32
	mask := uint64(len(l.table) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		slot := l.table[at]
		if slot == 0 {
			l.Append(text)
			l.table[at] = hash<<32 | uint64(len(l.ends))
			return uint32(len(l.ends) - 1)
		}
		if code := uint32(slot) - 1; slot>>32 == hash && string(l.At(int(code))) == text {
			return code
		}
	}
}

func (l *TextList) grow() {
	old := l.table
	if old == nil {
		l.seed = maphash.MakeSeed()
	}
	l.table = make([]uint64, max(32, 2*len(old)))
	mask := uint64(len(l.table) - 1)
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		at := slot >> 32 & mask
		for l.table[at] != 0 {
			at = (at + 1) & mask
		}
		l.table[at] = slot
	}
}

// Reset empties the list, and keeps its memory.
func (l *TextList) Reset() {
	clear(l.table)
	l.bytes, l.ends = l.bytes[:0], l.ends[:0]
}

// appendPlain writes all texts as a dictionary page has them.
func (l *TextList) appendPlain(b []byte) []byte {
	b = slices.Grow(b, len(l.bytes)+4*len(l.ends))
	from := 0
	for _, to := range l.ends {
		b = binary.LittleEndian.AppendUint32(b, uint32(to-from))
		b = append(b, l.bytes[from:to]...)
		from = to
	}
	return b
}
