package lambda

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// rows gives the results that a table's states have, by window, then by key.
func (h *Handle[E, K, R]) rows(ctx context.Context, t *table[E], s *selected[E]) ([]Row[K, R], error) {
	t, err := t.shown(ctx, s)
	if err != nil {
		return nil, err
	}
	places := sortedPlaces([]*table[E]{t}, s)
	rows := make([]Row[K, R], len(places))
	reader, ok := h.readers.Get().(*rowReader[E, K, R])
	if !ok {
		reader = newRowReader(h.view)
	}
	reader.step, reader.start = s.step, nowhere
	if err := reader.of(t); err != nil {
		return nil, err
	}
	for i, at := range places {
		if err := reader.at(at.state, &rows[i]); err != nil {
			return nil, err
		}
	}
	reader.table, reader.results = nil, nil
	h.readers.Put(reader)
	return rows, nil
}

// place is where a row comes from.
type place struct {
	window, last int64 // where it starts, and the last event of a session
	key          []byte
	table        int32
	state        uint32
}

// sortedPlaces lists the states that are shown of some tables, in the order of rows.
func sortedPlaces[E any](tables []*table[E], s *selected[E]) []place {
	n := 0
	for _, t := range tables {
		n += t.len()
	}
	places := make([]place, 0, n)
	var keys []byte
	for number, t := range tables {
		for i := range uint32(t.len()) {
			start := t.window(i)
			if start == nowhere || t.sessions != nil && !s.showsSession(start, t.sessions.lasts[i]) {
				continue
			}
			from := len(keys)
			keys = t.groups.appendKey(keys, t.key(i)) // slices of an old buffer stay right
			at := place{window: start, key: keys[from:len(keys):len(keys)], table: int32(number), state: i}
			if t.sessions != nil {
				at.last = t.sessions.lasts[i]
			}
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.window, b.window), cmp.Compare(a.last, b.last), bytes.Compare(a.key, b.key))
	})
	return places
}

// rows is how many rows the table's states make.
func (t *table[E]) rows() (n int) {
	for i := range uint32(t.len()) {
		if t.window(i) != nowhere {
			n++
		}
	}
	return n
}

// rowReader makes rows of a table's states.
type rowReader[E, K, R any] struct {
	view View[E, K, R]
	step window.Spec // of the rows
	key  *K
	set  []func(g *groups, group uint32) error // by part: sets it in key

	table   *table[E]
	results aggregate.Results[E, R]
	span    window.Span // made last, of
	start   int64
}

func newRowReader[E, K, R any](v View[E, K, R]) *rowReader[E, K, R] {
	r := &rowReader[E, K, R]{view: v, step: v.Window, key: new(K), start: nowhere}
	for part, address := range v.Key.addresses(r.key) {
		r.set = append(r.set, setter(part, address))
	}
	return r
}

// setter sets a part of a key that lies at an address. Those of the usual types have
// ways of their own, as there may be millions of rows.
func setter(part int, address any) func(*groups, uint32) error {
	switch address := address.(type) {
	case *int64:
		return func(g *groups, group uint32) error {
			*address = int64(g.word(group, 1+part))
			return nil
		}
	case *string:
		return func(g *groups, group uint32) error {
			*address = g.texts[part].text(g.word(group, 1+part))
			return nil
		}
	}
	return func(g *groups, group uint32) error { return source.SetValue(address, g.value(group, part)) }
}

// of makes the reader read a table.
func (r *rowReader[E, K, R]) of(t *table[E]) error {
	var ok bool
	if r.results, ok = t.states.(aggregate.Results[E, R]); !ok {
		return fmt.Errorf("%w: %q: its aggregate's states have no results of its type", ErrView, r.view.Name)
	}
	r.table = t
	return nil
}

// all gives a table's rows, in no order.
func (r *rowReader[E, K, R]) all(t *table[E]) iter.Seq2[Row[K, R], error] {
	return func(yield func(Row[K, R], error) bool) {
		if err := r.of(t); err != nil {
			yield(Row[K, R]{}, err)
			return
		}
		for i := range uint32(t.len()) {
			if t.window(i) == nowhere {
				continue
			}
			var row Row[K, R]
			if err := r.at(i, &row); !yield(row, err) {
				return
			}
		}
	}
}

// at makes the row of a state.
func (r *rowReader[E, K, R]) at(i uint32, row *Row[K, R]) (err error) {
	t := r.table
	for _, set := range r.set {
		if err := set(t.groups, t.key(i)); err != nil {
			return fmt.Errorf("view %s: %w", r.view.Name, err)
		}
	}
	row.Key, row.Window = *r.key, r.window(t, i)
	if row.Value, err = r.results.Result(i); err != nil {
		return fmt.Errorf("view %s, key %v, window from %s: %w", r.view.Name, row.Key, row.Window.Start.Format(time.RFC3339), err)
	}
	return nil
}

// window is a state's window.
func (r *rowReader[E, K, R]) window(t *table[E], i uint32) window.Span {
	if t.sessions != nil {
		return r.view.Window.SessionSpan(t.sessions.firsts[i], t.sessions.lasts[i])
	}
	if start := t.window(i); start != r.start || start == nowhere {
		r.span, r.start = r.step.Span(start), start
	}
	return r.span
}
