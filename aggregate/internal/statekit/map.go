package statekit

import (
	"iter"
	"math/rand/v2"
)

// Map holds a V for each pair of a group and a word, for all groups of a vector
// in one table: open addressing finds a pair, and a chain through a group's pairs
// lists them. A group of a few words costs a few words of memory.
//
// What Drop forgets stays in the table, as pairs of no group, until the table is
// built anew. Make it with NewMap. It holds up to 4 billion pairs, and isn't safe
// for concurrent use.
type Map[V any] struct {
	pairs  []pair[V]
	groups []members
	slots  []uint64 // tag of the hash in the high half, place in pairs plus one in the low; 0 is empty
	dead   int      // pairs of no group
	seed   uint64   // so that nobody can choose words that collide
}

type pair[V any] struct {
	v     V
	word  uint64
	group uint32
	next  uint32 // place of the group's next pair plus one, 0 at the end
}

type members struct {
	first uint32 // place of the group's newest pair plus one
	n     uint32
}

const (
	minSlots = 64
	nobody   = ^uint32(0)
)

// NewMap makes a map of no groups.
func NewMap[V any]() *Map[V] {
	return &Map[V]{slots: make([]uint64, minSlots), seed: rand.Uint64()}
}

// Grow makes groups up to n, each of them empty.
func (m *Map[V]) Grow(n int) { m.groups = Grow(m.groups, n) }

// Reset forgets every group, and keeps the memory.
func (m *Map[V]) Reset() {
	m.pairs, m.groups, m.dead = m.pairs[:0], m.groups[:0], 0
	clear(m.slots)
}

// Len is the number of a group's words.
func (m *Map[V]) Len(group uint32) int { return int(m.groups[group].n) }

// Live is the number of all groups' words.
func (m *Map[V]) Live() int { return len(m.pairs) - m.dead }

func (m *Map[V]) hash(group uint32, word uint64) uint64 {
	h := (word ^ m.seed) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32 ^ uint64(group)) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// At gives the place of a group's word, which is added with a zero V if it's new.
// The place holds until the next call of At.
func (m *Map[V]) At(group uint32, word uint64) *V {
	h := m.hash(group, word)
	mask := uint64(len(m.slots) - 1)
	tag := h &^ (1<<32 - 1)
	i := h & mask
	for ; ; i = (i + 1) & mask {
		slot := m.slots[i]
		if slot == 0 {
			break
		}
		if (slot^tag)>>32 == 0 {
			if p := &m.pairs[uint32(slot)-1]; p.word == word && p.group == group {
				return &p.v
			}
		}
	}
	if 4*(len(m.pairs)+1) >= 3*len(m.slots) {
		m.rebuild()
		mask = uint64(len(m.slots) - 1)
		for i = h & mask; m.slots[i] != 0; {
			i = (i + 1) & mask
		}
	}
	g := &m.groups[group]
	m.pairs = append(m.pairs, pair[V]{word: word, group: group, next: g.first})
	g.first = uint32(len(m.pairs))
	g.n++
	m.slots[i] = tag | uint64(len(m.pairs))
	return &m.pairs[len(m.pairs)-1].v
}

// All lists a group's words and their places, in no order. The map mustn't be
// changed meanwhile, but what is at the places may be.
func (m *Map[V]) All(group uint32) iter.Seq2[uint64, *V] {
	return func(yield func(uint64, *V) bool) {
		for at := m.groups[group].first; at != 0; {
			p := &m.pairs[at-1]
			if !yield(p.word, &p.v) {
				return
			}
			at = p.next
		}
	}
}

// Drop forgets a group's words.
func (m *Map[V]) Drop(group uint32) {
	g := &m.groups[group]
	for at := g.first; at != 0; {
		p := &m.pairs[at-1]
		p.group = nobody
		at = p.next
	}
	m.dead += int(g.n)
	*g = members{}
}

// Rename changes every word to what f gives for it, which must keep different
// words of a group different.
func (m *Map[V]) Rename(f func(word uint64) uint64) {
	for i := range m.pairs {
		if p := &m.pairs[i]; p.group != nobody {
			p.word = f(p.word)
		}
	}
	m.compact()
	clear(m.slots)
	m.fill()
}

// rebuild makes room for more pairs: without the dead, where they are many, or
// in a larger table.
func (m *Map[V]) rebuild() {
	if 4*m.dead < len(m.pairs) {
		m.slots = make([]uint64, 2*len(m.slots))
	} else {
		clear(m.slots)
	}
	if m.dead > 0 {
		m.compact()
	}
	m.fill()
}

// compact leaves out the dead pairs, and chains the others anew.
func (m *Map[V]) compact() {
	for i := range m.groups {
		m.groups[i].first = 0
	}
	live := m.pairs[:0]
	for _, p := range m.pairs {
		if p.group == nobody {
			continue
		}
		g := &m.groups[p.group]
		p.next = g.first
		live = append(live, p)
		g.first = uint32(len(live))
	}
	m.pairs, m.dead = live, 0
}

// fill enters every pair into the empty table.
func (m *Map[V]) fill() {
	mask := uint64(len(m.slots) - 1)
	for place := range m.pairs {
		p := &m.pairs[place]
		h := m.hash(p.group, p.word)
		i := h & mask
		for m.slots[i] != 0 {
			i = (i + 1) & mask
		}
		m.slots[i] = h&^(1<<32-1) | uint64(place+1)
	}
}
