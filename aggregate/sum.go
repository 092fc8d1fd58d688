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
	sums []int128
}

func (s *sumStates[E]) Grow(n int) { s.sums = grow(s.sums, n) }
func (s *sumStates[E]) Reset()     { s.sums = s.sums[:0] }

func (s *sumStates[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, sums := f.Vector(s.slot), s.sums
	ints, rows := v.Ints, rows[:len(groups)]
	if v.Valid == nil {
		for i, g := range groups {
			sums[g].add(ints[rows[i]])
		}
		return
	}
	for i, g := range groups {
		if row := rows[i]; v.Valid[row] {
			sums[g].add(ints[row])
		}
	}
}

func (s *sumStates[E]) Merge(groups []uint32, other States[E]) {
	from := other.(*sumStates[E]).sums
	for i, g := range groups {
		s.sums[g].merge(from[i])
	}
}

// Invert implements [Inverter].
func (s *sumStates[E]) Invert(group uint32) bool {
	s.sums[group].negate()
	return true
}

// A state is the sum as a zigzag varint of 128 bits.
func (s *sumStates[E]) AppendState(dst []byte, group uint32) []byte {
	return s.sums[group].appendTo(dst)
}

func (s *sumStates[E]) MergeState(group uint32, state []byte) error {
	v, rest, ok := takeInt128(state)
	if !ok || len(rest) > 0 {
		return notState(sumCodec, "%d bytes that aren't one sum", len(state))
	}
	s.sums[group].merge(v)
	return nil
}

func (s *sumStates[E]) Read(groups []uint32, into []int64) (n int, err error) {
	sums, into := s.sums, into[:len(groups)]
	for i, g := range groups {
		var ok bool
		if into[i], ok = sums[g].narrow(); !ok {
			return i, fmt.Errorf("%w: a sum past 64 bits", ErrOverflow)
		}
	}
	return len(groups), nil
}
