package main

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

var errKilled = errors.New("retail: the process was killed")

// life is one speed process's hold on what it shares with the others: the log,
// the archive and the delta store. When the life ends, nothing that its
// goroutines still try has an effect, as if the process were gone: open deltas
// and the segment that was being written go with its memory, and nobody says
// good-bye. A call that was under way then may still take effect, as a request
// that had left a real process would.
type life struct {
	chunks int // after so many of one partition the life ends; 0 for never
	end    sync.Once
	over   chan struct{}
	sealed atomic.Int64 // segments
}

func newLife(chunks int) *life { return &life{chunks: chunks, over: make(chan struct{})} }

func (l *life) kill() { l.end.Do(func() { close(l.over) }) }

func (l *life) check() error {
	select {
	case <-l.over:
		return errKilled
	default:
		return nil
	}
}

// Observe counts what the life commits.
func (l *life) Observe(o lambda.Observation) {
	if o.Kind == lambda.Sealed {
		l.sealed.Add(1)
	}
}

// mortalLog is the log as a life reads it.
type mortalLog struct {
	source.Source[Sale]
	life *life
}

func (m mortalLog) Open(ctx context.Context, partition int, offset int64) (source.Reader[Sale], error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	reader, err := m.Source.Open(ctx, partition, offset)
	if err != nil {
		return nil, err
	}
	return &mortalReader{Reader: reader, life: m.life}, nil
}

type mortalReader struct {
	source.Reader[Sale]
	life *life
	read int
}

func (r *mortalReader) Next(ctx context.Context) (*source.Chunk[Sale], error) {
	if r.life.chunks > 0 && r.read == r.life.chunks {
		r.life.kill()
	}
	if err := r.life.check(); err != nil {
		return nil, err
	}
	chunk, err := r.Reader.Next(ctx)
	if err == nil {
		r.read++
	}
	return chunk, err
}

// mortalArchive is the archive's store as a life uses it.
type mortalArchive struct {
	archive.Store
	life *life
}

func (m mortalArchive) Put(ctx context.Context, name string, body []byte) error {
	if err := m.life.check(); err != nil {
		return err
	}
	return m.Store.Put(ctx, name, body)
}

func (m mortalArchive) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	return m.Store.Get(ctx, name, offset, length)
}

func (m mortalArchive) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	if err := m.life.check(); err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return m.Store.List(ctx, prefix, after)
}

// mortalDeltas is the delta store as a life uses it.
type mortalDeltas struct {
	delta.Store
	life *life
}

func (m mortalDeltas) Raise(ctx context.Context, view string, partition int, term int64) (*delta.Shown, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	return m.Store.Raise(ctx, view, partition, term)
}

func (m mortalDeltas) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	if err := m.life.check(); err != nil {
		return err
	}
	return m.Store.Flush(ctx, c, f)
}

func (m mortalDeltas) Swap(ctx context.Context, c delta.Copy) error {
	if err := m.life.check(); err != nil {
		return err
	}
	return m.Store.Swap(ctx, c)
}

func (m mortalDeltas) Drop(ctx context.Context, c delta.Copy) error {
	if err := m.life.check(); err != nil {
		return err
	}
	return m.Store.Drop(ctx, c)
}
