package kafkasink

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/sink"
)

// Write implements [sink.Sink]: it returns when all in-sync replicas have the rows.
// Errors are sink.ErrValue, ErrTooLarge, ErrUnacknowledged, ErrClosed, ctx's and the
// brokers' own; after any of them rows may have been written.
func (t *Topic[K, R]) Write(ctx context.Context, rows []sink.Row[K, R]) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	records, err := t.encoder.records(ctx, t.options.Topic, rows)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, t.options.Timeout)
	defer cancel()
	tooLate := func() error {
		if err := ctx.Err(); err != nil {
			return t.failed(len(records), records[0].Key, err)
		}
		return t.failed(len(records), records[0].Key, fmt.Errorf("%w within %v by %v", ErrUnacknowledged, t.options.Timeout, t.client.OptValue(kgo.SeedBrokers)))
	}
	select {
	case t.turns <- struct{}{}:
	case <-within.Done():
		return tooLate()
	}
	acks := &acknowledgements{left: len(records), decided: make(chan struct{})}
	// A batch that holds rows of several Writes fails as a whole where the first
	// row's context has ended, so rows have one that doesn't.
	unending := context.WithoutCancel(ctx)
	for i := range records {
		t.client.Produce(unending, &records[i], func(r *kgo.Record, err error) {
			if acks.take(r, err) {
				<-t.turns
			}
		})
	}
	select {
	case <-acks.decided:
	case <-within.Done():
		return tooLate()
	}
	if acks.failed > 0 {
		return t.failed(acks.failed, acks.first.Key, acks.err)
	}
	return nil
}

// acknowledgements are those of one Write.
type acknowledgements struct {
	decided chan struct{} // closed when none is left

	mu     sync.Mutex // guards what follows, until then
	left   int
	failed int
	first  *kgo.Record // of those that failed
	err    error       // the first one's
}

// take notes one, and says whether it was the last.
func (a *acknowledgements) take(r *kgo.Record, err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		if a.failed == 0 {
			a.first, a.err = r, err
		}
		a.failed++
	}
	if a.left--; a.left == 0 {
		close(a.decided)
	}
	return a.left == 0
}
