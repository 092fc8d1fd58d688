package lambda

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// openDelta is a view's delta of one partition while it grows. The owner holds
// all of it; the delta store shows a copy.
//
// What came since the last flush is in pending. Older states are in runs, the
// digits of a binary counter: a flush merges the runs whose flushes it replaces,
// so that a reader finds few batches and each state is sent log n times.
// Tables move from run to run: only those of a window that two have are merged.
type openDelta[E any] struct {
	view      *registration[E]
	name      string // in the store
	store     delta.Store
	observer  Observer
	plan      *plan[E]
	partition int
	term      int64

	from, through int64
	pending       *tables[E]
	runs          []*run[E] // in flush order; all of it is runs and pending
	firsts        []int64   // the first flush that each run stands for
	mark          *window.Watermark
	rows, late    int64
	minTime       int64
	maxTime       int64

	copy     delta.Copy
	number   int64        // of the last flush built
	inflight *delta.Flush // built, and not known to have arrived
	flushed  int64        // through of the last flush that arrived
	raised   bool         // the store knows our term, and told what it shows
	floor    int64        // what readers have seen: not to be swapped, or sealed, before
	sure     bool         // the log has the floor's offsets, so we'll come to them
	unused   []delta.Copy // to drop: sealed, or lost in part
}

func newOpenDelta[E any](view *registration[E], config Config, archiveID string, partition int, term, from int64) (*openDelta[E], error) {
	plan, err := view.bind()
	if err != nil {
		return nil, err
	}
	o := &openDelta[E]{view: view, name: view.deltas(archiveID), store: config.Deltas, observer: config.Observer, plan: plan, pending: newTables(plan),
		partition: partition, term: term, mark: window.NewWatermark(view.lateness)}
	o.begin(from)
	return o, nil
}

// begin starts an empty delta at an offset.
func (o *openDelta[E]) begin(from int64) {
	o.from, o.through, o.flushed = from, from, from
	o.pending.takeOut()
	o.pending.width, o.runs, o.firsts = 0, nil, nil
	o.rows, o.late = 0, 0
	o.newCopy()
}

func (o *openDelta[E]) newCopy() {
	o.copy = delta.Copy{View: o.name, Partition: o.partition, From: o.from, Term: o.term, Nonce: archive.NewNonce()}
	o.number, o.inflight = 0, nil
}

// markEvery is how many events the watermark advances after, at most: it mustn't
// matter that a file's chunks span hours.
const markEvery = 512

// observe advances a watermark by events' times, and says how many were late.
func observe(mark *window.Watermark, times []int64) (late int) {
	for slice := range slices.Chunk(times, markEvery) {
		late += mark.Observe(slice)
	}
	return late
}

// fold takes a chunk in. It returns how many of its events were late.
func (o *openDelta[E]) fold(c *source.Chunk[E]) (late int, err error) {
	rows, err := o.pending.fold(c)
	if err != nil {
		return 0, err
	}
	o.through = c.Next
	if len(rows) == 0 {
		return 0, nil
	}
	if err := o.plan.loadTimes(rows); err != nil {
		return 0, err
	}
	times := o.plan.times
	late = observe(o.mark, times)
	if o.rows == 0 {
		o.minTime, o.maxTime = times[0], times[0]
	}
	for _, t := range times {
		o.minTime, o.maxTime = min(o.minTime, t), max(o.maxTime, t)
	}
	o.rows += int64(len(times))
	o.late += int64(late)
	return late, nil
}

// states is how many groups are held, in all runs.
func (o *openDelta[E]) states() int {
	n := o.pending.len()
	for _, run := range o.runs {
		n += run.len()
	}
	return n
}

func (o *openDelta[E]) watermark() *int64 {
	if us, ok := o.mark.Current(); ok {
		return &us
	}
	return nil
}

// raise tells the store our term, which ends what older owners can show, and
// learns what they have shown.
func (o *openDelta[E]) raise(ctx context.Context) error {
	if o.raised {
		return nil
	}
	shown, err := o.store.Raise(ctx, o.name, o.partition, o.term)
	if err != nil {
		return err
	}
	// A copy from before the chain's end was sealed since, to its end at least,
	// unless an owner between couldn't learn what it had shown: see tiles.extend.
	if shown != nil && shown.Copy.From <= o.from && shown.Through > o.from {
		o.floor, o.sure = max(o.floor, shown.Through), false
	}
	o.raised = true
	return nil
}

