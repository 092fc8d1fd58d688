package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

// PublishOptions are the options of [Publish].
type PublishOptions struct {
	// Range says which windows are published, and by which step: Ever if it's
	// zero. A bounded one bounds the publisher's memory, but rows that leave it
	// before they're final don't become final in the sink.
	Range Range
	// Interval is how often the view is queried: 1 s if zero.
	Interval time.Duration
	// Lateness is how long after its end, in event time, a window's row waits to
	// be Final: not at all if zero or less.
	Lateness time.Duration
	// SkipEarly holds a window's rows back until the watermark has passed its end.
	SkipEarly bool
	// BatchRows is how many rows a Write gets at most: 10,000 if zero.
	BatchRows int
}

// Publish writes a view's rows to a sink, merged as Query merges them, whenever
// they change or become final. It returns nil after ctx has ended, when it has
// looked at the view a last time and has written what was due, or has tried to
// for 10 s. End ctx after Run has returned and the sink has all that Run took in.
//
// A row's version grows with the answer's Provenance.Offsets, and starts higher
// for each version of the view: see RowVersion. A row is early until the answer's
// watermark has reached its window's end; the first one then is on time, and what
// late events change after that is late: a revision, written again with a higher
// version. It's final once the watermark is Lateness further, and stays final when
// later events change it. The one window of all time is always early. A session
// that has grown, or was merged with others, is another window: its row is written
// once more, as removed. So is a row of sessions rolled up, once they all start in
// an earlier window; its timing is that of its window, though a session that
// starts there may still grow after it.
//
// At its start it writes every row once, since it doesn't know what the sink
// holds; a row is early or on time then, as what was late before is not known.
// After that it remembers each row of the last answer, by the value that it wrote;
// so its memory is that of an answer. Rows that have left the range stay in the
// sink.
//
// Where a query or a Write fails, the rest of the turn does: PublishFailed tells
// the observer, and the rows are still due at the next turn. So it goes with an
// answer that's incomplete, unless the range allows that, and with one that has
// fewer offsets than what was written already. Errors that no turn can end are
// returned: ErrConfig, ErrView, ErrRange, ErrStopped, ErrDefinition, ErrVersion,
// and aggregate.ErrPanic, of an aggregate whose results panic.
func Publish[E, K, R any](ctx context.Context, h *Handle[E, K, R], to sink.Sink[K, R], options PublishOptions) error {
	if h == nil || to == nil {
		return fmt.Errorf("%w: to publish takes a handle and a sink", ErrConfig)
	}
	setDefault(&options.Interval, time.Second)
	p := newPublisher(h, to, options)
	ticker := time.NewTicker(options.Interval)
	defer ticker.Stop()
	for {
		err := p.turn(ctx)
		if ctx.Err() != nil {
			break
		}
		p.observeFailure(err)
		if hopeless(err) {
			return fmt.Errorf("cannot publish: %w", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	p.observeFailure(p.turn(ctx))
	return nil
}

func newPublisher[E, K, R any](h *Handle[E, K, R], to sink.Sink[K, R], options PublishOptions) *publisher[K, R] {
	setDefault(&options.BatchRows, 10_000)
	step, rolled := options.Range.step, false
	if h.reg.window.IsSession() && step != nil {
		rolled = !step.IsSession()
	}
	p := &publisher[K, R]{
		view: h.reg.name, sessions: h.reg.window.IsSession() && !rolled, lateness: max(0, options.Lateness), skip: options.SkipEarly,
		first: RowVersion(h.reg.version, 0), to: to, batch: options.BatchRows, observer: h.pipeline.config.Observer,
		encode:  h.view.Key.encode,
		query:   func(ctx context.Context) (*Answer[K, R], error) { return h.Query(ctx, options.Range) },
		written: map[identity]*writtenRow[K, R]{},
	}
	if rolled && !step.IsGlobal() {
		p.span = func() (span, error) { return options.Range.resolve(h.reg.window, time.Now()) }
	}
	return p
}

// RowVersion is the version of a row that a version of a view gives at so many
// offsets: a new version's rows replace those of an older one, however far that
// had come.
func RowVersion(view int, offsets int64) int64 { return int64(view)<<48 + offsets }

func hopeless(err error) bool {
	for _, end := range []error{ErrConfig, ErrView, ErrRange, ErrStopped, ErrDefinition, ErrVersion, aggregate.ErrPanic} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

var errBehind = errors.New("lambda: the answer is behind what was published")

// publisher knows what it has written to a sink.
type publisher[K, R any] struct {
	view     string
	sessions bool // rows are sessions, which may go away
	lateness time.Duration
	skip     bool  // early rows
	first    int64 // what a row's version is at no offset
	to       sink.Sink[K, R]
	batch    int
	observer Observer
	encode   func(K) ([]byte, error)
	query    func(context.Context) (*Answer[K, R], error)
	span     func() (span, error) // the range now, where sessions are rolled up; nil elsewhere

	turns   int64
	version int64 // the highest that a Write was tried with
	written map[identity]*writtenRow[K, R]
}

// identity is a row's, within a view.
type identity struct {
	start, end int64 // of the window
	key        string
}

// writtenRow is what the sink holds of an identity, as far as is known.
type writtenRow[K, R any] struct {
	window window.Span
	key    K
	value  *R          // what was written last; nil before the first Write that succeeded
	known  bool        // false before the first Write, and after one that failed
	tried  bool        // the sink may hold a row
	timing sink.Timing // of the last Write that was tried; like final, it never goes back
	final  bool
	gone   bool // its removal is due
	turn   int64
}

// dueRow is a row to write, and where to note that it was written.
type dueRow[K, R any] struct {
	row sink.Row[K, R]
	of  *writtenRow[K, R]
}

// turn queries, compares and writes.
func (p *publisher[K, R]) turn(ctx context.Context) error {
	started := time.Now()
	answer, err := p.query(ctx)
	if err != nil {
		return err
	}
	version := answer.provenance.Offsets()
	if version < p.version {
		return fmt.Errorf("%w: view %s: %d offsets after %d", errBehind, p.view, version, p.version)
	}
	due, err := p.due(answer)
	if err != nil {
		return err
	}
	p.version = version
	written, err := p.write(ctx, due)
	if written > 0 {
		p.observer.Observe(Observation{Kind: Published, View: p.view, Rows: int64(written), Took: time.Since(started)})
	}
	return err
}

// due finds what has changed since it was written, and forgets what the answer
// doesn't have any more.
func (p *publisher[K, R]) due(a *Answer[K, R]) (due []dueRow[K, R], err error) {
	p.turns++
	version, watermark := p.first+a.provenance.Offsets(), a.provenance.Watermark
	for i := range a.rows {
		row := &a.rows[i]
		w, err := p.remembered(row)
		if err != nil {
			return nil, err
		}
		w.turn, w.gone = p.turns, false
		timing, final := p.timing(w, row, watermark)
		if p.skip && timing == sink.Early {
			continue
		}
		if w.known && w.timing == timing && w.final == final && same(*w.value, row.Value) {
			continue
		}
		due = append(due, dueRow[K, R]{of: w, row: sink.Row[K, R]{View: p.view, Window: row.Window, Key: row.Key,
			Value: row.Value, Version: version, Timing: timing, Final: final, Previous: w.value}})
	}
	if len(p.written) > len(a.rows) {
		gone, err := p.forget(a)
		if err != nil {
			return nil, err
		}
		for _, w := range gone {
			due = append(due, dueRow[K, R]{of: w, row: sink.Row[K, R]{View: p.view, Window: w.window, Key: w.key,
				Version: version, Timing: w.timing, Final: w.final, Removed: true, Previous: w.value}})
		}
	}
	return due, nil
}

// timing says when a row is made, and whether it's final.
func (p *publisher[K, R]) timing(w *writtenRow[K, R], row *Row[K, R], watermark time.Time) (sink.Timing, bool) {
	final := w.final || hasPassed(row.Window, p.lateness, watermark)
	switch {
	case w.timing == sink.Early && !hasPassed(row.Window, 0, watermark):
		return sink.Early, final
	case w.timing == sink.Early:
		return sink.OnTime, final
	case w.known && !same(*w.value, row.Value):
		return sink.Late, final
	}
	return w.timing, final
}

// hasPassed says whether a watermark has reached a window's end and some time.
func hasPassed(w window.Span, more time.Duration, watermark time.Time) bool {
	return w != (window.Span{}) && !watermark.IsZero() && !w.End.Add(more).After(watermark)
}

// remembered gives what is known of a row's identity.
func (p *publisher[K, R]) remembered(row *Row[K, R]) (*writtenRow[K, R], error) {
	key, err := p.encode(row.Key)
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", p.view, err)
	}
	id := identity{row.Window.Start.UnixMicro(), row.Window.End.UnixMicro(), string(key)}
	if p.written[id] == nil {
		p.written[id] = &writtenRow[K, R]{window: row.Window, key: row.Key}
	}
	return p.written[id], nil
}

// forget lets go of what the answer hasn't got, and gives the sessions of these
// that the answer has longer. The others have left the range, unless sessions are
// rolled up: one that now starts earlier leaves the window that it started in,
// and maybe leaves it empty. What an incomplete answer lacks there may come back.
func (p *publisher[K, R]) forget(a *Answer[K, R]) (gone []*writtenRow[K, R], err error) {
	inRange := func(window.Span) bool { return false }
	if p.span != nil {
		// By the clock after the query's: what's in this range was in that.
		now, err := p.span()
		if err != nil {
			return nil, err
		}
		inRange = func(w window.Span) bool { return now.shows(w.Start.UnixMicro()) }
	}
	longer := map[string][]identity{}
	if p.sessions {
		for id, w := range p.written {
			if w.turn == p.turns {
				longer[id.key] = append(longer[id.key], id)
			}
		}
	}
	var ids []identity
	maps.DeleteFunc(p.written, func(id identity, w *writtenRow[K, R]) bool {
		if w.turn == p.turns {
			return false
		}
		within := func(other identity) bool { return other.start <= id.start && id.start < other.end }
		emptied := inRange(w.window)
		if emptied && !a.provenance.Complete {
			return false
		}
		// A row that nobody was told of needs no removal, but a Write that failed
		// may have told.
		w.gone = w.tried && (w.gone || emptied || slices.ContainsFunc(longer[id.key], within))
		if w.gone {
			ids = append(ids, id)
		}
		return !w.gone
	})
	// A map's order would make removals another sequence at each run.
	slices.SortFunc(ids, func(a, b identity) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.key, b.key))
	})
	for _, id := range ids {
		gone = append(gone, p.written[id])
	}
	return gone, nil
}

