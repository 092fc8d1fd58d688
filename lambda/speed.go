package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// closeTimeout bounds flushes and commits after the context has ended.
const closeTimeout = 10 * time.Second

// grace gives a context for what must not be left half done: it ends some time
// after ctx does.
func grace(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(closeTimeout, cancel) })
	return work, func() { stop(); cancel() }
}

// Run is the speed layer. It claims every partition of the log (of a
// source.Sharer, those that the log gives this process, for as long as it does),
// goes on where the archive's chain ends, folds events into open deltas, shows these in the
// delta store, and seals them, with the events, into the archive. It returns nil
// when ctx ends or the log does, after it has committed what it holds. (Where
// readers have seen more of a partition from an owner before than it has read yet,
// it leaves that partition to the next owner when ctx ends.)
//
// Of a source.Committer it commits each segment's end too, for outside observers.
//
// After an error nothing more is committed, and nothing is lost: the next owner
// reads the log again from the chain's end. archive.ErrLost says that another
// process owns a partition now; source.ErrOffset that the log no longer has what
// the archive lacks, or ends before the archive does; archive.ErrLogIdentity that the archive is of another log.
func (p *Pipeline[E]) Run(ctx context.Context, log source.Source[E]) error {
	views, err := p.begin(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	partitions, err := p.declare(ctx, log)
	if err != nil {
		return ended(ctx, err)
	}
	if err := p.checkEnds(ctx, log); err != nil {
		return ended(ctx, err)
	}
	p.setLog(log)
	return p.share(ctx, log, partitions, func(ctx context.Context, partition int) error {
		w := &worker[E]{p: p, partition: partition}
		if err := w.run(ctx, log, views); err != nil {
			return fmt.Errorf("speed layer, partition %d: %w", partition, err)
		}
		return nil
	})
}

// declare tells the archive which log this is.
func (p *Pipeline[E]) declare(ctx context.Context, log source.Source[E]) (int, error) {
	identity, err := log.Identity(ctx)
	if err != nil {
		return 0, fmt.Errorf("cannot identify the log: %w", err)
	}
	partitions, err := log.Partitions(ctx)
	if err != nil {
		return 0, fmt.Errorf("cannot count the log's partitions: %w", err)
	}
	return partitions, p.archive.Declare(ctx, archive.Log{Identity: identity, Partitions: partitions})
}

// checkEnds says where the log ends before the archive does, if it knows its
// ends. It claims nothing: the log's rightful reader may be at work.
func (p *Pipeline[E]) checkEnds(ctx context.Context, log source.Source[E]) error {
	ender, ok := log.(source.Ender)
	if !ok {
		return nil // opening it tells
	}
	chains, err := p.archive.Chains(ctx)
	if err != nil {
		return err
	}
	for _, chain := range chains {
		archived, ok := chain.End()
		if !ok {
			continue
		}
		end, err := ender.End(ctx, chain.Partition)
		if err == nil && end < archived {
			return fmt.Errorf("%w: partition %d of the log ends at offset %d, and the archive has it up to %d: the log has shrunk, or was filled anew and isn't full yet; run with a log that has every event at its old offset, or give this one an identity and an archive of its own",
				source.ErrOffset, chain.Partition, end, archived)
		}
	}
	return nil
}

// worker owns one partition: one goroutine reads it, folds it and commits it.
type worker[E any] struct {
	p         *Pipeline[E]
	partition int
	owner     *archive.Owner
	deltas    []*openDelta[E]
	outside   source.Committer // nil where nobody outside is told

	through     int64 // the end of what was taken in
	segment     *segmentWriter[E]
	quarantine  []source.Quarantined
	quarantined int64     // bytes of it
	began       time.Time // of the segment's first chunk; zero while it's empty
	flushAt     time.Time // zero while there's nothing to show
}

func (w *worker[E]) run(ctx context.Context, log source.Source[E], views []*registration[E]) error {
	w.outside, _ = log.(source.Committer)
	reader, err := w.open(ctx, log, views)
	if err != nil {
		return ended(ctx, err)
	}
	err = w.loop(ctx, reader)
	if closeErr := reader.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("cannot close the log: %w", closeErr)
	}
	return err
}

// ended turns what a context's end caused into a normal end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// open opens the log where the chain ends and claims the partition, in this order:
// who can't read the log mustn't put an end to an owner who can.
func (w *worker[E]) open(ctx context.Context, log source.Source[E], views []*registration[E]) (source.Reader[E], error) {
	start := int64(0)
	if starter, ok := log.(source.Starter); ok {
		var err error
		if start, err = starter.Start(ctx, w.partition); err != nil {
			return nil, fmt.Errorf("cannot find the log's start: %w", err)
		}
	}
	chain, err := w.p.archive.Chain(ctx, w.partition)
	if err != nil {
		return nil, err
	}
	from, ok := chain.End()
	if !ok {
		from = start
	}
	reader, err := openAt(ctx, log, w.partition, from)
	if err != nil {
		return nil, err
	}
	if err := w.claim(ctx, start, views); err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	if w.through == from {
		return reader, nil
	}
	// The owner before us has sealed since we looked.
	if err := reader.Close(); err != nil {
		return nil, fmt.Errorf("cannot close the log: %w", err)
	}
	return openAt(ctx, log, w.partition, w.through)
}

func openAt[E any](ctx context.Context, log source.Source[E], partition int, offset int64) (source.Reader[E], error) {
	reader, err := log.Open(ctx, partition, offset)
	if errors.Is(err, source.ErrOffset) {
		return nil, fmt.Errorf("the archive goes on at offset %d, which the log can't give (it has forgotten it, has shrunk, or was filled anew): %w", offset, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the log from offset %d: %w", offset, err)
	}
	return reader, nil
}

// claim makes this worker the partition's owner, and begins its deltas.
func (w *worker[E]) claim(ctx context.Context, start int64, views []*registration[E]) error {
	var err error
	if w.owner, err = w.p.archive.Claim(ctx, w.partition, start); err != nil {
		return err
	}
	id, err := w.p.archiveID(ctx)
	if err != nil {
		return err
	}
	w.through = w.owner.End()
	w.p.config.Observer.Observe(Observation{Kind: Claimed, Partition: w.partition, From: w.through, To: w.through, Term: w.owner.Term()})
	for _, view := range views {
		if view.stopError() != nil {
			continue
		}
		d, err := newOpenDelta(view, w.p.config, id, w.partition, w.owner.Term(), w.through)
		if err != nil {
			return err
		}
		w.deltas = append(w.deltas, d)
	}
	if w.segment, err = newSegmentWriter[E](w.p.schema, w.p.layout); err != nil {
		return err
	}
	return w.show(ctx) // raises our term at once
}

func (w *worker[E]) loop(ctx context.Context, reader source.Reader[E]) error {
	work, cancel := grace(ctx)
	defer cancel()
	for {
		chunk, end, err := w.next(ctx, reader)
		if err != nil {
			return fmt.Errorf("cannot read the log at offset %d: %w", w.through, err)
		}
		if chunk != nil {
			if err := w.take(chunk); err != nil {
				return err
			}
		}
		if end {
			return w.finish(work, ctx.Err() == nil)
		}
		if err := w.turn(work); err != nil {
			return err
		}
	}
}
