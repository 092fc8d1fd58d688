package kafkasink

import (
	"context"
	"fmt"

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
	select {
	case t.turns <- struct{}{}:
	case <-within.Done():
		return t.late(ctx, records)
	}
	decided := make(chan kgo.ProduceResults, 1)
	go func() {
		// A batch that holds rows of several Writes fails as a whole where the first
		// row's context has ended, so rows have one that doesn't.
		decided <- t.client.ProduceSync(context.WithoutCancel(ctx), records...)
		<-t.turns
	}()
	select {
	case results := <-decided:
		return t.refusal(results)
	case <-within.Done():
		return t.late(ctx, records)
	}
}

// late is the error of a Write that didn't come to its end.
func (t *Topic[K, R]) late(ctx context.Context, records []*kgo.Record) error {
	err := ctx.Err()
	if err == nil {
		err = fmt.Errorf("%w within %v by %v", ErrUnacknowledged, t.options.Timeout, t.client.OptValue(kgo.SeedBrokers))
	}
	return t.failed(len(records), records[0].Key, err)
}

// refusal is the error of the first record that has one, if any has.
func (t *Topic[K, R]) refusal(results kgo.ProduceResults) error {
	failures, first := 0, kgo.ProduceResult{}
	for _, r := range results {
		if r.Err == nil {
			continue
		}
		if failures == 0 {
			first = r
		}
		failures++
	}
	if failures == 0 {
		return nil
	}
	return t.failed(failures, first.Record.Key, first.Err)
}
