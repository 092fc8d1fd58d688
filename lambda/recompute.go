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
	each := make([][]*tables[E], len(runs)) // of each goroutine, by run
	workers := min(p.config.Workers, max(1, len(segments)))
	shares := make([]*shared[E], len(runs))
	for i, run := range runs {
		shares[i] = newShared(run.view.definition, workers)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			f, err := newRefolder(p, runs, shares)
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
			f.handIn(each, runs)
			return nil
		})
	}
	err = group.Wait()
	for i, run := range runs {
		switch {
		case err != nil:
			run.err = errors.Join(run.err, err)
		case run.err == nil:
			run.err = run.encode(ctx, shares[i], each[i], p.config.Workers)
		}
	}
}

// encode gives a run the states of all goroutines' tables.
func (r *baseRun[E]) encode(ctx context.Context, shared *shared[E], each []*tables[E], workers int) error {
	joined, err := shared.join(ctx, each, workers)
	if err != nil {
		return err
	}
	return r.view.guard(noPartition, func() error {
		for _, tables := range joined {
			for _, table := range tables {
				r.states = append(r.states, table.encode()...)
			}
		}
		return nil
	})
}

// allSegments lists the segments of whole chains, which tile.
func allSegments(chains []archive.Chain) ([]*archive.Entry, error) {
	var segments []*archive.Entry
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
	tables  []*tables[E]
	rows    []map[int]int64 // selected, by partition
	pruners []*pruner
	read    []filesRead
	stopped []error
	columns []int
}

func newRefolder[E any](p *Pipeline[E], runs []*baseRun[E], shares []*shared[E]) (*refolder[E], error) {
	f := &refolder[E]{p: p, stopped: make([]error, len(runs)), read: make([]filesRead, len(runs))}
	for i, run := range runs {
		plan, err := run.view.bind()
		if err != nil {
			return nil, err
		}
		f.tables, f.rows = append(f.tables, shares[i].tables(plan)), append(f.rows, map[int]int64{})
		f.columns = append(f.columns, plan.columns...)
		f.pruners = append(f.pruners, p.layout.pruner(run.view.limits))
	}
	slices.Sort(f.columns)
	f.columns = slices.Compact(f.columns)
	return f, nil
}

func (f *refolder[E]) fold(ctx context.Context, segment *archive.Entry) error {
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
		var rows []int32
		rows, f.stopped[i] = f.tables[i].fold(c)
		f.rows[i][c.Partition] += int64(len(rows))
	}
}

// handIn gives this goroutine's tables and counts to the runs.
func (f *refolder[E]) handIn(each [][]*tables[E], runs []*baseRun[E]) {
	for i, tables := range f.tables {
		runs[i].read.add(f.read[i])
		for partition, rows := range f.rows[i] {
			runs[i].rows[partition] += rows
		}
		if runs[i].err == nil {
			runs[i].err = f.stopped[i]
		}
		each[i] = append(each[i], tables)
	}
}
