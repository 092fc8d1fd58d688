package lambda

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Fold folds one log's chunks into a view's rows, in memory: the engine of the
// speed layer without its archive, for a caller who has a log and needs the rows of
// each window once. It isn't safe for concurrent use.
type Fold[E, K, R any] struct {
	tables *tables[E]
	mark   *window.Watermark
	over   bool // no events will come
	rows   *rowReader[E, K, R]

	// Scratch: the rows that are given, and their states.
	given  []Row[K, R]
	states []uint32
}

// NewFold makes a fold of a view. The windows of sessions, and those that slide, end
// in no order: that is ErrView. So is a view that can't run.
func NewFold[E, K, R any](v View[E, K, R]) (*Fold[E, K, R], error) {
	d, err := define(v)
	if err != nil {
		return nil, err
	}
	if v.Window.IsSession() || v.Window.IsSliding() {
		return nil, fmt.Errorf("%w: %q: a fold can't close %v windows; use Compute, or a pipeline", ErrView, v.Name, v.Window)
	}
	plan, err := d.bind()
	if err != nil {
		return nil, err
	}
	return &Fold[E, K, R]{tables: newTables(plan), mark: window.NewWatermark(v.Lateness), rows: newRowReader(v)}, nil
}

// Add takes a chunk in. It says how many of the events that the view selects came
// after their watermark, which advances after 512 events and with the chunk. After an
// error the fold is of no use: ErrStopped is a panic of the view's own code.
//
// The chunk's quarantine is the caller's.
func (f *Fold[E, K, R]) Add(c *source.Chunk[E]) (late int, err error) {
	if err := c.Check(); err != nil {
		return 0, err
	}
	rows, err := f.tables.fold(c)
	if err != nil {
		return 0, err
	}
	plan := f.tables.plan
	if err := plan.loadTimes(rows); err != nil {
		return 0, err
	}
	return observe(f.mark, plan.times), nil
}

// End says that no more events will come: all windows can be drained.
func (f *Fold[E, K, R]) End() {
	f.mark.End()
	f.over = true
}

// Watermark says up to which event time most events have come; false while it isn't
// known.
func (f *Fold[E, K, R]) Watermark() (time.Time, bool) {
	us, ok := f.mark.Current()
	return source.FromMicros(us), ok
}

// Len is how many rows are held: pairs of a window and a key.
func (f *Fold[E, K, R]) Len() int { return f.tables.len() }

// Drain gives the rows of the windows that have ended by the watermark, by window
// and in no order of keys, and forgets them. take gets rows of one window, of which
// there may be more; the slice is its own only until it returns. Of late events a
// window is made anew: a row of it holds these alone. Where very many windows are open
// at once, some in a row are given when the last of them has ended. After an error,
// which may be take's own, the fold is of no use.
func (f *Fold[E, K, R]) Drain(take func([]Row[K, R]) error) error {
	mark, ok := f.mark.Current()
	if f.over {
		mark, ok = math.MaxInt64, true
	}
	if !ok {
		return nil
	}
	for _, table := range f.tables.ended(mark) {
		if err := f.give(table, take); err != nil {
			return err
		}
		f.tables.recycle(table)
	}
	return nil
}

// give gives a table's rows.
func (f *Fold[E, K, R]) give(table *table[E], take func([]Row[K, R]) error) error {
	if err := f.rows.of(table); err != nil {
		return err
	}
	defer f.rows.rest()
	for next, end := uint32(0), uint32(table.len()); next < end; {
		n := min(int(end-next), rowsAtOnce)
		f.states = slices.Grow(f.states[:0], n)[:n]
		for i := range f.states {
			f.states[i] = next + uint32(i)
		}
		next += uint32(n)
		f.given = slices.Grow(f.given[:0], len(f.states))[:len(f.states)]
		if _, err := f.rows.read(f.states, f.given); err != nil {
			return err
		}
		for rows := f.given; len(rows) > 0; {
			n := len(rows)
			if !table.groups.oneWindow() {
				for n = 1; n < len(rows) && rows[n].Window == rows[0].Window; {
					n++
				}
			}
			if err := take(rows[:n:n]); err != nil {
				return err
			}
			rows = rows[n:]
		}
	}
	return nil
}
