package lambda

import (
	"bytes"
	"cmp"
	"context"
	"slices"
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
	if err := reader.at(places, rows); err != nil {
		return nil, err
	}
	reader.rest()
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
