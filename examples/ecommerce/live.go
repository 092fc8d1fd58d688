package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/window"
)

// watcher is the serving layer of the example: while the other layers run, it asks
// for answers, shows them, and holds them to what provenance promises.
type watcher struct {
	handles handles
	display *display
	end     int64 // offsets of the whole log
	start   int64 // of these, before this run

	judged    time.Time // up to where the anomaly flag has looked
	sales     verdict   // the newest
	anomaly   verdict   // the newest that was one
	anomalies int
	reached   map[string]map[int]int64 // by view and partition: the furthest offset answered
	asked     int                      // answers that were held to it
	least     int64                    // offsets that the last answers all hold
	samples   []*lambda.Answer[Place, Sales]
}

// The queries of the live display.
const (
	lookEvery      = 200 * time.Millisecond
	activeWithin   = 5 * time.Minute
	convertsWithin = time.Hour
	samples        = 20
	unknownSpan    = 1_000_000 // over which they're spread, where nobody knows the end
)

// newWatcher makes a watcher of a log that had start events and grows to end.
func newWatcher(h handles, d *display, start, end int64) *watcher {
	return &watcher{handles: h, display: d, start: start, end: end, reached: map[string]map[int]int64{}}
}

// run looks until done is closed, and once after that. It calls reached when
// the answers hold the whole log. It ends early with ctx, without an error.
func (w *watcher) run(ctx context.Context, reached func(), done <-chan struct{}) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for last := false; ; {
		err := w.look(ctx, last)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, lambda.ErrIncomplete): // partitions are still being claimed
		case err != nil:
			return err
		}
		if last {
			return nil
		}
		if w.end > 0 && w.least >= w.end {
			reached()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-done:
			last = true
		case <-ticker.C:
		}
	}
}

// look asks for the live answers and shows them.
func (w *watcher) look(ctx context.Context, last bool) error {
	taken, err := w.handles.takings.Query(ctx, lambda.Between(opening, opening.Add(pulse)))
	if err != nil {
		return err
	}
	// The watermark: up to which event time most events have come.
	now := taken.Provenance().Watermark
	if now.Before(opening.Add(pulse)) {
		w.least = taken.Provenance().Offsets()
		return nil // too early for the live answers
	}
	active, err := w.handles.active.Query(ctx, lastOf(now, activeWithin))
	if err != nil {
		return err
	}
	converted, err := w.handles.conversion.Query(ctx, lastOf(now, convertsWithin))
	if err != nil {
		return err
	}
	sold, err := w.judge(ctx, now)
	if err != nil {
		return err
	}
	s := snapshot{
		start: w.start, end: w.end, now: now,
		active: value(active), activeFrom: active.Provenance(),
		conversion: value(converted), convertedFrom: converted.Provenance(),
		sales: w.sales, anomalies: w.anomalies, anomaly: w.anomaly, soldFrom: sold,
	}
	least := s.activeFrom.Offsets()
	for _, p := range []lambda.Provenance{s.activeFrom, s.convertedFrom, s.soldFrom} {
		if err := w.follow(p); err != nil {
			return err
		}
		least = min(least, p.Offsets())
	}
	w.least = least
	w.display.show(s, last)
	return w.sample(ctx, s.activeFrom.Offsets())
}

// lastOf is the time up to the watermark, as one window.
func lastOf(mark time.Time, d time.Duration) lambda.Range {
	return lambda.Between(mark.Add(-d), mark).By(window.Global())
}

// value is an answer's only one.
func value[R any](answer *lambda.Answer[all, R]) (v R) {
	for row := range answer.Rows() {
		v = row.Value
	}
	return v
}

// judge raises the anomaly flag for all windows that have passed since it was last
// called. A first call judges one.
func (w *watcher) judge(ctx context.Context, now time.Time) (lambda.Provenance, error) {
	now = now.Truncate(pulse)
	if w.judged.IsZero() {
		w.judged = now.Add(-pulse)
	}
	// The last window is looked at again: an old event may have come since.
	verdicts, from, err := judge(ctx, w.handles.takings, w.judged.Add(-pulse), now)
	if err != nil {
		return from, err
	}
	for _, v := range verdicts {
		if v.anomalous() && !v.start.Before(w.judged) {
			w.anomalies++
			w.anomaly = v
		}
		w.sales = v
	}
	w.judged = later(w.judged, now)
	return from, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// follow holds an answer to what was promised: it reaches at least as far into
// every partition as the view's answers before.
func (w *watcher) follow(p lambda.Provenance) error {
	reached := w.reached[p.View]
	if reached == nil {
		reached = map[int]int64{}
		w.reached[p.View] = reached
	}
	for _, c := range p.Partitions {
		if c.Low < reached[c.Partition] {
			return fmt.Errorf("an answer of view %s went back in partition %d: from offset %d to %d",
				p.View, c.Partition, reached[c.Partition], c.Low)
		}
		reached[c.Partition] = c.Low
	}
	w.asked++
	return nil
}

// sample keeps some answers of the daily table, spread over the run, to be checked
// when there is time.
func (w *watcher) sample(ctx context.Context, offsets int64) error {
	span := w.end - w.start
	if w.end == 0 {
		span = unknownSpan
	}
	due := w.start + span*int64(len(w.samples)+1)/(samples+1)
	if len(w.samples) == samples || offsets < due || offsets == w.end {
		return nil
	}
	answer, err := w.handles.sales.Query(ctx, lambda.Ever().By(days))
	if err != nil {
		return err
	}
	if _, exact := reach(answer.Provenance()); !exact {
		return nil // half a flush is in it: each key is right, at an offset of its own
	}
	w.samples = append(w.samples, answer)
	return w.follow(answer.Provenance())
}

// reach says which offset an answer reaches in each partition. It's exact where
// every key reaches the same.
func reach(p lambda.Provenance) (ends []int64, exact bool) {
	ends, exact = make([]int64, len(p.Partitions)), p.Complete
	for i, c := range p.Partitions {
		ends[i] = c.Low
		exact = exact && c.Low == c.High
	}
	return ends, exact
}
