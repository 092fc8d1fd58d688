package lambda

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// recompute folds all archived events into the states of every run, with as many
// goroutines as the Config says. A run that fails keeps its error.
func (p *Pipeline[E]) recompute(ctx context.Context, runs []*baseRun[E], chains []archive.Chain) {
	if len(runs) == 0 {
		return
	}
	segments, err := allSegments(chains)
	if err != nil {
		for _, run := range runs {
			run.err = err
		}
		return
	}
	var next atomic.Int64
	var mu sync.Mutex
	totals := make([]*table[E], len(runs))
	group, groupCtx := errgroup.WithContext(ctx)
	for range min(p.config.Workers, max(1, len(segments))) {
		group.Go(func() error {
			f, err := newRefolder(p, runs)
			if err != nil {
				return err
			}
			for i := next.Add(1) - 1; i < int64(len(segments)); i = next.Add(1) - 1 {
				if err := f.fold(groupCtx, segments[i]); err != nil {
					return err
				}
			}
			mu.Lock()
			defer mu.Unlock()
			f.mergeInto(totals, runs)
			return nil
		})
	}
	err = group.Wait()
	for i, run := range runs {
		switch {
		case err != nil:
			run.err = errors.Join(run.err, err)
		case run.err == nil:
			run.err = run.view.guard(noPartition, func() error { run.states = totals[i].encode(); return nil })
		}
	}
}

// allSegments lists the segments of whole chains, which tile.
func allSegments(chains []archive.Chain) ([]archive.Entry, error) {
	var segments []archive.Entry
	for _, chain := range chains {
		t, err := tile(chain, nil)
		if err != nil {
			return nil, err
		}
		segments = append(segments, t.segments...)
	}
	return segments, nil
}

// refolder folds segments into several views at once: each is read once, with
// the columns that any of them needs.
type refolder[E any] struct {
	p       *Pipeline[E]
	tables  []*table[E]
	rows    []map[int]int64 // selected, by partition
	pruners []*pruner
	read    []filesRead
	stopped []error
	columns []int
}

func newRefolder[E any](p *Pipeline[E], runs []*baseRun[E]) (*refolder[E], error) {
	f := &refolder[E]{p: p, stopped: make([]error, len(runs)), read: make([]filesRead, len(runs))}
	for _, run := range runs {
		plan, err := run.view.bind()
		if err != nil {
			return nil, err
		}
		f.tables, f.rows = append(f.tables, plan.newTable()), append(f.rows, map[int]int64{})
		f.columns = append(f.columns, plan.columns...)
		f.pruners = append(f.pruners, p.layout.pruner(run.view.limits))
	}
	slices.Sort(f.columns)
	f.columns = slices.Compact(f.columns)
	return f, nil
}

func (f *refolder[E]) fold(ctx context.Context, segment archive.Entry) error {
	return f.p.readEvents(ctx, segment, f.columns, func(file archive.File) func(*source.Chunk[E]) error {
		var wanted []int
		for i := range f.tables {
			if f.read[i].count(f.pruners[i].mayHold(file)) {
				wanted = append(wanted, i)
			}
		}
		if len(wanted) == 0 {
			return nil
		}
		return func(c *source.Chunk[E]) error { f.foldInto(wanted, c); return nil }
	})
}

// foldInto folds a chunk into some of the views.
func (f *refolder[E]) foldInto(wanted []int, c *source.Chunk[E]) {
	for _, i := range wanted {
		if f.stopped[i] != nil {
			continue
		}
		var times []int64
		times, f.stopped[i] = f.tables[i].fold(c)
		f.rows[i][c.Partition] += int64(len(times))
	}
}

// mergeInto adds this goroutine's states and counts to all goroutines'.
func (f *refolder[E]) mergeInto(totals []*table[E], runs []*baseRun[E]) {
	for i, table := range f.tables {
		runs[i].read.add(f.read[i])
		for partition, rows := range f.rows[i] {
			runs[i].rows[partition] += rows
		}
		switch {
		case runs[i].err != nil:
		case f.stopped[i] != nil:
			runs[i].err = f.stopped[i]
		case totals[i] == nil:
			totals[i] = table
		default:
			runs[i].err = runs[i].view.guard(noPartition, func() error { totals[i].merge(table); return nil })
		}
	}
}
