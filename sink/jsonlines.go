package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// JSONLines makes a sink that appends rows to w: one JSON object a row, one row
// a line.
//
//	{"view":"ventas","from":"2026-11-01T10:00:00Z","to":"2026-11-01T10:05:00Z","category":"libros","sum":990,"version":17,"final":true}
//
// Between the window and the version stand the fields of the key and those of
// the value, by their json tags. A key or a value that isn't a struct, or that
// has its own form as JSON, stands under "key" or "value" instead. from and to
// are RFC 3339, and null where the window is all of time. A float64 or float32 that
// JSON has no number for (NaN, ±Inf) is null; one of a named type is an error of
// Write. A time.Duration is its nanoseconds.
//
// Nothing is ever taken back: of lines with one identity, readers take the one
// with the highest version, and of these the last.
//
// A batch is one call of w.Write, under a lock. A line that a failed write has
// torn is ended before the next batch, so readers skip lines that aren't JSON. A
// file whose last line was torn by the end of its process is the caller's to
// end.
//
// ErrNames says that two fields have one name, or that of a column of the sink;
// ErrType that a type can't be JSON.
func JSONLines[K, R any](w io.Writer) (Sink[K, R], error) {
	s := &jsonLines[K, R]{w: w, line: lineOf[K, R]()}
	// A type that can't be JSON shows by its zero value already, unless that's
	// behind a pointer, in a list or in a map.
	if err := s.append(&bytes.Buffer{}, &Row[K, R]{}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrType, err)
	}
	if err := checkNames[K, R](); err != nil {
		return nil, err
	}
	return s, nil
}

type jsonLines[K, R any] struct {
	line func(*Row[K, R]) any

	mu   sync.Mutex // guards what follows
	w    io.Writer
	torn bool // the last write has left a part of a line
}

// Write implements [Sink].
func (s *jsonLines[K, R]) Write(ctx context.Context, rows []Row[K, R]) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	lines := bytes.NewBuffer(make([]byte, 1, 1+len(rows)*160))
	lines.Bytes()[0] = '\n' // for a torn line; left out where there's none
	for i := range rows {
		if err := s.append(lines, &rows[i]); err != nil {
			return fmt.Errorf("cannot write row %d, of view %s: %w", i, rows[i].View, err)
		}
	}
	text := lines.Bytes()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.torn {
		text = text[1:]
	}
	n, err := s.w.Write(text)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if n > 0 && n <= len(text) {
		s.torn = text[n-1] != '\n'
	}
	if err != nil {
		return fmt.Errorf("cannot write %d rows: %w", len(rows), err)
	}
	return nil
}

func (s *jsonLines[K, R]) append(to *bytes.Buffer, row *Row[K, R]) error {
	if err := json.MarshalWrite(to, s.line(row), lineOptions); err != nil {
		return err
	}
	return to.WriteByte('\n')
}

// lineOptions give a form to numbers that have none in JSON, or in its package.
var lineOptions = json.WithMarshalers(json.JoinMarshalers(
	json.MarshalToFunc(func(e *jsontext.Encoder, d time.Duration) error { return e.WriteToken(jsontext.Int(int64(d))) }),
	json.MarshalToFunc(marshalFloat[float64]),
	json.MarshalToFunc(marshalFloat[float32]),
))

func marshalFloat[F float32 | float64](e *jsontext.Encoder, f F) error {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return e.WriteToken(jsontext.Null)
	}
	return errors.ErrUnsupported // so the package writes it
}
