package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// next waits for a chunk until something else is due. end says that the log has
// ended, or the context has.
func (w *worker[E]) next(ctx context.Context, reader source.Reader[E]) (chunk *source.Chunk[E], end bool, err error) {
	wait, cancel := ctx, context.CancelFunc(func() {})
	if due := w.due(); !due.IsZero() {
		wait, cancel = context.WithDeadline(ctx, due)
	}
	defer cancel()
	chunk, err = reader.Next(wait)
	switch {
	case err == nil:
		return chunk, false, nil
	case err == io.EOF || ctx.Err() != nil: // a broken connection wraps io.EOF, and isn't the end
		return nil, true, nil
	case wait.Err() != nil && errors.Is(err, wait.Err()):
		return nil, false, nil
	}
	return nil, false, err
}

// due is when the next flush or commit is; zero if never.
func (w *worker[E]) due() time.Time {
	due := w.flushAt
	if limits := w.limits(); limits > 0 && !w.began.IsZero() {
		if roll := w.began.Add(time.Duration(limits) * w.p.config.SegmentInterval); due.IsZero() || roll.Before(due) {
			due = roll
		}
	}
	return due
}

// take adds a chunk to the segment and folds it into every view's open delta.
func (w *worker[E]) take(c *source.Chunk[E]) error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.From != w.through || c.Partition != w.partition {
		return fmt.Errorf("%w: the log gave a chunk of partition %d from offset %d, where partition %d goes on at %d",
			source.ErrOffset, c.Partition, c.From, w.partition, w.through)
	}
	if c.Next == c.From {
		return nil
	}
	if c.Len() > 0 {
		if err := w.segment.Write(c); err != nil {
			return fmt.Errorf("cannot encode the events at offsets [%d, %d): %w", c.From, c.Next, err)
		}
	}
	w.keepQuarantined(c)
	w.deltas = slices.DeleteFunc(w.deltas, func(d *openDelta[E]) bool { return !w.fold(d, c) })
	w.through = c.Next
	now := time.Now()
	if w.began.IsZero() {
		w.began = now
	}
	if w.flushAt.IsZero() {
		w.flushAt = now.Add(w.p.config.FlushInterval)
	}
	w.p.config.Observer.Observe(Observation{Kind: Folded, Partition: w.partition, From: c.From, To: c.Next, Rows: int64(c.Len())})
	return nil
}

// fold folds a chunk into one view. False says that the view has stopped: it
// has no delta in this segment and later ones, so its answers say so.
func (w *worker[E]) fold(d *openDelta[E], c *source.Chunk[E]) bool {
	late, err := d.fold(c)
	if err != nil {
		w.stopView(d, err)
		return false
	}
	if late > 0 {
		w.p.config.Observer.Observe(Observation{Kind: Late, View: d.view.name, Partition: w.partition, From: c.From, To: c.Next, Rows: int64(late)})
	}
	return true
}

// stopView notes that a view's own code has failed. Whoever calls it forgets the
// view's delta.
func (w *worker[E]) stopView(d *openDelta[E], err error) {
	d.view.stop(err)
	w.p.config.Observer.Observe(Observation{Kind: ViewStopped, View: d.view.name, Partition: w.partition, Err: err})
}

// forgetView stops a view and goes on without its delta.
func (w *worker[E]) forgetView(d *openDelta[E], err error) {
	w.stopView(d, err)
	w.deltas = slices.DeleteFunc(w.deltas, func(other *openDelta[E]) bool { return other == d })
}

func (w *worker[E]) keepQuarantined(c *source.Chunk[E]) {
	if len(c.Quarantine) == 0 {
		return
	}
	for _, q := range c.Quarantine {
		q.Raw = slices.Clone(q.Raw) // the chunk's memory isn't ours
		w.quarantine = append(w.quarantine, q)
		w.quarantined += int64(len(q.Raw) + len(q.Reason))
	}
	first := c.Quarantine[0]
	w.p.config.Observer.Observe(Observation{Kind: Quarantined, Partition: w.partition, From: c.From, To: c.Next,
		Rows: int64(len(c.Quarantine)), Err: fmt.Errorf("offset %d: %s", first.Offset, first.Reason)})
}

