package lambda

import (
	"fmt"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// rowReader makes rows of a table's states, some at a time.
type rowReader[E, K, R any] struct {
	view View[E, K, R]
	step window.Spec // of the rows

	table   *table[E]
	results aggregate.Results[E, R]
	span    window.Span // made last, of
	start   int64

	// Scratch, by row.
	states []uint32 // of places
	keys   []K
	parts  []keyColumn
	groups []uint32 // that have the rows' keys
	words  []uint64
	values []R
}

// rowsAtOnce is how many rows are made at a time: few enough for their parts to stay
// in the nearest cache.
const rowsAtOnce = 256

func newRowReader[E, K, R any](v View[E, K, R]) *rowReader[E, K, R] {
	return &rowReader[E, K, R]{view: v, step: v.Window, start: nowhere, parts: make([]keyColumn, len(v.Key.parts))}
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

// rest forgets the table.
func (r *rowReader[E, K, R]) rest() { r.table, r.results = nil, nil }

// all gives a table's rows, in no order, and says whether more are wanted. It makes
// few at first, and after one that fails: who takes them may want no more.
func (r *rowReader[E, K, R]) all(t *table[E], yield func(Row[K, R], error) bool) bool {
	if err := r.of(t); err != nil {
		return yield(Row[K, R]{}, err)
	}
	var states []uint32
	var rows []Row[K, R]
	for next, size := uint32(0), 1; ; {
		for ; len(states) < size && next < uint32(t.len()); next++ {
			if t.window(next) != nowhere {
				states = append(states, next)
			}
		}
		some := states[:min(size, len(states))]
		if len(some) == 0 {
			return true
		}
		rows = slices.Grow(rows[:0], len(some))[:len(some)]
		n, err := r.read(some, rows)
		for i := range rows[:n] {
			if !yield(rows[i], nil) {
				return false
			}
		}
		size = min(4*size, rowsAtOnce)
		if err != nil {
			if !yield(rows[n], err) {
				return false
			}
			n, size = n+1, 1
		}
		states = states[:copy(states, states[n:])]
	}
}

// at makes the rows of places.
func (r *rowReader[E, K, R]) at(places []place, rows []Row[K, R]) error {
	for len(places) > 0 {
		n := min(len(places), rowsAtOnce)
		r.states = r.states[:0]
		for _, place := range places[:n] {
			r.states = append(r.states, place.state)
		}
		if _, err := r.read(r.states, rows[:n]); err != nil {
			return err
		}
		places, rows = places[n:], rows[n:]
	}
	return nil
}

// read makes the rows of states: see aggregate.Results.Read. Of a row without a
// result it makes the key and the window.
func (r *rowReader[E, K, R]) read(states []uint32, rows []Row[K, R]) (n int, err error) {
	t, groups := r.table, states
	if t.sessions != nil {
		r.groups = slices.Grow(r.groups[:0], len(states))[:len(states)]
		for i, state := range states {
			r.groups[i] = t.sessions.keys[state]
		}
		groups = r.groups
	}
	n = len(states)
	r.grow(n)
	for part := range r.parts {
		set, wrong := r.parts[part].set(t.groups, part, groups[:n], r.words)
		if wrong != nil {
			n, err = set, fmt.Errorf("view %s: %w", r.view.Name, wrong)
		}
	}
	values := r.values[:n]
	defer clear(values) // what they point to can go
	made, wrong := r.results.Read(states[:n], values)
	if wrong == nil {
		r.fill(rows, states[:n], values)
		if err != nil {
			rows[n] = Row[K, R]{}
		}
		return n, err
	}
	clear(values[made:])
	r.fill(rows, states[:made+1], values)
	failed := &rows[made]
	return made, fmt.Errorf("view %s, key %v, window from %s: %w", r.view.Name, failed.Key, failed.Window.Start.Format(time.RFC3339), wrong)
}

// fill puts rows together.
func (r *rowReader[E, K, R]) fill(rows []Row[K, R], states []uint32, values []R) {
	rows, keys, values := rows[:len(states)], r.keys[:len(states)], values[:len(states)]
	if len(states) == 0 {
		return
	}
	if span := r.window(states[0]); r.table.sessions == nil && r.table.groups.oneWindow() {
		for i := range rows { // field by field: a whole row is made elsewhere first, and copied
			row := &rows[i]
			row.Key, row.Window, row.Value = keys[i], span, values[i]
		}
		return
	}
	for i, state := range states {
		row := &rows[i]
		row.Key, row.Window, row.Value = keys[i], r.window(state), values[i]
	}
}

// window is a state's window.
func (r *rowReader[E, K, R]) window(state uint32) window.Span {
	t := r.table
	if t.sessions != nil {
		return r.view.Window.SessionSpan(t.sessions.firsts[state], t.sessions.lasts[state])
	}
	if start := t.window(state); start != r.start || start == nowhere {
		r.span, r.start = r.step.Span(start), start
	}
	return r.span
}

// grow makes scratch for n rows.
func (r *rowReader[E, K, R]) grow(n int) {
	if n <= len(r.keys) {
		return
	}
	r.keys, r.words, r.values = make([]K, n), make([]uint64, n), make([]R, n)
	clear(r.parts)
	for i := range r.keys {
		for part, address := range r.view.Key.addresses(&r.keys[i]) {
			r.parts[part].add(address)
		}
	}
}

// keyColumn is where a part of keys lies, in each of them. Those of the usual types
// have lists of their own, as there may be millions of rows.
type keyColumn struct {
	ints       []*int64
	texts      []*string
	maybeInts  []*source.Null[int64]
	maybeTexts []*source.Null[string]
	others     []any
}

func (c *keyColumn) add(address any) {
	switch address := address.(type) {
	case *int64:
		c.ints = append(c.ints, address)
	case *string:
		c.texts = append(c.texts, address)
	case *source.Null[int64]:
		c.maybeInts = append(c.maybeInts, address)
	case *source.Null[string]:
		c.maybeTexts = append(c.maybeTexts, address)
	default:
		c.others = append(c.others, address)
	}
}

// set sets the part to that of some groups. n is how many it has set, before the
// first that has no place in its type.
func (c *keyColumn) set(g *groups, part int, groups []uint32, words []uint64) (n int, err error) {
	words = words[:len(groups)]
	if c.others == nil {
		g.gather(words, groups, 1+part)
	}
	switch {
	case c.ints != nil:
		for i, address := range c.ints[:len(words)] {
			*address = int64(words[i])
		}
	case c.texts != nil:
		texts := g.texts[part].textWords
		for i, address := range c.texts[:len(words)] {
			*address = texts.text(words[i])
		}
	case c.maybeInts != nil:
		for i, address := range c.maybeInts[:len(words)] {
			*address = source.Null[int64]{V: int64(words[i]), Valid: !g.isNull(groups[i], part)}
		}
	case c.maybeTexts != nil:
		texts := g.texts[part].textWords
		for i, address := range c.maybeTexts[:len(words)] {
			*address = source.Null[string]{V: texts.text(words[i]), Valid: !g.isNull(groups[i], part)}
		}
	default:
		for i, group := range groups {
			if err := source.SetValue(c.others[i], g.value(group, part)); err != nil {
				return i, err
			}
		}
	}
	return len(groups), nil
}
