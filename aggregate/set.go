package aggregate

import "math"

// set holds distinct pairs of a group and a word, for all groups of a vector.
// Words that all have 32 bits, as most ids and all numbers of texts do, take half
// of what others take.
type set struct {
	count   []uint32 // words by group
	narrow  blocks[int32]
	wide    blocks[int64]
	isWide  bool
	version uint64 // counts the changes
	touched uint32 // keeps the compiler from leaving out what add reads ahead
}

// batchSize is how many pairs are added together: first each of their places in
// memory is read, so that the processor waits for all of them at once, and not for
// one after the other.
const batchSize = 64

func (s *set) grow(n int) {
	if n <= len(s.count) {
		return
	}
	s.count = grow(s.count, n)
	if s.isWide {
		s.wide.grow(n)
	} else {
		s.narrow.grow(n)
	}
}

// reset forgets all groups, and keeps the memory.
func (s *set) reset() {
	s.narrow.reset()
	s.wide.reset()
	s.count = s.count[:0]
	s.version++
}

// distinct is at least how many different words there are, and at most how many
// pairs.
func (s *set) distinct() int { return s.narrow.len() + s.wide.len() }

// add adds words to groups' sets.
func (s *set) add(groups []uint32, words []int64) {
	s.version++
	words = words[:len(groups)]
	for len(groups) > 0 {
		n := min(len(groups), batchSize)
		if !s.isWide && !areNarrow(words[:n]) {
			s.widen()
		}
		if s.isWide {
			s.touched = s.wide.add(groups[:n], words[:n], s.count)
		} else {
			s.touched = s.narrow.add(groups[:n], words[:n], s.count)
		}
		groups, words = groups[n:], words[n:]
	}
}

func areNarrow(words []int64) bool {
	var over uint64
	for _, word := range words {
		over |= uint64(word - math.MinInt32)
	}
	return over <= math.MaxUint32
}

// widen makes room for words of any length.
func (s *set) widen() {
	s.isWide = true
	s.wide.grow(len(s.count))
	for i := range s.narrow.tables {
		from, to := &s.narrow.tables[i], &s.wide.tables[i]
		for _, c := range from.cells {
			if c.mask != 0 {
				to.put(cell[int64]{int64(c.word), c.mask})
			}
		}
	}
	s.narrow = blocks[int32]{}
}
