package lambda

import (
	"context"
	"math"
)

// shown gives the states that an answer shows: those of sliding windows from
// their panes, those of the windows that sessions start in, those of groups by
// some fields of the key. Each state was decoded once by then.
func (t *table[E]) shown(ctx context.Context, s *selected[E]) (*table[E], error) {
	t.compact()
	switch {
	case s.step.IsSliding():
		return t.slide(ctx, s)
	case t.sessions != nil && !s.step.IsSession():
		return t.regroup(func(i uint32, words []uint64) bool {
			words[0] = uint64(startOf(s.step, t.sessions.firsts[i]))
			t.groups.withoutParts(words, s.drop)
			return s.showsSession(t.sessions.firsts[i], t.sessions.lasts[i])
		}), nil
	case len(s.drop) > 0:
		return t.regroup(func(_ uint32, words []uint64) bool {
			t.groups.withoutParts(words, s.drop)
			return true
		}), nil
	}
	return t, nil
}

// slide merges every sliding window from its panes: one turn for each place that
// a pane can have in a window. These are up to 10,000, so the context can end it
// between them.
func (t *table[E]) slide(ctx context.Context, s *selected[E]) (*table[E], error) {
	panes := s.step.Panes()
	into := t.like()
	for turn := int64(0); ; turn++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		more := false
		t.regroupInto(into, func(i uint32, words []uint64) bool {
			start := t.window(i)
			first, last, every := s.step.Over(start, panes.End(start))
			start = first + turn*every
			if start > last {
				return false
			}
			more = more || start < last
			words[0] = uint64(start)
			t.groups.withoutParts(words, s.drop)
			return s.shows(start)
		})
		if !more {
			return into, nil
		}
	}
}

// like makes an empty table of groups over the same texts.
func (t *table[E]) like() *table[E] {
	return &table[E]{plan: t.plan, groups: newGroups(t.groups.keySpace), states: t.plan.states()}
}

func (t *table[E]) regroup(place func(i uint32, words []uint64) bool) *table[E] {
	into := t.like()
	t.regroupInto(into, place)
	return into
}

// regroupInto merges t's states into other groups. place gives the words of the
// group that state i goes to, in place of its own, or says that it goes nowhere.
func (t *table[E]) regroupInto(into *table[E], place func(i uint32, words []uint64) bool) {
	g := into.groups
	groups := make([]uint32, t.len())
	for i := range groups {
		t.groups.read(g.parsed, t.key(uint32(i)))
		if !place(uint32(i), g.parsed) {
			clear(g.parsed)
			g.parsed[0] = uint64(nowhere)
		}
		groups[i] = g.one()
	}
	into.states.Grow(into.len())
	into.states.Merge(groups, t.states)
}

// nowhere is the window of a group that collects what isn't shown: no window
// starts there.
const nowhere = math.MaxInt64

// withoutParts gives the words of a key without some of its parts: these are zero, or
// null where the part can be.
func (g *groups) withoutParts(words []uint64, drop []int) {
	for _, part := range drop {
		words[1+part] = g.zero(part)
		if g.types[part].nullable {
			words[g.nulls] |= 1 << part
		}
	}
}
