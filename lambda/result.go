package lambda

import (
	"iter"
	"slices"
)

// Result is the rows of a [Compute]. It doesn't change, and isn't safe for concurrent
// use.
type Result[K, R any] struct {
	length int
	all    iter.Seq2[Row[K, R], error]
	sorted func() ([]Row[K, R], error)
}

// Len is the number of rows.
func (r *Result[K, R]) Len() int { return r.length }

// All makes the rows one by one, in no order. An error is of one row, such as a sum
// that's past 64 bits.
func (r *Result[K, R]) All() iter.Seq2[Row[K, R], error] { return r.all }

// Sorted gives all rows by window, then by key.
func (r *Result[K, R]) Sorted() ([]Row[K, R], error) { return r.sorted() }

// newResult makes rows of the tables of places, whose windows follow one another.
func newResult[E, K, R any](v View[E, K, R], places [][]*table[E], ever *selected[E]) *Result[K, R] {
	reader := newRowReader(v)
	r := &Result[K, R]{}
	for _, t := range slices.Concat(places...) {
		r.length += t.rows()
	}
	r.all = func(yield func(Row[K, R], error) bool) {
		for _, t := range slices.Concat(places...) {
			for row, err := range reader.all(t) {
				if !yield(row, err) {
					return
				}
			}
		}
	}
	r.sorted = func() ([]Row[K, R], error) {
		rows := make([]Row[K, R], 0, r.length)
		for _, tables := range places {
			for _, at := range sortedPlaces(tables, ever) {
				if err := reader.of(tables[at.table]); err != nil {
					return nil, err
				}
				rows = append(rows, Row[K, R]{})
				if err := reader.at(at.state, &rows[len(rows)-1]); err != nil {
					return nil, err
				}
			}
		}
		return rows, nil
	}
	return r
}
