package lambda

import (
	"maps"
	"slices"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// run is what a flush brought, or what some in a row did: tables by time, and the
// states of those that haven't changed since they were encoded. Most windows of a
// delta are past, and are encoded once, though flushes replace each other.
type run[E any] struct {
	*tables[E]
	encoded map[int64][]delta.State // by place, in the table's order
}

// takeOut gives the tables that are open, as a run, and has none then.
func (t *tables[E]) takeOut() *run[E] {
	open := t.open
	t.open = map[int64]*table[E]{}
	return &run[E]{&tables[E]{plan: t.plan, width: t.width, open: open}, map[int64][]delta.State{}}
}

// putBack opens a run's tables where none is.
func (t *tables[E]) putBack(r *run[E]) {
	t.open, t.width = r.open, r.width
}

// merge takes in a newer run of the same delta, which is of no use then. It gives back
// the tables whose states it has copied.
func (r *run[E]) merge(newer *run[E]) (copied []*table[E]) {
	r.widenTo(newer.width)
	newer.widenTo(r.width)
	for place, table := range newer.open {
		if into := r.open[place]; into != nil {
			into.merge(table)
			delete(r.encoded, place)
			copied = append(copied, table)
			continue
		}
		r.open[place] = table
		if states, ok := newer.encoded[place]; ok {
			r.encoded[place] = states
		}
	}
	for len(r.open) > maxTables {
		r.widenTo(r.wider(r.oneWindow()))
	}
	return copied
}

// oneWindow is one of the windows.
func (r *run[E]) oneWindow() (start int64) {
	for _, table := range r.open {
		return table.window(0)
	}
	return start
}

// widenTo makes tables as wide as they are elsewhere in the delta: there, widths have
// been doubled more often.
func (r *run[E]) widenTo(width int64) {
	if width > r.width {
		r.widen(width)
		clear(r.encoded)
	}
}

// encode gives every state, by table.
func (r *run[E]) encode() []delta.State {
	parts := r.parts()
	states, n := make([]delta.State, r.len()), 0
	var buffer []byte
	for _, p := range parts {
		to := states[n : n+p.len() : n+p.len()]
		if copy(to, p.encoded) == 0 {
			buffer = p.encodeTo(to, nil, buffer)
		}
		r.encoded[p.place] = to
		n += len(to)
	}
	return states
}

// encodeSorted gives every state in the order of state files.
func (r *run[E]) encodeSorted() []delta.State { return sortedStates(r.parts()) }

// parts gives the tables by time.
func (r *run[E]) parts() []part[E] {
	parts := make([]part[E], 0, len(r.open))
	for _, place := range slices.Sorted(maps.Keys(r.open)) {
		p := part[E]{r.open[place], place, r.encoded[place]}
		if p.encoded == nil {
			p.compact()
		}
		parts = append(parts, p)
	}
	return parts
}
