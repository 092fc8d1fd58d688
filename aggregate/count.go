package aggregate

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/anabranch-go/anabranch/source"
)

const countCodec = "count/1"

// Count counts events.
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

// countLimit stands for every count past 63 bits. No log is that long: only
// states from elsewhere can add up to it, and then they stay there, so that the
// order of merging doesn't show.
const countLimit = 1 << 63

type countStates[E any] struct {
	slot int // -1 to count rows
	n    []uint64
}

func (s *countStates[E]) Grow(n int) { s.n = grow(s.n, n) }
func (s *countStates[E]) Reset()     { s.n = s.n[:0] }

func (s *countStates[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	if s.slot >= 0 {
		if valid := f.Vector(s.slot).Valid; valid != nil {
			s.addValid(groups, rows, valid)
			return
		}
	}
	n := s.n
	for _, g := range groups {
		n[g]++
	}
}

func (s *countStates[E]) addValid(groups []uint32, rows []int32, valid []bool) {
	n := s.n
	for i, g := range groups {
		if valid[rows[i]] {
			n[g]++
		}
	}
}

func (s *countStates[E]) Merge(groups []uint32, other States[E]) {
	from := other.(*countStates[E]).n
	for i, g := range groups {
		s.add(g, from[i])
	}
}

func (s *countStates[E]) add(group uint32, n uint64) {
	sum, carry := bits.Add64(s.n[group], n, 0)
	if carry != 0 {
		sum = countLimit
	}
	s.n[group] = min(sum, countLimit)
}

// A state is the count as a varint.
func (s *countStates[E]) AppendState(dst []byte, group uint32) []byte {
	return binary.AppendUvarint(dst, min(s.n[group], countLimit))
}

func (s *countStates[E]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeUvarint(state)
	if !ok || len(rest) > 0 || n > countLimit {
		return notState(countCodec, "%d bytes that aren't one count", len(state))
	}
	s.add(group, n)
	return nil
}

func (s *countStates[E]) Result(group uint32) (int64, error) {
	if s.n[group] >= countLimit {
		return 0, fmt.Errorf("%w: a count past 63 bits", ErrOverflow)
	}
	return int64(s.n[group]), nil
}
