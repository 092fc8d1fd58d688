package aggregate

import (
	"math/bits"
	"slices"
)

// list holds a block's words by group. It's made when the words of a group are
// asked for, and good until the set changes.
type list struct {
	version uint64 // of the set
	ends    [blockSize]uint32
	words   []int64
}

// words gives a group's words, in no order. They're the list's own memory: the
// caller may change their order.
func (s *set) words(group uint32) []int64 {
	block := group >> blockBits
	s.settle(block)
	first := int(block) << blockBits
	count := s.count[first:min(first+blockSize, len(s.count))]
	var l *list
	if s.isWide {
		l = s.wide.blocks[block].listed(s.version, count)
	} else {
		l = s.narrow.blocks[block].listed(s.version, count)
	}
	end := l.ends[group&(blockSize-1)]
	return l.words[end-s.count[group] : end]
}

// listed gives the list of a block whose groups have so many words.
func (b *block[W]) listed(version uint64, count []uint32) *list {
	if b.list == nil {
		b.list = &list{version: ^version}
	}
	l := b.list
	if l.version == version {
		return l
	}
	total := uint32(0)
	for i, n := range count {
		l.ends[i] = total // where they begin, first
		total += n
	}
	l.words = slices.Grow(l.words[:0], int(total))[:total]
	for _, t := range b.tables() {
		take(l, t.cells)
	}
	l.version = version
	return l
}

// take lists the words of cells.
func take[W int32 | int64](l *list, cells []cell[W]) {
	for i := range cells {
		c := &cells[i]
		for mask := c.mask; mask != 0; mask &= mask - 1 {
			end := &l.ends[bits.TrailingZeros32(mask)&(blockSize-1)]
			l.words[*end] = int64(c.word)
			*end++
		}
	}
}
