package aggregate

import "math"

// set holds distinct pairs of a group and a word, for all groups of a vector.
// Words that all have 32 bits, as most ids and all numbers of texts do, take half
// of what others take.
type set struct {
	count   []uint32 // words by group, of what is settled
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

// size says how many words a group has.
func (s *set) size(group uint32) uint32 {
	s.settle(group >> blockBits)
	return s.count[group]
}

// settle makes a block and its groups' counts what they are to be: before anything
// of them is read.
func (s *set) settle(block uint32) {
	if s.isWide {
		s.wide.blocks[block].settle(s.count[block<<blockBits:])
	} else {
		s.narrow.blocks[block].settle(s.count[block<<blockBits:])
	}
}

// distinct is at least how many different words there are, and at most how many
// pairs.
func (s *set) distinct() int {
	for i := 0; i < len(s.count); i += blockSize {
		s.settle(uint32(i) >> blockBits)
	}
	return s.narrow.len() + s.wide.len()
}

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
	for i := range s.narrow.blocks {
		from, to := &s.narrow.blocks[i], &s.wide.blocks[i]
		from.settle(s.count[i<<blockBits:])
		for _, t := range from.tables() {
			for _, c := range t.cells {
				if c.mask != 0 {
					to.put(cell[int64]{int64(c.word), c.mask})
				}
			}
		}
	}
	s.narrow = blocks[int32]{}
}
