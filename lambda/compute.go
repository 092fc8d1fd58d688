package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/source"
)

// ComputeOptions are the options of [Compute].
type ComputeOptions struct {
	// Workers is how many goroutines fold; GOMAXPROCS if zero.
	Workers int
	// Quarantine is told of each record that can't be an event, by one goroutine at
	// a time. If nil, the first is an error.
	Quarantine func(source.Quarantined)
}

// Compute folds a whole log into a view's rows: a batch run without an archive, over
// a data set of Parquet files, say. The log must end, or know its ends
// ([source.Ender]): it's read up to these. A [source.Scanner] is read in parts by all
// workers at once, without the columns, files and row groups that the view has no
// need of; any other log by partitions.
//
// Memory goes by the states of all rows. A view over the global window may be without
// a Time. Errors are ErrView, ErrStopped, the log's, and the context's.
func Compute[E, K, R any](ctx context.Context, v View[E, K, R], log source.Source[E], options ComputeOptions) (*Result[K, R], error) {
	d, err := define(v)
	if err != nil {
		return nil, err
	}
	if options.Workers <= 0 {
		options.Workers = runtime.GOMAXPROCS(0)
	}
	c := &computing[E]{definition: d, workers: options.Workers, quarantine: options.Quarantine, shared: newShared(d, options.Workers)}
	if err := c.run(ctx, log); err != nil {
		return nil, fmt.Errorf("cannot compute view %s: %w", v.Name, err)
	}
	return newResult(v, c.done, c.ever), nil
}

// computing is a Compute under way.
type computing[E any] struct {
	*definition[E]
	workers    int
	quarantine func(source.Quarantined)

	parts  []source.Part[E]
	checks bool          // chunks: who can be read in parts checks what it reads
	next   atomic.Int64  // of the parts
	mu     sync.Mutex    // of what follows
	each   []*tables[E]  // that workers are done with
	shared *shared[E]    // what they have in common
	done   [][]*table[E] // by place, in the order of windows
	ever   *selected[E]
}

func (c *computing[E]) run(ctx context.Context, log source.Source[E]) error {
	plan, err := c.bind()
	if err != nil {
		return err
	}
	if c.parts, err = c.split(ctx, log, plan.columns); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for range min(c.workers, max(1, len(c.parts))) {
		group.Go(func() error { return c.work(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return c.guard(noPartition, func() error { return c.finish(ctx) })
}

// split lists the parts of a log.
func (c *computing[E]) split(ctx context.Context, log source.Source[E], columns []int) ([]source.Part[E], error) {
	if scanner, ok := log.(source.Scanner[E]); ok {
		const share = 4 // of a worker, so that none waits for the others long
		return scanner.Scan(ctx, source.Scan{Columns: columns, Limits: c.limits, Parts: share * c.workers})
	}
	c.checks = true
	partitions, err := log.Partitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot count the log's partitions: %w", err)
	}
	parts := make([]source.Part[E], partitions)
	for i := range parts {
		parts[i] = func(ctx context.Context) (source.Reader[E], error) { return openWhole(ctx, log, i) }
	}
	return parts, nil
}

// work folds parts until there are no more.
func (c *computing[E]) work(ctx context.Context) error {
	plan, err := c.bind()
	if err != nil {
		return err
	}
	tables := c.shared.tables(plan)
	for i := c.next.Add(1) - 1; i < int64(len(c.parts)); i = c.next.Add(1) - 1 {
		if err := c.fold(ctx, tables, c.parts[i]); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.each = append(c.each, tables)
	return nil
}

func (c *computing[E]) fold(ctx context.Context, tables *tables[E], part source.Part[E]) (err error) {
	reader, err := part(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		chunk, err := reader.Next(ctx)
		if err == io.EOF { // a broken connection wraps it, and isn't the end
			return nil
		}
		if err != nil {
			return err
		}
		if c.checks {
			if err := chunk.Check(); err != nil {
				return err
			}
		}
		if err := c.bad(chunk); err != nil {
			return err
		}
		if _, err := tables.fold(chunk); err != nil {
			return err
		}
	}
}

// bad tells of the records of a chunk that can't be events.
func (c *computing[E]) bad(chunk *source.Chunk[E]) error {
	if len(chunk.Quarantine) == 0 {
		return nil
	}
	if c.quarantine == nil {
		q := chunk.Quarantine[0]
		return fmt.Errorf("%w: partition %d offset %d: %s; set Quarantine to go on without such records", source.ErrValue, chunk.Partition, q.Offset, q.Reason)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range chunk.Quarantine {
		c.quarantine(q)
	}
	return nil
}

// finish merges the workers' tables, and gives what a result shows.
func (c *computing[E]) finish(ctx context.Context) (err error) {
	if c.done, err = c.shared.join(ctx, c.each, c.workers); err != nil {
		return err
	}
	span, err := Ever().resolve(c.window, time.Time{})
	if err != nil {
		return err
	}
	c.ever = &selected[E]{span: span}
	for _, tables := range c.done {
		for i := range tables {
			if tables[i], err = tables[i].shown(ctx, c.ever); err != nil {
				return err
			}
		}
	}
	return nil
}

// openWhole reads a partition from its start to where it ends now.
func openWhole[E any](ctx context.Context, log source.Source[E], partition int) (source.Reader[E], error) {
	var from int64
	var err error
	if starter, ok := log.(source.Starter); ok {
		if from, err = starter.Start(ctx, partition); err != nil {
			return nil, fmt.Errorf("cannot find the log's start: %w", err)
		}
	}
	ender, ok := log.(source.Ender)
	if !ok {
		return log.Open(ctx, partition, from)
	}
	end, err := ender.End(ctx, partition)
	if err != nil {
		return nil, fmt.Errorf("cannot find the log's end: %w", err)
	}
	reader, err := log.Open(ctx, partition, from)
	if err != nil {
		return nil, err
	}
	return &until[E]{reader, from, end}, nil
}

// until ends a reader before an offset.
type until[E any] struct {
	source.Reader[E]
	next, end int64
}

// Next implements source.Reader.
func (r *until[E]) Next(ctx context.Context) (*source.Chunk[E], error) {
	if r.next >= r.end {
		return nil, io.EOF
	}
	c, err := r.Reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	r.next = c.Next
	if c.Next > r.end {
		c = c.Slice(c.From, r.end)
	}
	return c, nil
}
