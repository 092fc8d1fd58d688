package source

import (
	"cmp"
	"math"
	"slices"
)

// Limits are values of one column, and no other value of it is in an event that a
// predicate selects: nor is a null. See [Predicate.Limits].
type Limits struct {
	// Ranges are of columns whose values are Ints: sorted, and none touches the
	// next.
	Ranges []Interval
	// Texts are of columns of texts, sorted.
	Texts []string
}

// Interval is the integers from Low to High, both inclusive.
type Interval struct{ Low, High int64 }

// Limits says to which values of a column of the schema the predicate confines
// events; false if it doesn't, as far as that can be told without its code. Equal,
// In, AtLeast and Less confine the column that they name (not one derived from
// it), And does if any of its parts does, Or if all do. No value at all means that
// nothing is selected.
//
// It's for skipping what can't be selected: an event within the limits may still
// not be.
func (p Predicate[E]) Limits(column int) (Limits, bool) {
	if limiter, ok := p.node.(limiter); ok && p.err == nil {
		return limiter.limits(column)
	}
	return Limits{}, false
}

// limiter is a node that may confine events to some of a column's values.
type limiter interface {
	limits(column int) (Limits, bool)
}

// isColumn says whether the field is a column of the schema, as it is.
func (f Field[E, T]) isColumn(column int) bool {
	p, ok := f.expr.(plain[E])
	return ok && int(p) == column
}

func (n *textNode[E, T]) limits(column int) (Limits, bool) {
	if n.listed == nil || !n.field.isColumn(column) {
		return Limits{}, false
	}
	return Limits{Texts: n.listed}, true
}

func (n *intNode[E, T]) limits(column int) (Limits, bool) {
	if !n.field.isColumn(column) {
		return Limits{}, false
	}
	if n.low > n.high {
		return Limits{}, true
	}
	return Limits{Ranges: []Interval{{n.low, n.high}}}, true
}

func (n *joinNode[E]) limits(column int) (joined Limits, limited bool) {
	if !n.all {
		return n.union(column)
	}
	for _, part := range n.parts {
		limits, ok := part.Limits(column)
		switch {
		case !ok:
		case limited:
			joined = joined.intersect(limits)
		default:
			joined, limited = limits, true
		}
	}
	return joined, limited
}

func (n *joinNode[E]) union(column int) (joined Limits, limited bool) {
	for _, part := range n.parts {
		limits, ok := part.Limits(column)
		if !ok {
			return Limits{}, false
		}
		joined.Ranges = append(joined.Ranges, limits.Ranges...)
		joined.Texts = append(joined.Texts, limits.Texts...)
	}
	slices.Sort(joined.Texts)
	joined.Texts = slices.Compact(joined.Texts)
	slices.SortFunc(joined.Ranges, func(a, b Interval) int { return cmp.Compare(a.Low, b.Low) })
	apart := joined.Ranges[:0]
	for _, next := range joined.Ranges {
		if last := len(apart) - 1; last >= 0 && (apart[last].High == math.MaxInt64 || next.Low <= apart[last].High+1) {
			apart[last].High = max(apart[last].High, next.High)
			continue
		}
		apart = append(apart, next)
	}
	joined.Ranges = apart
	return joined, true
}

// intersect gives the values that are in both.
func (l Limits) intersect(other Limits) (both Limits) {
	for _, text := range l.Texts {
		if _, found := slices.BinarySearch(other.Texts, text); found {
			both.Texts = append(both.Texts, text)
		}
	}
	for i, j := 0, 0; i < len(l.Ranges) && j < len(other.Ranges); {
		a, b := l.Ranges[i], other.Ranges[j]
		if low, high := max(a.Low, b.Low), min(a.High, b.High); low <= high {
			both.Ranges = append(both.Ranges, Interval{low, high})
		}
		if a.High < b.High {
			i++
		} else {
			j++
		}
	}
	return both
}
