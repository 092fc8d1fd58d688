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
	r := &Result[K, R]{}
	for _, t := range slices.Concat(places...) {
		r.length += t.rows()
	}
	r.all = func(yield func(Row[K, R], error) bool) {
		reader := newRowReader(v) // its own: loops may be nested
		for _, t := range slices.Concat(places...) {
			if !reader.all(t, yield) {
				return
			}
		}
	}
	r.sorted = func() ([]Row[K, R], error) {
		reader := newRowReader(v)
		rows := make([]Row[K, R], r.length)
		rest := rows
		for _, tables := range places {
			sorted := sortedPlaces(tables, ever)
			if err := reader.ofTables(tables, sorted, rest[:len(sorted)]); err != nil {
				return nil, err
			}
			rest = rest[len(sorted):]
		}
		return rows[:len(rows)-len(rest)], nil
	}
	return r
}

// ofTables makes the rows of places in several tables, a table at a time.
func (r *rowReader[E, K, R]) ofTables(tables []*table[E], places []place, rows []Row[K, R]) error {
	if len(tables) == 1 {
		if err := r.of(tables[0]); err != nil {
			return err
		}
		return r.at(places, rows)
	}
	var some []place
	var at []int
	var made []Row[K, R]
	for number, table := range tables {
		some, at = some[:0], at[:0]
		for i := range places {
			if places[i].table == int32(number) {
				some, at = append(some, places[i]), append(at, i)
			}
		}
		if err := r.of(table); err != nil {
			return err
		}
		made = slices.Grow(made[:0], len(some))[:len(some)]
		if err := r.at(some, made); err != nil {
			return err
		}
		for i, row := range made {
			rows[at[i]] = row
		}
	}
	return nil
}
