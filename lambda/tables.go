package lambda

import (
	"math/bits"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// tables holds a view's states by time: a table for each window or, where there are
// very many, for some windows in a row. So what is folded now lies close together,
// and to close a window is to drop its table. Sliding windows and sessions, which
// one event may connect, have one table.
type tables[E any] struct {
	plan  *plan[E]
	width int64 // µs of windows' starts that a table takes; 0 for one window
	open  map[int64]*table[E]
	free  []*table[E] // closed, for the windows to come

	shared *shared[E] // of several workers; nil for one

	// Scratch: a chunk's rows by table, and by lots that are shared.
	lots   []lot[E]
	lotOf  map[int64]int
	recent [1 << recentBits]recentLot
	sorted sortedLots
}

// lot is what a table gets of a chunk.
type lot[E any] struct {
	place   int64
	rows    []int32
	windows []int64
}

// recentLot is a place that was met lately, and its lot's number, +1: most rows are of a
// few windows, but not always in their order.
type recentLot struct {
	place int64
	lot   int
}

const recentBits = 7

// maxTables is how many tables there may be. A chunk of more than fewLots lots
// should have leastLot rows for each.
const maxTables, fewLots, leastLot = 1024, 8, 32

func newTables[E any](p *plan[E]) *tables[E] {
	return &tables[E]{plan: p, open: map[int64]*table[E]{}, lotOf: map[int64]int{}}
}

// single says that there's one table for all windows.
func (t *tables[E]) single() bool {
	w := t.plan.window
	return w.IsGlobal() || w.IsSession() || w.IsSliding()
}

// place says which table has a window.
func (t *tables[E]) place(window int64) int64 {
	switch {
	case t.single():
		return 0
	case t.width == 0:
		return window
	}
	place := window / t.width
	if window%t.width < 0 {
		place--
	}
	return place
}

// at gives the table of a place.
func (t *tables[E]) at(place int64) *table[E] {
	table := t.open[place]
	if table == nil {
		if n := len(t.free); n > 0 {
			table, t.free = t.free[n-1], t.free[:n-1]
		} else {
			table = t.plan.newTable()
		}
		t.open[place] = table
		if t.shared != nil {
			t.shared.enter(place)
		}
	}
	return table
}

// add folds selected rows into the groups of their windows at one place.
func (t *tables[E]) add(place int64, rows []int32, windows []int64) error {
	if t.shared == nil || !t.shared.can(t) {
		t.at(place).add(rows, windows)
		return nil
	}
	own := t.open[place]
	groups := 0
	if own != nil {
		groups = own.groups.len()
	}
	if !t.shared.inLots(place, groups) {
		t.at(place).add(rows, windows)
		return nil
	}
	if own != nil {
		delete(t.open, place)
		if err := t.shared.handIn(place, own); err != nil {
			return err
		}
	}
	return t.shared.add(t, place, rows, windows)
}

// fold takes a chunk in, and gives the rows that the view selects: see table.fold.
func (t *tables[E]) fold(c *source.Chunk[E]) (rows []int32, err error) {
	p := t.plan
	defer p.recover(c, &err)
	if rows = p.choose(c); len(rows) == 0 {
		return nil, nil
	}
	if p.window.IsSession() {
		err = p.loadTimes(rows)
	} else {
		err = p.assignAll(rows)
	}
	switch {
	case err != nil:
		return nil, err
	case t.single():
		err = t.add(0, rows, p.windows)
	case len(p.windows) == 1:
		err = t.add(t.place(p.windows[0]), rows, p.windows)
	default:
		err = t.addLots(rows)
	}
	return rows, err
}

// addLots folds rows of several windows.
func (t *tables[E]) addLots(rows []int32) error {
	t.split(rows)
	for len(t.lots) > fewLots && len(t.lots)*leastLot > len(rows) || len(t.open)+len(t.lots) > maxTables {
		t.widen(t.wider(t.plan.windows[0]))
		t.split(rows)
	}
	for i := range t.lots {
		l := &t.lots[i]
		if err := t.add(l.place, l.rows, l.windows); err != nil {
			return err
		}
	}
	return nil
}

// split sorts rows by the tables that their windows are in.
func (t *tables[E]) split(rows []int32) {
	windows := t.plan.windows
	clear(t.lotOf)
	clear(t.recent[:])
	t.lots = t.lots[:0]
	for from := 0; from < len(rows); {
		window, to := windows[from], from+1
		for to < len(rows) && windows[to] == window {
			to++
		}
		l := t.lot(t.place(window))
		l.rows = append(l.rows, rows[from:to]...)
		if t.width > 0 {
			l.windows = append(l.windows, windows[from:to]...)
		} else {
			l.windows = append(l.windows[:0], window)
		}
		from = to
	}
}

// lot gives the lot of a place. It stands until the next call.
func (t *tables[E]) lot(place int64) *lot[E] {
	recent := &t.recent[uint64(place)*hashMultiplier>>(64-recentBits)]
	if recent.place != place || recent.lot == 0 {
		recent.place, recent.lot = place, t.number(place)+1
	}
	return &t.lots[recent.lot-1]
}

// number gives the number of a place's lot.
func (t *tables[E]) number(place int64) int {
	i, ok := t.lotOf[place]
	if !ok {
		i = len(t.lots)
		t.lotOf[place] = i
		if i == cap(t.lots) {
			t.lots = slices.Grow(t.lots, 1+i)
		}
		t.lots = t.lots[:i+1]
		l := &t.lots[i]
		l.place, l.rows, l.windows = place, l.rows[:0], l.windows[:0]
	}
	return i
}

// wider is the next width: at first a power of two that takes a window, or two about.
// All widths are such powers, whichever window comes first where they differ in length:
// so what has one place in narrow tables has one in wide ones.
func (t *tables[E]) wider(window int64) int64 {
	length := max(1, t.plan.window.End(window)-window)
	return max(2*t.width, 1<<bits.Len64(uint64(length)))
}

// widen merges tables into wider ones.
func (t *tables[E]) widen(width int64) {
	before := t.open
	t.width, t.open = width, map[int64]*table[E]{}
	for _, table := range before {
		if table.len() == 0 {
			continue
		}
		place := t.place(table.window(0))
		if into := t.open[place]; into != nil {
			into.merge(table)
			continue
		}
		t.open[place] = table
	}
}

// len is the number of states.
func (t *tables[E]) len() (n int) {
	for _, table := range t.open {
		n += table.len()
	}
	return n
}

// ended takes out the tables whose windows have all ended by a time, by time.
func (t *tables[E]) ended(by int64) []*table[E] {
	var places []int64
	for place, table := range t.open {
		if t.end(place, table) <= by {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	ended := make([]*table[E], len(places))
	for i, place := range places {
		ended[i] = t.open[place]
		delete(t.open, place)
	}
	return ended
}

// end is when the last window of a table ends.
func (t *tables[E]) end(place int64, table *table[E]) (end int64) {
	if t.width == 0 && !t.single() {
		return t.plan.window.End(place)
	}
	for i := range uint32(table.len()) {
		if w := table.window(i); i == 0 || w != table.window(i-1) {
			end = max(end, t.plan.window.End(w))
		}
	}
	return end
}

// recycle keeps the memory of tables that were taken out.
func (t *tables[E]) recycle(table *table[E]) {
	const kept = 16
	if len(t.free) < kept && table.reusable() {
		table.reset()
		t.free = append(t.free, table)
	}
}
