package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// segmentRows is how many rows a segment holds: batch runs see whole segments,
// so a day's rows must not wait for a month to fill one.
const segmentRows = 20_000

// shop is the whole program: one process that serves and recomputes, and one
// after another that reads the log.
type shop struct {
	options
	store   archive.Store
	deltas  delta.Store
	log     *salesLog
	meter   *meter
	batch   *lambda.Pipeline[Sale]
	serving views
	asked   report // with -report, in place of the above
	stderr  io.Writer

	began   time.Time
	runs    int // of the batch layer
	crashes int
}

func newShop(o options, store archive.Store, log *salesLog, stderr io.Writer) (*shop, error) {
	s := &shop{options: o, store: store, deltas: delta.Memory(), log: log, stderr: stderr, began: time.Now()}
	s.meter = newMeter(o.batchEvery, 0)
	if o.shuffled {
		s.meter = newMeter(0, log.rowsOf(o.batchEvery))
	}
	s.batch = lambda.New[Sale](lambda.Config{Archive: store, Deltas: s.deltas})
	return s, s.register(s.batch)
}

// register declares what is asked for to a pipeline: that of the batch and serving
// layers, or one of the speed layer's lives.
func (s *shop) register(p *lambda.Pipeline[Sale]) error {
	if s.options.report != "" {
		asked, err := reports[s.options.report](p)
		if p == s.batch {
			s.asked = asked
		}
		return err
	}
	serving, err := register(p)
	if p == s.batch {
		s.serving = serving
	}
	return err
}

// work reads the log to its end, while rows arrive and the batch layer runs.
func (s *shop) work(ctx context.Context) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.log.arrive(groupCtx) })
	group.Go(func() error {
		defer close(s.meter.due)
		return s.speed(groupCtx)
	})
	group.Go(func() error { return s.recompute(groupCtx) })
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err() // an interrupted log has no answer
}

// speed is the speed layer: one process, and with -crash one after another, each
// of which takes over what the one before had.
func (s *shop) speed(ctx context.Context) error {
	config := lambda.Config{SegmentRows: segmentRows}
	if s.crash > 0 {
		// A life that commits nothing would be followed by another like it, for
		// ever. And what dies should have been shown, or nobody would notice.
		config.SegmentRows = min(config.SegmentRows, max(1, int64(s.crash)*chunkRows/2))
		config.FlushInterval = time.Millisecond
	}
	var gone sync.WaitGroup
	defer gone.Wait() // what is left of the dead needs a moment to notice
	for {
		l := newLife(s.crash)
		config.Observer, config.Archive, config.Deltas = l, mortalArchive{s.store, l}, mortalDeltas{s.deltas, l}
		ended := make(chan error, 1)
		gone.Go(func() { ended <- s.live(ctx, config, l) })
		select {
		case <-l.over:
			s.crashes++
		case err := <-ended:
			if l.check() == nil {
				return err
			}
			s.crashes++
		}
		if l.sealed.Load() == 0 {
			config.SegmentRows = max(1, config.SegmentRows/2)
		}
	}
}

// live is one life of the speed layer.
func (s *shop) live(ctx context.Context, config lambda.Config, l *life) error {
	pipeline := lambda.New[Sale](config)
	if err := s.register(pipeline); err != nil {
		return err
	}
	return pipeline.Run(ctx, mortalLog{metered{s.log, s.meter}, l})
}

// recompute is the batch layer: a run each time the meter says so.
func (s *shop) recompute(ctx context.Context) error {
	for range s.meter.due {
		rows, started := s.meter.read(), time.Now()
		if err := s.batch.Batch(ctx); err != nil {
			return err
		}
		s.runs++
		fmt.Fprintf(s.stderr, "batch run %d, with %s rows read: %d ms\n", s.runs, count(rows), time.Since(started).Milliseconds())
	}
	return nil
}

// report says on the standard error what was done, and what the answer is made
// of.
func (s *shop) report(ctx context.Context, p lambda.Provenance) error {
	rejected, err := s.rejected(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "read %s rows of %s days in %.1f s; batch runs: %d; crashes: %d\n",
		count(s.meter.rows), count(int64(len(s.meter.days))), time.Since(s.began).Seconds(), s.runs, s.crashes)
	fmt.Fprintf(s.stderr, "%s rows in quarantine\n", count(int64(len(rejected))))
	for _, reason := range rejected[:min(len(rejected), maxReasons)] {
		fmt.Fprintln(s.stderr, "  "+reason)
	}
	fmt.Fprintf(s.stderr, "the answer holds %s offsets: %s from base %d, %s from sealed deltas, %s from open ones\n",
		count(p.Offsets()), count(p.FromBase()), p.Base, count(p.FromSealed()), count(p.FromOpen()))
	return nil
}

// maxReasons is how many rows in quarantine a report explains.
const maxReasons = 10

// rejected says why each row that couldn't be read is in the archive's quarantine.
func (s *shop) rejected(ctx context.Context) ([]string, error) {
	var reasons []string
	for record, err := range s.batch.Quarantine(ctx) {
		if err != nil {
			return nil, err
		}
		reasons = append(reasons, record.Reason)
	}
	return reasons, nil
}