// write writes in batches, up to the first that fails. Whatever a failed Write
// has left in the sink, its rows are due again, even if they go back to what
// they were before it.
func (p *publisher[K, R]) write(ctx context.Context, due []dueRow[K, R]) (written int, err error) {
	rows := make([]sink.Row[K, R], 0, min(len(due), p.batch))
	for len(due) > 0 {
		batch := due[:min(len(due), p.batch)]
		due = due[len(batch):]
		rows = rows[:0]
		for _, d := range batch {
			rows = append(rows, d.row)
			d.of.known, d.of.tried, d.of.timing, d.of.final = false, true, d.row.Timing, d.row.Final
		}
		if err := p.to.Write(ctx, rows); err != nil {
			return written, fmt.Errorf("cannot write %d rows of view %s: %w", len(rows), p.view, err)
		}
		for _, d := range batch {
			value := d.row.Value // a copy: a row holds on to the value before it
			d.of.known, d.of.value = true, &value
			if d.row.Removed {
				// Forgotten at the next turn, unless it's back by then, as a new row.
				d.of.gone, d.of.tried, d.of.known, d.of.value = false, false, false, nil
			}
		}
		written += len(batch)
	}
	return written, nil
}

func (p *publisher[K, R]) observeFailure(err error) {
	if err != nil {
		p.observer.Observe(Observation{Kind: PublishFailed, View: p.view, Err: err})
	}
}
