package aggregate

import "math/rand/v2"

// set holds distinct pairs of a group and a word, for all groups of a vector in
// one table: open addressing finds a pair, and a chain through the pairs of a
// group lists them. A set of a few values costs a few words, not a map.
type set struct {
	pairs  []pair
	groups []setGroup
	slots  []uint64 // tag of the hash in the high half, place in pairs plus one in the low; 0 is empty
	seed   uint64   // so that nobody can choose values that collide
}

type pair struct {
	word  uint64
	group uint32
	next  uint32 // place of the group's next pair plus one, 0 at the end
}

type setGroup struct {
	first uint32 // place of the group's newest pair plus one
	n     uint32
}

const minSlots = 64

func newSet() set { return set{slots: make([]uint64, minSlots), seed: rand.Uint64()} }

func (s *set) grow(n int) { s.groups = grow(s.groups, n) }

func (s *set) reset() {
	s.pairs, s.groups = s.pairs[:0], s.groups[:0]
	clear(s.slots)
}

func (s *set) hash(group uint32, word uint64) uint64 {
	h := (word ^ s.seed) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32 ^ uint64(group)) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// insert adds a word to a group's set, if it isn't there.
func (s *set) insert(group uint32, word uint64) {
	h := s.hash(group, word)
	mask := uint64(len(s.slots) - 1)
	tag := h &^ (1<<32 - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := s.slots[i]
		if slot == 0 {
			s.add(i, tag, group, word)
			return
		}
		if (slot^tag)>>32 == 0 {
			if p := &s.pairs[uint32(slot)-1]; p.word == word && p.group == group {
				return
			}
		}
	}
}

// add puts a new pair at an empty slot.
func (s *set) add(slot, tag uint64, group uint32, word uint64) {
	g := &s.groups[group]
	s.pairs = append(s.pairs, pair{word, group, g.first})
	g.first = uint32(len(s.pairs))
	g.n++
	s.slots[slot] = tag | uint64(len(s.pairs))
	if 4*len(s.pairs) >= 3*len(s.slots) {
		s.rehash(2 * len(s.slots))
	}
}

func (s *set) rehash(n int) {
	s.slots = make([]uint64, n)
	mask := uint64(n - 1)
	for place := range s.pairs {
		p := &s.pairs[place]
		h := s.hash(p.group, p.word)
		i := h & mask
		for s.slots[i] != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = h&^(1<<32-1) | uint64(place+1)
	}
}

// words appends a group's words to dst, in no order.
func (s *set) words(dst []int64, group uint32) []int64 {
	for at := s.groups[group].first; at != 0; {
		p := &s.pairs[at-1]
		dst = append(dst, int64(p.word))
		at = p.next
	}
	return dst
}