// turn does what is due between two chunks.
func (w *worker[E]) turn(ctx context.Context) error {
	now := time.Now()
	if !w.flushAt.IsZero() && !now.Before(w.flushAt) {
		if err := w.show(ctx); err != nil {
			return err
		}
	}
	if w.full(now) {
		return w.seal(ctx)
	}
	return nil
}

// limits says how many times a segment's limits it may grow to. Zero has no end:
// readers have seen more of the segment than we hold yet, and sealed now it would
// take answers back. While the delta store doesn't say what they have seen, or
// says what the log may not have, it's two: nothing may keep a segment open, and
// in memory, for ever.
func (w *worker[E]) limits() int64 {
	limits := int64(1)
	for _, d := range w.deltas {
		behind := d.through < d.floor
		if behind && d.sure {
			return 0
		}
		if behind || !d.raised {
			limits = 2
		}
	}
	return limits
}

// full says whether the segment is to be committed.
func (w *worker[E]) full(now time.Time) bool {
	limits := w.limits()
	if w.began.IsZero() || limits == 0 {
		return false
	}
	states := 0
	for _, d := range w.deltas {
		states += d.states()
	}
	c := w.p.config
	return w.segment.Rows()+int64(len(w.quarantine)) >= limits*c.SegmentRows ||
		w.segment.Size()+w.quarantined >= limits*c.SegmentBytes || int64(w.segment.Parts()) >= limits*maxParts ||
		int64(states) >= limits*int64(c.OpenStates) || now.Sub(w.began) >= time.Duration(limits)*c.SegmentInterval
}

// asideTimeout bounds each wait for what is aside of the archive: for the delta
// store, which costs freshness, and for the log's own account of its end and of
// what was read. A flush gets more time for each state that it may carry: cut off
// and sent again for ever, a large one would never arrive. So does a read, for each
// that the configuration lets an open delta have.
const (
	asideTimeout      = time.Second
	flushTimeoutState = 20 * time.Microsecond
	readTimeoutState  = 2 * time.Microsecond
)

// show flushes every open delta. Only the loss of the partition is an error: a
// delta store that fails costs freshness.
func (w *worker[E]) show(ctx context.Context) error {
	w.flushAt = time.Time{}
	for _, d := range slices.Clone(w.deltas) {
		bounded, cancel := context.WithTimeout(ctx, asideTimeout+time.Duration(d.states())*flushTimeoutState)
		err := d.view.guard(w.partition, func() error { return d.flush(bounded) })
		cancel()
		switch {
		case errors.Is(err, ErrStopped):
			w.forgetView(d, err)
		case err == nil && d.through == d.flushed:
		case err == nil: // a retry, or a fresh copy: what came since is still to be shown
			w.flushAt = time.Now().Add(w.p.config.FlushInterval)
		case errors.Is(err, delta.ErrStaleTerm):
			return fmt.Errorf("%w: %w", archive.ErrLost, err)
		default:
			w.flushAt = time.Now().Add(w.p.config.FlushInterval)
			w.p.config.Observer.Observe(Observation{Kind: FlushFailed, View: d.view.name, Partition: w.partition, From: d.from, To: d.through, Err: err})
		}
	}
	w.capFloors(ctx)
	return nil
}

// capFloors holds what a delta store says was shown to what the log has, where
// that's known: nobody can have seen more.
func (w *worker[E]) capFloors(ctx context.Context) {
	unsure := func(d *openDelta[E]) bool { return d.through < d.floor && !d.sure }
	if !slices.ContainsFunc(w.deltas, unsure) {
		return
	}
	if end, ok := w.p.end(ctx, w.partition); ok {
		for _, d := range w.deltas {
			d.floor, d.sure = min(d.floor, end), true
		}
	}
}

// finish commits what is held at the log's end, or at the context's.
func (w *worker[E]) finish(ctx context.Context, logEnded bool) error {
	if logEnded {
		for _, d := range w.deltas {
			d.mark.End() // the last windows are final
		}
	}
	if err := w.show(ctx); err != nil {
		return err
	}
	if w.limits() == 0 && !logEnded {
		return nil // the next owner reads these offsets again
	}
	return w.seal(ctx)
}
