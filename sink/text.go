package sink

import (
	"context"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/anabranch-go/anabranch/internal/resume"
	"github.com/anabranch-go/anabranch/source"
)

// texts is a sink that appends rows as text, batch by batch.
type texts[K, R any] struct {
	// line appends row i of a chunk.
	line func(to []byte, chunk []source.Vector, i int) []byte

	mu      sync.Mutex // guards what follows
	encoder *Encoder[K, R]
	head    []byte // goes before the first row
	to      resume.Writer
	text    []byte // memory that's used again
}

func newTexts[K, R any](w io.Writer, schema *Schema[K, R]) *texts[K, R] {
	return &texts[K, R]{encoder: schema.Encoder(), to: resume.Writer{W: w}}
}

// Write implements [Sink].
func (s *texts[K, R]) Write(ctx context.Context, rows []Row[K, R]) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	chunk, err := s.encoder.Encode(rows)
	if err != nil {
		return err
	}
	text := append(s.text[:0], s.head...)
	for i := range rows {
		text = s.line(text, chunk.Columns, i)
	}
	if cap(text) <= 1<<20 {
		s.text = text
	}
	if err := s.to.Resume(); err != nil {
		return err
	}
	s.head = nil // the writer has it from here on
	if err := s.to.Append(text); err != nil {
		return fmt.Errorf("cannot write %d rows: %w", len(rows), err)
	}
	return nil
}

// appendNumber appends a bool, an integer or a decimal.
func appendNumber(to []byte, c *source.Column, v int64) []byte {
	switch {
	case c.Kind == source.Bool:
		return strconv.AppendBool(to, v != 0)
	case c.Kind == source.Decimal && c.Scale > 0:
		return appendDecimal(to, v, c.Scale)
	}
	return strconv.AppendInt(to, v, 10)
}

// appendDecimal appends units of 10^-scale with all of the scale's digits.
func appendDecimal(to []byte, units int64, scale int) []byte {
	size := uint64(units)
	if units < 0 {
		to = append(to, '-')
		size = -size // of the smallest integer too
	}
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], size, 10)
	if missing := scale + 1 - len(text); missing > 0 {
		const zeros = "0000000000000000000"
		to = append(to, zeros[:missing]...)
	}
	at := len(to) + len(text) - scale
	to = append(to, text...)
	to = append(to, 0)
	copy(to[at+1:], to[at:])
	to[at] = '.'
	return to
}

// appendFloat appends a finite number with as many digits as tell it apart, in
// the form that JSON has from JavaScript: ECMA-262, Number::toString.
func appendFloat(to []byte, c *source.Column, f float64) []byte {
	bits := 64
	if c.GoType().Kind() == reflect.Float32 {
		bits = 32
	}
	if size := math.Abs(f); size == 0 || 1e-6 <= size && size < 1e21 {
		return strconv.AppendFloat(to, f, 'f', -1, bits)
	}
	from := len(to)
	to = strconv.AppendFloat(to, f, 'e', -1, bits)
	if n := len(to); n-from >= 4 && to[n-3] == '-' && to[n-2] == '0' { // e-09 is e-9
		to[n-2] = to[n-1]
		to = to[:n-1]
	}
	return to
}

func appendTime(to []byte, us int64) []byte {
	return source.FromMicros(us).AppendFormat(to, time.RFC3339Nano)
}
