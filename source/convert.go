package source

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Convert makes a log of another event type: the same partitions and offsets, and
// the same identity, with each event as convert gives it. So topics whose records
// differ can be [Merge]d into one log. An error, or a panic, sends the event to
// quarantine, without its bytes, which are gone by then.
//
// convert must give the same for the same event, today and at a replay in a year,
// and is called by several goroutines at once. It may change the A that it's given
// but for what that points to. It costs the making of both structs; where the
// records can be decoded as B in the first place, do that. Errors are ErrSchema.
//
// The log is an [Ender], a [Sharer], a [Starter] and a [Committer] as the source is.
func Convert[A, B any](from Source[A], convert func(*A) (B, error)) (Source[B], error) {
	schema, err := SchemaOf[B]()
	if err != nil {
		return nil, err
	}
	if from == nil || convert == nil {
		return nil, fmt.Errorf("%w: nothing to convert from, or with", ErrOptions)
	}
	ender, _ := from.(Ender)
	sharer, _ := from.(Sharer)
	return passOn[B](&converted[A, B]{from, schema, convert}, ender, sharer), nil
}

type converted[A, B any] struct {
	from    Source[A]
	schema  *Schema
	convert func(*A) (B, error)
}

// Identity implements [Source].
func (l *converted[A, B]) Identity(ctx context.Context) (string, error) { return l.from.Identity(ctx) }

// Partitions implements [Source].
func (l *converted[A, B]) Partitions(ctx context.Context) (int, error) { return l.from.Partitions(ctx) }

// Open implements [Source].
func (l *converted[A, B]) Open(ctx context.Context, partition int, offset int64) (Reader[B], error) {
	from, err := l.from.Open(ctx, partition, offset)
	if err != nil {
		return nil, err
	}
	return &convertedReader[A, B]{log: l, from: from, builder: NewBuilder[B](l.schema, nil)}, nil
}

// Start implements [Starter].
func (l *converted[A, B]) Start(ctx context.Context, partition int) (int64, error) {
	return startOf(ctx, l.from, partition)
}

// Commit implements [Committer].
func (l *converted[A, B]) Commit(ctx context.Context, partition int, offset int64) error {
	return commitTo(ctx, l.from, partition, offset)
}

type convertedReader[A, B any] struct {
	log     *converted[A, B]
	from    Reader[A]
	builder *Builder[B]
	a       A // the one being converted, apart from the chunk's, which mustn't change
}

// Next implements [Reader].
func (r *convertedReader[A, B]) Next(ctx context.Context) (*Chunk[B], error) {
	c, err := r.from.Next(ctx)
	if err != nil {
		return nil, err
	}
	r.builder.Reset()
	for i, a := range c.Rows() {
		r.a = a
		b, err := r.call()
		if err != nil {
			r.builder.Reject(c.Offsets[i], nil, err)
			continue
		}
		r.builder.Append(&b, c.Offsets[i], nil)
	}
	out := r.builder.Chunk(c.Partition, c.From, c.Next)
	if len(c.Quarantine) > 0 {
		out.Quarantine = append(out.Quarantine, c.Quarantine...)
		slices.SortFunc(out.Quarantine, func(a, b Quarantined) int { return cmp.Compare(a.Offset, b.Offset) })
	}
	return out, nil
}

func (r *convertedReader[A, B]) call() (b B, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the conversion panicked: %v", p)
		}
	}()
	if b, err = r.log.convert(&r.a); err != nil {
		return b, fmt.Errorf("the conversion: %w", err)
	}
	return b, nil
}

// Close implements [Reader].
func (r *convertedReader[A, B]) Close() error { return r.from.Close() }
