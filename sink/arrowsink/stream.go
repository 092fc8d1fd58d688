package arrowsink

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/anabranch-go/anabranch/internal/resume"
	"github.com/anabranch-go/anabranch/sink"
)

// Stream is a sink that appends rows to an Arrow IPC stream: each Write is a record
// batch. It's safe for concurrent use.
//
// What a failed write has left out is written before the next batch, since a
// stream can't be read past a torn one. A stream whose process has died is the
// caller's to leave: another begins with a stream of its own.
type Stream[K, R any] struct {
	mu      sync.Mutex
	encoder *sink.Encoder[K, R]
	tree    *tree
	text    *bytes.Buffer // what the writer writes into
	writer  *ipc.Writer
	to      resume.Writer
	closed  bool
}

// NewStream makes a sink onto w. The schema goes before the first batch. Errors are
// those of [sink.SchemaOf].
func NewStream[K, R any](w io.Writer, options sink.SchemaOptions) (*Stream[K, R], error) {
	schema, err := sink.SchemaOf[K, R](options)
	if err != nil {
		return nil, err
	}
	t, err := newTree(schema.Schema)
	if err != nil {
		return nil, err
	}
	s := &Stream[K, R]{encoder: schema.Encoder(), tree: t, text: &bytes.Buffer{}, to: resume.Writer{W: w}}
	s.writer = ipc.NewWriter(s.text, ipc.WithSchema(t.schema))
	return s, nil
}

// Write implements [sink.Sink]. ErrClosed says that the stream has ended.
func (s *Stream[K, R]) Write(ctx context.Context, rows []sink.Row[K, R]) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("cannot write %d rows: %w", len(rows), ErrClosed)
	}
	// The writer counts as written what the buffer has, so nothing may be put there
	// that couldn't follow what was written before.
	if err := s.to.Resume(); err != nil {
		return err
	}
	chunk, err := s.encoder.Encode(rows)
	if err != nil {
		return err
	}
	batch := s.tree.batch(chunk.Columns, chunk.Len())
	defer batch.Release()
	if err := s.writer.Write(batch); err != nil {
		return fmt.Errorf("cannot write %d rows: %w", len(rows), err)
	}
	return s.flush(len(rows))
}

// Close ends the stream, as readers expect it. It doesn't close the writer below.
// After an error it may be called again.
func (s *Stream[K, R]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.to.Resume()
	}
	if err := s.to.Resume(); err != nil {
		return err
	}
	if err := s.writer.Close(); err != nil {
		return fmt.Errorf("cannot end the stream: %w", err)
	}
	s.closed = true
	return s.flush(0)
}

func (s *Stream[K, R]) flush(rows int) error {
	err := s.to.Append(s.text.Bytes())
	s.text.Reset()
	if err != nil {
		return fmt.Errorf("cannot write %d rows: %w", rows, err)
	}
	return nil
}
