package ddsketch

import (
	"math"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// scale numbers the bins in the order of their values: 0 is the bin of zero, 1 to
// last those of positive values, last+1 that of infinity; their negatives are
// those of negative values.
type scale struct {
	mapping  *mapping.CubicallyInterpolatedMapping
	first    int // the mapping's index of bin 1
	last     int64
	min, max float64 // magnitudes that have a bin of their own are in (min, max]
	width    int64   // how many bins of a sign are kept
}

// newScale makes the scale of options that were checked.
func newScale(o Options) *scale {
	m, _ := mapping.NewCubicallyInterpolatedMapping(o.RelativeAccuracy) // its error is an accuracy out of range
	s := &scale{mapping: m, min: m.MinIndexableValue(), max: m.MaxIndexableValue(), width: int64(o.MaxBins)}
	s.first = m.Index(s.min)
	s.last = int64(m.Index(s.max)-s.first) + 1
	return s
}

// bin gives the bin of a value that isn't NaN.
func (s *scale) bin(v float64) int64 {
	switch {
	case v > s.min:
		return s.magnitude(v)
	case v < -s.min:
		return -s.magnitude(-v)
	}
	return 0
}

func (s *scale) magnitude(v float64) int64 {
	if v > s.max {
		if math.IsInf(v, 1) {
			return s.last + 1
		}
		return s.last
	}
	return int64(s.mapping.Index(v)-s.first) + 1
}

// value estimates the values in a bin.
func (s *scale) value(bin int64) float64 {
	switch {
	case bin == 0:
		return 0
	case bin < 0:
		return -s.value(-bin)
	case bin > s.last:
		return math.Inf(1)
	}
	return s.mapping.Value(s.first + int(bin-1))
}

// kept gives the least and the greatest bin of each sign that are kept beside the
// bins that are there, in order: [negative, positive]. Others move to the nearest
// of them. The infinities have their own places, and so has zero.
func (s *scale) kept(bins []bin) (negative, positive int64) {
	negative, positive = -1, 1
	for _, b := range bins { // the first that is finite has the largest magnitude, if it's negative
		if b.number >= -s.last {
			negative = min(b.number, 0) + s.width - 1
			break
		}
	}
	for i := len(bins) - 1; i >= 0; i-- {
		if b := bins[i].number; b <= s.last {
			positive = max(b, 0) - s.width + 1
			break
		}
	}
	return min(negative, -1), max(positive, 1)
}