// flush shows what came since the last flush. ErrStaleTerm says that the
// partition has another owner; any other error costs freshness, and the next
// call sends the same again.
func (o *openDelta[E]) flush(ctx context.Context) error {
	started := time.Now()
	if err := o.raise(ctx); err != nil {
		return err
	}
	if o.inflight == nil && o.through == o.flushed {
		return nil
	}
	for {
		if o.inflight == nil {
			o.build()
		}
		err := o.store.Flush(ctx, o.copy, *o.inflight)
		if errors.Is(err, delta.ErrLostFlush) && o.number > 1 {
			o.restart(err)
			if err := o.raise(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	o.flushed = o.inflight.Through
	o.observer.Observe(Observation{Kind: Flushed, View: o.view.name, Partition: o.partition, From: o.from, To: o.flushed,
		Rows: int64(len(o.inflight.States)), Bytes: stateBytes(o.inflight.States), Took: time.Since(started)})
	o.inflight = nil
	return o.show(ctx)
}

// show makes our copy the one that readers take, once it has reached what they
// have seen. It does so after every flush: a record that was lost comes back.
func (o *openDelta[E]) show(ctx context.Context) error {
	if o.flushed < o.floor {
		return nil
	}
	err := o.store.Swap(ctx, o.copy)
	if errors.Is(err, delta.ErrLostFlush) {
		o.restart(err)
		return nil
	}
	if err != nil {
		return err
	}
	return o.dropUnused(ctx)
}

// dropUnused frees copies that nobody needs any more.
func (o *openDelta[E]) dropUnused(ctx context.Context) error {
	for len(o.unused) > 0 {
		if err := o.store.Drop(ctx, o.unused[0]); err != nil {
			return err
		}
		o.unused = o.unused[1:]
	}
	return nil
}

// build makes the next flush.
func (o *openDelta[E]) build() {
	o.number++
	replaces := o.number - o.number&-o.number + 1
	run, first := o.pending.takeOut(), o.number
	for n := len(o.runs) - 1; n >= 0 && o.firsts[n] >= replaces; n-- {
		run = o.join(o.runs[n], run)
		first = o.firsts[n]
		o.runs, o.firsts = o.runs[:n], o.firsts[:n]
	}
	o.runs, o.firsts = append(o.runs, run), append(o.firsts, first)
	o.pending.width = run.width // widths only grow: see widenTo
	o.inflight = &delta.Flush{Number: o.number, Replaces: first, Through: o.through, States: run.encode(),
		Rows: o.rows, Late: o.late, Watermark: o.watermark(), At: time.Now()}
}

// join makes one run of two.
func (o *openDelta[E]) join(older, newer *run[E]) *run[E] {
	for _, table := range older.merge(newer) {
		o.pending.recycle(table)
	}
	return older
}

// restart begins a fresh copy from memory, since the store has lost a part of
// the old one. Its first flush carries everything.
func (o *openDelta[E]) restart(err error) {
	o.observer.Observe(Observation{Kind: CopyLost, View: o.view.name, Partition: o.partition, From: o.from, To: o.through, Err: err})
	o.pending.putBack(o.whole())
	o.raised, o.flushed = false, o.from-1
	o.unused = append(o.unused, o.copy)
	o.newCopy()
}

// whole takes all of the delta out, as one run. The copy can't go on then: a fresh
// one begins, or the delta is sealed.
func (o *openDelta[E]) whole() *run[E] {
	runs := append(o.runs, o.pending.takeOut())
	o.runs, o.firsts = nil, nil
	for _, run := range runs[1:] {
		o.join(runs[0], run)
	}
	return runs[0]
}

// sealed gives the states of all of the delta in the order of state files, and has
// none then. The next one may have as many, so it gets tables of that size.
func (o *openDelta[E]) sealed() []delta.State {
	run := o.whole()
	states := run.encodeSorted()
	for _, table := range run.open {
		o.pending.recycle(table)
	}
	return states
}

// reset begins the next delta where the sealed one ended. A floor that may not
// even be in the log has held it back for long enough.
func (o *openDelta[E]) reset(from int64) {
	o.unused = append(o.unused, o.copy)
	if o.floor <= from || !o.sure {
		o.floor = 0
	}
	o.begin(from)
}

func stateBytes(states []delta.State) (n int64) {
	for i := range states {
		n += int64(len(states[i].Key) + len(states[i].State) + 8)
	}
	return n
}
