package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/source"
)

// Open implements [source.Source].
func (l *Log[E]) Open(ctx context.Context, partition int, offset int64) (source.Reader[E], error) {
	if err := l.same(ctx); err != nil {
		return nil, err
	}
	start, err := l.Start(ctx, partition)
	if err != nil {
		return nil, err
	}
	end, err := l.End(ctx, partition)
	if err != nil {
		return nil, err
	}
	if offset < start || offset > end {
		return nil, fmt.Errorf("%w: %s, partition %d has the offsets [%d, %d), not %d", source.ErrOffset, l.options.Topic, partition, start, end, offset)
	}
	at := map[string]map[int32]kgo.Offset{l.options.Topic: {int32(partition): kgo.NewOffset().At(offset)}}
	client, err := kgo.NewClient(slices.Concat(l.options.Client, []kgo.Opt{
		kgo.ConsumePartitions(at),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), // what's gone is an error, never skipped
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // their offsets are the log's
	})...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", source.ErrOptions, err)
	}
	return &reader[E]{log: l, client: client, partition: partition, next: offset,
		builder: source.NewBuilder(l.schema, l.options.Transform)}, nil
}

// reader reads one partition, by a client that reads nothing else: the client
// fetches ahead once, and again when that was taken.
type reader[E any] struct {
	log       *Log[E]
	client    *kgo.Client
	partition int
	next      int64
	builder   *source.Builder[E]
}

// Next implements source.Reader.
func (r *reader[E]) Next(ctx context.Context) (*source.Chunk[E], error) {
	for {
		chunk, err := r.chunk(ctx, r.client.PollRecords(ctx, r.log.options.ChunkRows))
		if chunk != nil || err != nil {
			return chunk, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// chunk is what a poll has given; nil where that's nothing. A failure goes before
// the records that came with it: after a loss they may be another history's.
func (r *reader[E]) chunk(ctx context.Context, fetches kgo.Fetches) (*source.Chunk[E], error) {
	if err := r.failure(ctx, fetches); err != nil {
		return nil, err
	}
	return r.take(fetches), nil
}

// take makes a chunk of what has come; nil where nothing has.
func (r *reader[E]) take(fetches kgo.Fetches) *source.Chunk[E] {
	r.builder.Reset()
	from := r.next
	fetches.EachRecord(func(record *kgo.Record) {
		if record.Offset < r.next { // a batch that began before
			return
		}
		r.next = record.Offset + 1
		if !record.Attrs.IsControl() {
			r.decode(record)
		}
	})
	if r.next == from {
		return nil
	}
	return r.builder.Chunk(r.partition, from, r.next)
}

var errNoValue = errors.New("the record has no value")

func (r *reader[E]) decode(record *kgo.Record) {
	decode := r.log.options.Decode
	switch {
	case decode == nil && record.Value == nil:
		r.builder.Reject(record.Offset, []byte{}, errNoValue)
	case decode == nil:
		r.builder.Decode(r.log.options.Decoder, record.Value, record.Offset)
	default:
		var event E
		if err := callDecode(decode, record, &event); err != nil {
			r.builder.Reject(record.Offset, record.Value, err)
			return
		}
		r.builder.Append(&event, record.Offset, record.Value)
	}
}

func callDecode[E any](decode func(*kgo.Record, *E) error, record *kgo.Record, event *E) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder panicked: %v", p)
		}
	}()
	return decode(record, event)
}

// failure is what can't be waited out.
func (r *reader[E]) failure(ctx context.Context, fetches kgo.Fetches) error {
	for _, fetch := range fetches.Errors() {
		if ctx.Err() != nil && errors.Is(fetch.Err, ctx.Err()) {
			continue
		}
		where := fmt.Sprintf("%s, partition %d, at offset %d", r.log.options.Topic, r.partition, r.next)
		lost, isLoss := errors.AsType[*kgo.ErrDataLoss](fetch.Err)
		switch {
		case isLoss:
			return fmt.Errorf("%w: %s: the brokers have lost records: %w", source.ErrOffset, where, lost)
		case errors.Is(fetch.Err, kerr.OffsetOutOfRange):
			return fmt.Errorf("%w: %s: the topic doesn't have it any more", source.ErrOffset, where)
		case !kerr.IsRetriable(fetch.Err) || errors.Is(fetch.Err, kerr.UnknownTopicOrPartition) || errors.Is(fetch.Err, kerr.UnknownTopicID):
			return fmt.Errorf("cannot read %s: %w", where, fetch.Err)
		}
	}
	return nil
}

// Close implements source.Reader.
func (r *reader[E]) Close() error {
	r.client.Close()
	return nil
}
