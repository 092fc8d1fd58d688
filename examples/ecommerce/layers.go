package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// layers are the speed, batch and serving layers over one archive. Here they are
// goroutines of one program. Each could as well be a program of its own.
type layers struct {
	pipeline *lambda.Pipeline[Event]
	log      *shopLog
	handles  handles
	watcher  *watcher
}

// Segments are small and flushes frequent, so that a run of a few seconds shows
// all layers at work: the batch layer has something to do while the log grows.
const (
	segmentEvents = 50_000
	flushEvery    = 50 * time.Millisecond
)

func newLayers(store archive.Store, log *shopLog, start int64, stderr io.Writer) (*layers, error) {
	pipeline := lambda.New[Event](lambda.Config{Archive: store, SegmentRows: segmentEvents, FlushInterval: flushEvery})
	handles, err := register(pipeline)
	if err != nil {
		return nil, err
	}
	end := int64(0)
	for _, n := range log.ends {
		end += n
	}
	return &layers{pipeline: pipeline, log: log, handles: handles, watcher: newWatcher(handles, newDisplay(stderr, end-start), start, end)}, nil
}

// run runs all layers at once, until the log ends or ctx does.
func (l *layers) run(ctx context.Context, batchEvery time.Duration) error {
	group, ctx := errgroup.WithContext(ctx)
	done := make(chan struct{})
	group.Go(func() error {
		defer close(done)
		return l.pipeline.Run(ctx, l.log)
	})
	group.Go(func() error { return l.batch(ctx, batchEvery, done) })
	group.Go(func() error { return l.watcher.run(ctx, done) })
	return group.Wait()
}

// batch recomputes every view from the archive, again and again.
func (l *layers) batch(ctx context.Context, every time.Duration, done <-chan struct{}) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := l.pipeline.Batch(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-done:
		}
		select {
		case <-done: // first of all, even where another run is due
			return nil
		default:
		}
	}
}

// finish reports the daily table, then checks all answers.
func (l *layers) finish(ctx context.Context, json bool, stdout, stderr io.Writer) error {
	a, err := ask(ctx, l.handles)
	if err != nil {
		return err
	}
	if err := l.watcher.follow(a.dailySales.Provenance()); err != nil {
		return err
	}
	write := writeTables
	if json {
		write = writeJSON
	}
	fmt.Fprintln(stderr)
	if err := write(stdout, a); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("cannot write the daily sales: %w", err)
	}
	fmt.Fprintf(stderr, "\n%s\n", made(a.dailySales.Provenance()))

	c := check{stderr: stderr}
	began := time.Now()
	if err := c.final(ctx, l.log.shop, l.log.ends, a); err != nil {
		return err
	}
	for _, sample := range l.watcher.samples {
		if err := c.sample(ctx, l.log.shop, sample); err != nil {
			return err
		}
	}
	if c.wrong > 0 {
		return fmt.Errorf("%w: %s of %s", errWrong, thousands(c.wrong), thousands(c.checked))
	}
	fmt.Fprintf(stderr, "Checked %s answers of 4 views against a naive fold of %s events in %.1f s: all equal.\n",
		thousands(c.checked), thousands(a.dailySales.Provenance().Offsets()), time.Since(began).Seconds())
	fmt.Fprintf(stderr, "Daily tables from while the layers ran, among these: %d. Live queries that went back: 0 of %s.\n",
		len(l.watcher.samples), thousands(int64(l.watcher.asked)))
	return nil
}

// made says what the final answers are made of.
func made(p lambda.Provenance) string {
	base := "none from a base"
	if p.Base >= 0 {
		base = fmt.Sprintf("%s from base %d (%s)", thousands(p.FromBase()), p.Base, p.Made)
	}
	return fmt.Sprintf("Answers hold %s events: %s, %s sealed since, %s open. %s came late, and count.",
		thousands(p.Offsets()), base, thousands(p.FromSealed()), thousands(p.FromOpen()), thousands(p.Late))
}
