// Package resume appends whole texts to writers that may fail half-way.
package resume

import (
	"fmt"
	"io"
	"slices"
)

// Writer appends texts to W so that none is left torn while the process lives:
// what a failed write hasn't written goes first the next time. It's not safe for
// concurrent use.
type Writer struct {
	W    io.Writer
	rest []byte // of texts that were torn
}

// Append writes the rest of the texts before, then this one. After an error the
// text may be written later all the same, unless the error came before it.
func (w *Writer) Append(text []byte) error {
	if err := w.Resume(); err != nil {
		return err
	}
	n, err := write(w.W, text)
	if err != nil {
		w.rest = slices.Clone(text[n:])
	}
	return err
}

// Resume writes the rest of the texts before alone.
func (w *Writer) Resume() error {
	if len(w.rest) == 0 {
		return nil
	}
	n, err := write(w.W, w.rest)
	w.rest = w.rest[n:]
	if err != nil {
		return fmt.Errorf("cannot go on after a write that failed: %w", err)
	}
	return nil
}

func write(w io.Writer, text []byte) (int, error) {
	n, err := w.Write(text)
	n = min(max(n, 0), len(text))
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	return n, err
}
