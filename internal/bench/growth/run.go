package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type event struct {
	At    time.Time
	Key   int64
	Value int64
}

var (
	at    = source.FieldOf(func(e *event) *time.Time { return &e.At })
	key   = source.FieldOf(func(e *event) *int64 { return &e.Key })
	value = source.FieldOf(func(e *event) *int64 { return &e.Value })
)

const size = 5 * time.Minute // of a window

// run is one shape's log, and what came of it.
type run struct {
	shape   shape
	log     *source.Memory[event]
	total   int64 // of the values in the log
	handles []*lambda.Handle[event, int64, int64]
}

// run folds, archives and seals the whole log. The log is made in the first round,
// which isn't timed.
func (r *run) run() (string, error) {
	if r.log == nil {
		if err := r.fill(); err != nil {
			return "", err
		}
	}
	pipeline := lambda.New[event](lambda.Config{Archive: archive.Memory()})
	r.handles = nil
	for i := range r.shape.views {
		handle, err := lambda.Register(pipeline, lambda.View[event, int64, int64]{
			Name: fmt.Sprintf("view_%d", i), Version: 1, Time: at, Key: lambda.By(key),
			Window: window.Tumbling(size), Aggregate: aggregates(r.shape.aggregates),
		})
		if err != nil {
			return "", err
		}
		r.handles = append(r.handles, handle)
	}
	return "", pipeline.Run(context.Background(), r.log) // to the end: the log is closed
}

// aggregates joins so many: sums, and a maximum to every sum but the first.
func aggregates(n int) aggregate.Aggregate[event, int64] {
	switch n {
	case 1:
		return aggregate.Sum(value)
	case 2:
		return aggregate.Join2(aggregate.Sum(value), aggregate.Max(value), func(sum int64, _ source.Null[int64]) int64 { return sum })
	}
	first := func(sum, _ int64) int64 { return sum }
	return aggregate.Join2(aggregates(n/2), aggregates(n-n/2), first)
}

// fill makes the log: keys by chance, times in order but for which of the open
// windows they are in.
func (r *run) fill() error {
	log, err := source.NewMemory[event]("growth", r.shape.partitions, source.MemoryOptions[event]{})
	if err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	batch := make([]event, 0, source.DefaultChunkRows)
	for i := range r.shape.events {
		e := event{
			At:  start.Add(time.Duration(chance.IntN(r.shape.windows))*size + time.Duration(i)*size/time.Duration(r.shape.events)),
			Key: chance.Int64N(int64(r.shape.keys)), Value: chance.Int64N(10_000),
		}
		r.total += e.Value
		if batch = append(batch, e); len(batch) == cap(batch) || i == r.shape.events-1 {
			if _, err := log.Append(i/cap(batch)%r.shape.partitions, batch...); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	r.log = log
	return log.Close()
}

// check is the sum that every view's rows give, and that was put in.
func (r *run) check() (string, error) {
	for _, handle := range r.handles {
		answer, err := handle.Query(context.Background(), lambda.Ever())
		if err != nil {
			return "", err
		}
		sum := int64(0)
		for row := range answer.Rows() {
			sum += row.Value
		}
		if sum != r.total {
			return "", fmt.Errorf("a view's rows sum up to %d, %d was put in", sum, r.total)
		}
	}
	return fmt.Sprint(r.total), nil
}
