package lambda

import "iter"

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

// newResult makes rows of tables, whose windows follow one another.
func newResult[E, K, R any](v View[E, K, R], tables []*table[E], ever *selected[E]) *Result[K, R] {
	r := &Result[K, R]{}
	for _, t := range tables {
		r.length += t.rows()
	}
	r.all = func(yield func(Row[K, R], error) bool) {
		reader := newRowReader(v) // its own: loops may be nested
		for _, t := range tables {
			if !reader.all(t, yield) {
				return
			}
		}
	}
	r.sorted = func() ([]Row[K, R], error) {
		reader := newRowReader(v)
		rows := make([]Row[K, R], r.length)
		rest := rows
		for _, t := range tables {
			if err := reader.of(t); err != nil {
				return nil, err
			}
			places := t.places(ever)
			if err := reader.at(places, rest[:len(places)]); err != nil {
				return nil, err
			}
			rest = rest[len(places):]
		}
		return rows[:len(rows)-len(rest)], nil
	}
	return r
}
