package hll

import (
	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// states are sketches of a field, from the first value on.
type states[E any] struct {
	slot     int
	codec    string
	hasher   hasher
	sketches *sketches
	scratch  []uint64
}

func (s *states[E]) Grow(n int) { s.sketches.grow(n) }
func (s *states[E]) Reset()     { s.sketches.reset() }

func (s *states[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	s.scratch = s.hasher.hashes(s.scratch[:0], v, rows)
	hashes := s.scratch[:len(groups)]
	for i, g := range groups {
		if !v.IsNull(rows[i]) {
			s.sketches.insert(g, hashes[i])
		}
	}
}

func (s *states[E]) Merge(groups []uint32, other aggregate.States[E]) {
	from := other.(*states[E]).sketches
	for i, g := range groups {
		s.sketches.merge(g, from, uint32(i))
	}
}

func (s *states[E]) AppendState(dst []byte, group uint32) []byte {
	return s.sketches.append(dst, group)
}

func (s *states[E]) MergeState(group uint32, state []byte) error {
	return s.sketches.take(group, state)
}

func (s *states[E]) Result(group uint32) (int64, error) { return s.sketches.count(group), nil }
