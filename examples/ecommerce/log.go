package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// shopLog is the shop's log as a source.Source: what the speed layer reads. It
// holds nothing but where each partition ends. Reading from an offset is
// generating from it.
type shopLog struct {
	shop   shop
	ends   []int64 // by partition
	rate   int64   // events a second, all partitions together; 0 for as fast as they are read
	schema *source.Schema
}

func newShopLog(s shop, ends []int64, rate int64) (*shopLog, error) {
	schema, err := source.SchemaOf[Event]()
	return &shopLog{shop: s, ends: ends, rate: rate, schema: schema}, err
}

// Identity names what the events are a function of. An archive of another log
// refuses this one.
func (l *shopLog) Identity(context.Context) (string, error) { return l.shop.identity(), nil }

func (s shop) identity() string {
	// The number after the name is raised when the events change.
	identity := fmt.Sprintf("ecommerce-2/seed=%d/partitions=%d", s.seed, s.partitions)
	if s.small {
		identity += "/small"
	}
	return identity
}

// Partitions implements source.Source.
func (l *shopLog) Partitions(context.Context) (int, error) { return len(l.ends), nil }

// End implements source.Ender, so that answers know how far they lag.
func (l *shopLog) End(_ context.Context, partition int) (int64, error) {
	if partition < 0 || partition >= len(l.ends) {
		return 0, fmt.Errorf("the log has partitions 0 to %d, not %d", len(l.ends)-1, partition)
	}
	return l.ends[partition], nil
}

// Open implements source.Source.
func (l *shopLog) Open(ctx context.Context, partition int, offset int64) (source.Reader[Event], error) {
	end, err := l.End(ctx, partition)
	if err != nil {
		return nil, err
	}
	if offset < 0 || offset > end {
		return nil, fmt.Errorf("%w: partition %d has the offsets [0, %d), not %d", source.ErrOffset, partition, end, offset)
	}
	return &shopReader{log: l, partition: partition, first: offset, next: offset, began: time.Now(),
		builder: source.NewBuilder[Event](l.schema, nil)}, nil
}

// shopReader reads one partition.
type shopReader struct {
	log         *shopLog
	partition   int
	first, next int64 // offsets
	began       time.Time
	builder     *source.Builder[Event]
}

// chunkEvents is how many events a chunk holds at most: enough that the work of a
// chunk is spread over many, few enough that its columns stay in the cache.
const chunkEvents = 4096

// Next implements source.Reader. The builder makes columns of the events, and
// normalises them, as every source must.
func (r *shopReader) Next(ctx context.Context) (*source.Chunk[Event], error) {
	from, to := r.next, min(r.next+r.chunkSize(), r.log.ends[r.partition])
	if from == to {
		return nil, io.EOF
	}
	if err := r.wait(ctx, to); err != nil {
		return nil, err
	}
	r.builder.Reset()
	var e Event
	for offset := from; offset < to; offset++ {
		r.log.shop.event(&e, r.partition, offset)
		r.builder.Append(&e, offset, nil)
	}
	r.next = to
	return r.builder.Chunk(r.partition, from, to), nil
}

// chunkSize is what comes in a tenth of a second, where the log has a rate.
func (r *shopReader) chunkSize() int64 {
	if r.log.rate == 0 {
		return chunkEvents
	}
	return min(chunkEvents, max(1, r.log.rate/int64(r.log.shop.partitions)/10))
}

// wait waits until the events before an offset have come, or ctx ends: the next
// call goes on where this one was.
func (r *shopReader) wait(ctx context.Context, to int64) error {
	if r.log.rate == 0 {
		return ctx.Err()
	}
	seconds := float64(to-r.first) * float64(r.log.shop.partitions) / float64(r.log.rate)
	timer := time.NewTimer(time.Until(r.began.Add(time.Duration(seconds * float64(time.Second)))))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Close implements source.Reader.
func (r *shopReader) Close() error { return nil }
