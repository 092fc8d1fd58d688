package lambda

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/window"
)

// rows gives the results that a table's states have, by window, then by key.
func (h *Handle[E, K, R]) rows(ctx context.Context, t *table[E], s *selected[E]) ([]Row[K, R], error) {
	t, err := t.shown(ctx, s)
	if err != nil {
		return nil, err
	}
	results, ok := t.states.(aggregate.Results[E, R])
	if !ok {
		return nil, fmt.Errorf("%w: %q: its aggregate's states have no results of its type", ErrView, h.reg.name)
	}
	places := t.places(s)
	rows := make([]Row[K, R], len(places))
	for i, at := range places {
		key, err := h.view.Key.decode(at.key)
		if err != nil {
			return nil, fmt.Errorf("view %s: %w", h.reg.name, err)
		}
		span := t.span(s, at.state)
		value, err := results.Result(at.state)
		if err != nil {
			return nil, fmt.Errorf("view %s, key %v, window from %s: %w", h.reg.name, key, span.Start.Format(time.RFC3339), err)
		}
		rows[i] = Row[K, R]{Window: span, Key: key, Value: value}
	}
	return rows, nil
}

// place is where a row comes from.
type place struct {
	window, last int64 // where it starts, and the last event of a session
	key          []byte
	state        uint32
}

// places lists the states that are shown, in the order of rows.
func (t *table[E]) places(s *selected[E]) []place {
	places := make([]place, 0, t.len())
	var keys []byte
	for i := range uint32(t.len()) {
		start := t.window(i)
		if start == nowhere || t.sessions != nil && !s.showsSession(start, t.sessions.lasts[i]) {
			continue
		}
		from := len(keys)
		keys = t.groups.appendKey(keys, t.key(i)) // slices of an old buffer stay right
		at := place{window: start, key: keys[from:len(keys):len(keys)], state: i}
		if t.sessions != nil {
			at.last = t.sessions.lasts[i]
		}
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.window, b.window), cmp.Compare(a.last, b.last), bytes.Compare(a.key, b.key))
	})
	return places
}

// span is a state's window.
func (t *table[E]) span(s *selected[E], i uint32) window.Span {
	if t.sessions != nil {
		return s.view.SessionSpan(t.sessions.firsts[i], t.sessions.lasts[i])
	}
	return s.step.Span(t.groups.window(i))
}
