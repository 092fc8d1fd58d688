package aggregate

import (
	"fmt"
	"math"

	"github.com/anabranch-go/anabranch/source"
)

const countCodec = "count/2"

// Count counts events. A count of what was taken away can be below zero: see
// [Inverter]. One past 63 bits is ErrOverflow.
func Count[E any]() Aggregate[E, int64] { return count[E]{definition: "count()"} }

// CountOf counts the events in which the field isn't null. Errors of the field
// come from Bind.
func CountOf[E, T any](f source.Field[E, T]) Aggregate[E, int64] {
	return count[E]{definition: fmt.Sprintf("count(%s)", f), code: f.HasCode(), field: f.Bind}
}

type count[E any] struct {
	definition string
	code       bool
	field      func(*source.Binder[E]) (int, error) // nil to count rows
}

func (c count[E]) Codec() string  { return countCodec }
func (c count[E]) String() string { return c.definition }
func (c count[E]) HasCode() bool  { return c.code }

func (c count[E]) Bind(b *source.Binder[E]) (Maker[E, int64], error) {
	slot := -1
	if c.field != nil {
		var err error
		if slot, err = c.field(b); err != nil {
			return nil, fmt.Errorf("cannot bind %s: %w", c, err)
		}
	}
	return func() Results[E, int64] { return &countStates[E]{slot: slot} }, nil
}

type countStates[E any] struct {
	slot int // -1 to count rows
	n    totals
}

func (s *countStates[E]) Grow(n int) { s.n.grow(n) }
func (s *countStates[E]) Reset()     { s.n.reset() }

func (s *countStates[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	if s.slot >= 0 {
		if valid := f.Vector(s.slot).Valid; valid != nil {
			s.addValid(groups, rows, valid)
			return
		}
	}
	s.n.count(groups)
}

func (s *countStates[E]) addValid(groups []uint32, rows []int32, valid []bool) {
	n := s.n.n
	for i, g := range groups {
		if !valid[rows[i]] {
			continue
		}
		if n[g]++; n[g] == math.MinInt64 {
			s.n.carry(g, +1)
		}
	}
}

func (s *countStates[E]) Merge(groups []uint32, other States[E]) {
	s.n.merge(groups, &other.(*countStates[E]).n)
}

// Invert implements [Inverter].
func (s *countStates[E]) Invert(group uint32) bool {
	s.n.invert(group)
	return true
}

// A state is the count as a zigzag varint of 128 bits.
func (s *countStates[E]) AppendState(dst []byte, group uint32) []byte {
	return s.n.value(group).appendTo(dst)
}

func (s *countStates[E]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeInt128(state)
	if !ok || len(rest) > 0 {
		return notState(countCodec, "%d bytes that aren't one count", len(state))
	}
	s.n.add(group, n)
	return nil
}

func (s *countStates[E]) Read(groups []uint32, into []int64) (int, error) {
	return s.n.read(groups, into, "a count past 63 bits")
}
