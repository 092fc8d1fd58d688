package ddsketch

import (
	"fmt"
	"math"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

type states[E, R any] struct {
	slot   int
	float  bool
	q      []float64
	result func(values []float64) R
	bins   *bins
}

func (s *states[E, R]) Grow(n int) { s.bins.grow(n) }
func (s *states[E, R]) Reset()     { s.bins.reset() }

// gathered is how many rows' bins are worked out at a time.
const gathered = 256

func (s *states[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	var numbers [gathered]int64
	for len(rows) > 0 {
		n := min(len(rows), gathered)
		s.numbers(numbers[:n], v, rows[:n])
		for i, g := range groups[:n] {
			if numbers[i] != nowhere {
				s.bins.add(g, numbers[i], 1)
			}
		}
		groups, rows = groups[n:], rows[n:]
	}
}

// nowhere is instead of the bin of what isn't counted: NaN and nulls.
const nowhere = math.MinInt64

// numbers sets dst to the bins of rows of a vector.
func (s *states[E, R]) numbers(dst []int64, v *source.Vector, rows []int32) {
	scale := s.bins.scale
	if s.float {
		for i, row := range rows {
			dst[i] = nowhere
			if x := v.Floats[row]; !math.IsNaN(x) {
				dst[i] = scale.bin(x)
			}
		}
	} else {
		for i, row := range rows {
			dst[i] = scale.bin(float64(v.Ints[row]))
		}
	}
	if v.Valid != nil {
		for i, row := range rows {
			if !v.Valid[row] {
				dst[i] = nowhere
			}
		}
	}
}

func (s *states[E, R]) Merge(groups []uint32, other aggregate.States[E]) {
	from := other.(*states[E, R]).bins
	for i, g := range groups {
		for b := range from.all(uint32(i)) {
			s.bins.add(g, b.number, b.count)
		}
	}
}

func (s *states[E, R]) AppendState(dst []byte, group uint32) []byte { return s.bins.append(dst, group) }

func (s *states[E, R]) MergeState(group uint32, state []byte) error { return s.bins.take(group, state) }

func (s *states[E, R]) Read(groups []uint32, into []R) (n int, err error) {
	for i, g := range groups {
		if into[i], err = s.quantiles(g); err != nil {
			return i, err
		}
	}
	return len(groups), nil
}

// quantiles gives a group's result.
func (s *states[E, R]) quantiles(group uint32) (r R, err error) {
	n := s.bins.total(group)
	if n == 0 {
		return s.result(nil), nil
	}
	if n == math.MaxInt64 {
		return r, fmt.Errorf("%w: quantiles of more than 2^63-1 values", aggregate.ErrOverflow)
	}
	all := s.bins.read(group)
	values := make([]float64, len(s.q))
	for i, q := range s.q {
		values[i] = at(s.bins.scale, all, place(q, n))
	}
	return s.result(values), nil
}

// place is where the quantile q of n values is in their sorted list.
func place(q float64, n int64) int64 {
	// The conversion keeps the compiler from fusing the product into what follows.
	p := float64(q * float64(n-1))
	if p >= float64(n-1) {
		return n - 1
	}
	return int64(p)
}
