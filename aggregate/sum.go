package aggregate

import (
	"fmt"

	"github.com/anabranch-go/anabranch/source"
)

// Integer is what [Sum] adds.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

const sumCodec = "sum.int/1"

// Sum adds up an integer field, in its own units: minor units of money, or the
// units of a decimal. Nulls are skipped; the sum of none is 0. It's exact, and
// a sum that passes 64 bits on its way comes back; one that ends there is
// ErrOverflow. Errors of the field come from Bind.
func Sum[E any, N Integer](f source.Field[E, N]) Aggregate[E, int64] { return sum[E, N]{f} }

type sum[E any, N Integer] struct{ field source.Field[E, N] }

func (a sum[E, N]) Codec() string  { return sumCodec }
func (a sum[E, N]) String() string { return fmt.Sprintf("sum(%s)", a.field) }
func (a sum[E, N]) HasCode() bool  { return a.field.HasCode() }

func (a sum[E, N]) Bind(b *source.Binder[E]) (Maker[E, int64], error) {
	slot, err := a.field.Bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return func() Results[E, int64] { return &sumStates[E]{slot: slot} }, nil
}

type sumStates[E any] struct {
	slot int
	sums totals
}

func (s *sumStates[E]) Grow(n int) { s.sums.grow(n) }
func (s *sumStates[E]) Reset()     { s.sums.reset() }

func (s *sumStates[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, n := f.Vector(s.slot), s.sums.n
	ints, valid, rows := v.Ints, v.Valid, rows[:len(groups)]
	if valid == nil {
		for i, g := range groups {
			old, more := n[g], ints[rows[i]]
			n[g] = old + more
			if passes(old, more, old+more) {
				s.sums.carry(g, old)
			}
		}
		return
	}
	for i, g := range groups {
		row := rows[i]
		if !valid[row] {
			continue
		}
		old, more := n[g], ints[row]
		n[g] = old + more
		if passes(old, more, old+more) {
			s.sums.carry(g, old)
		}
	}
}

func (s *sumStates[E]) Merge(groups []uint32, other States[E]) {
	s.sums.merge(groups, &other.(*sumStates[E]).sums)
}

// Invert implements [Inverter].
func (s *sumStates[E]) Invert(group uint32) bool {
	s.sums.invert(group)
	return true
}

// A state is the sum as a zigzag varint of 128 bits.
func (s *sumStates[E]) AppendState(dst []byte, group uint32) []byte {
	return s.sums.value(group).appendTo(dst)
}

func (s *sumStates[E]) MergeState(group uint32, state []byte) error {
	v, rest, ok := takeInt128(state)
	if !ok || len(rest) > 0 {
		return notState(sumCodec, "%d bytes that aren't one sum", len(state))
	}
	s.sums.add(group, v)
	return nil
}

func (s *sumStates[E]) Read(groups []uint32, into []int64) (n int, err error) {
	return s.sums.read(groups, into, "a sum past 64 bits")
}
