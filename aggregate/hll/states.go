package hll

import (
	"slices"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// states are sketches of a field, from the first value on.
type states[E any] struct {
	slot     int
	codec    string
	hasher   hasher
	sketches *sketches
	hashes   []uint64
	to       []uint32 // the groups of rows that aren't null
}

func (s *states[E]) Grow(n int) { s.sketches.grow(n) }
func (s *states[E]) Reset()     { s.sketches.reset() }

// gathered is how many rows are hashed at a time.
const gathered = 1024

func (s *states[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	for len(rows) > 0 {
		n := min(len(rows), gathered)
		s.hashes = slices.Grow(s.hashes[:0], n)[:n]
		s.hasher.hashes(s.hashes, v, rows[:n])
		if v.Valid == nil {
			s.sketches.insertAll(groups[:n], s.hashes)
		} else {
			s.to = s.to[:0]
			for i, row := range rows[:n] {
				if v.Valid[row] {
					s.hashes[len(s.to)] = s.hashes[i]
					s.to = append(s.to, groups[i])
				}
			}
			s.sketches.insertAll(s.to, s.hashes[:len(s.to)])
		}
		groups, rows = groups[n:], rows[n:]
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

func (s *states[E]) Read(groups []uint32, into []int64) (int, error) {
	for i, g := range groups {
		into[i] = s.sketches.count(g)
	}
	return len(groups), nil
}
