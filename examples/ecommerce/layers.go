package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda"
)

// layers are the speed, batch and serving layers over one archive: goroutines of
// one program, or, by role, programs of their own on the same systems.
type layers struct {
	parts    parts
	systems  *systems
	pipeline *lambda.Pipeline[Event]
	handles  handles
	watcher  *watcher
}

// parts are what a process does.
type parts struct{ generate, speed, batch, serve bool }

const roleNames = "all, speed, batch, serve or generate"

var roles = map[string]parts{
	"all":      {generate: true, speed: true, batch: true, serve: true},
	"speed":    {speed: true},
	"batch":    {batch: true},
	"serve":    {serve: true},
	"generate": {generate: true},
}

// Segments are small and flushes frequent, so that a run of a few seconds shows
// all layers at work: the batch layer has something to do while the log grows.
const (
	segmentEvents = 50_000
	segmentAge    = 2 * time.Second
	flushEvery    = 50 * time.Millisecond
)

func newLayers(o options, s *systems, stderr io.Writer) (*layers, error) {
	config := lambda.Config{Archive: s.store, Deltas: s.deltas, SegmentRows: segmentEvents, SegmentInterval: segmentAge, FlushInterval: flushEvery}
	start, end := total(s.from), total(s.to)
	if o.role == "serve" {
		start, end = 0, o.until
	}
	if o.role != "all" {
		config.Observer = lambda.Log(slog.New(slog.NewTextHandler(stderr, nil)))
	}
	pipeline := lambda.New[Event](config)
	handles, err := register(pipeline)
	if err != nil {
		return nil, err
	}
	l := &layers{parts: roles[o.role], systems: s, pipeline: pipeline, handles: handles}
	if l.parts.serve {
		l.watcher = newWatcher(handles, newDisplay(stderr, end-start), start, end)
	}
	return l, nil
}

// runLayers runs the layers of a role, until the log ends or ctx does, then reports
// and checks what a serving one has answered.
func runLayers(ctx context.Context, o options, s *systems, stdout, stderr io.Writer) error {
	if err := s.announce(ctx, stderr); err != nil {
		return err
	}
	l, err := newLayers(o, s, stderr)
	if err != nil {
		return err
	}
	if l.parts.serve {
		fmt.Fprint(stderr, legend)
	}
	began := time.Now()
	if err := l.run(ctx, o); err != nil || !l.parts.serve {
		return err
	}
	if l.watcher.end == 0 { // interrupting is how it ends
		ctx = context.WithoutCancel(ctx)
	} else if ctx.Err() != nil {
		return ctx.Err()
	}
	fmt.Fprintf(stderr, "Took in %s events in %.1f s.\n", thousands(l.watcher.least-l.watcher.start), time.Since(began).Seconds())
	return l.finish(ctx, o.json, stdout, stderr)
}

// run runs the layers at once, until the log ends or ctx does.
func (l *layers) run(ctx context.Context, o options) error {
	group, ctx := errgroup.WithContext(ctx)
	speed, stop := context.WithCancel(ctx)
	publishing, publishedAll := context.WithCancel(ctx) // until there's nothing more to publish
	done := make(chan struct{})
	if l.parts.generate && l.systems.topic != nil {
		group.Go(func() error { return l.systems.append(ctx, o.rate, func(int) {}) })
	}
	group.Go(func() error {
		defer publishedAll()
		defer close(done)
		if !l.parts.speed {
			<-speed.Done()
			return nil
		}
		return l.pipeline.Run(speed, l.systems.log)
	})
	if l.parts.batch {
		group.Go(func() error { return l.batch(ctx, o.batchEvery, done) })
	}
	if l.parts.serve {
		reached := stop
		if l.systems.topic == nil {
			reached = func() {} // the log ends by itself
		}
		group.Go(func() error { return l.watcher.run(ctx, reached, done) })
		for _, publish := range l.systems.publishers(l.handles) {
			group.Go(func() error { return publish(publishing) })
		}
	}
	err := group.Wait()
	stop()
	return err
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
	a, err := askWhole(ctx, l.handles, l.watcher.end)
	if err != nil {
		return fmt.Errorf("cannot get whole answers of %s events: %w", thousands(l.watcher.end), err)
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

	c := check{stderr: stderr, shop: l.systems.shop}
	began := time.Now()
	if err := c.final(ctx, a); err != nil {
		return err
	}
	if err := c.samples(ctx, l.watcher.samples); err != nil {
		return err
	}
	end, err := l.systems.end(ctx)
	if err != nil {
		return err
	}
	if err := l.systems.published.check(ctx, &c, a, end); err != nil {
		return err
	}
	if c.wrong > 0 {
		return fmt.Errorf("%w: %s of %s", errWrong, thousands(c.wrong), thousands(c.checked))
	}
	fmt.Fprintf(stderr, "Checked %s answers of 4 views against a naive fold of %s events in %.1f s: all equal.\n",
		thousands(c.checked), thousands(a.dailySales.Provenance().Offsets()), time.Since(began).Seconds())
	fmt.Fprintf(stderr, "Daily tables from while the layers ran, among these: %d. None of %s live answers held less than the one before it.\n",
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
