package main

import (
	"context"
	"fmt"
	"io"

	"github.com/anabranch-go/anabranch/source"
)

// shopLog is the shop's log as a source.Source: what the speed layer reads. It
// holds nothing but where each partition ends. Reading from an offset is
// generating from it.
type shopLog struct {
	shop   shop
	ends   []int64 // by partition
	schema *source.Schema
}

func newShopLog(s shop, ends []int64) (*shopLog, error) {
	schema, err := source.SchemaOf[Event]()
	return &shopLog{shop: s, ends: ends, schema: schema}, err
}

// Identity names what the events are a function of. An archive of another log
// refuses this one.
func (l *shopLog) Identity(context.Context) (string, error) { return l.shop.identity(), nil }

func (s shop) identity() string {
	return fmt.Sprintf("ecommerce/seed=%d/partitions=%d", s.seed, s.partitions)
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
	return &shopReader{log: l, partition: partition, next: offset, builder: source.NewBuilder[Event](l.schema, nil)}, nil
}

// shopReader reads one partition.
type shopReader struct {
	log       *shopLog
	partition int
	next      int64
	builder   *source.Builder[Event]
}

// chunkEvents is how many events a chunk holds: enough that the work of a chunk
// is spread over many, few enough that its columns stay in the cache.
const chunkEvents = 4096

// Next implements source.Reader. The builder makes columns of the events, and
// normalises them, as every source must.
func (r *shopReader) Next(ctx context.Context) (*source.Chunk[Event], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	from, to := r.next, min(r.next+chunkEvents, r.log.ends[r.partition])
	if from == to {
		return nil, io.EOF
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

// Close implements source.Reader.
func (r *shopReader) Close() error { return nil }
