package kafkasink

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/sink"
)

// encoder makes records of rows.
type encoder[K, R any] struct {
	members int // of a row's JSON object that are its identity, from the first

	mu    sync.Mutex      // guards what follows
	lines sink.Sink[K, R] // writes into text
	text  []byte
}

func newEncoder[K, R any](options sink.SchemaOptions) (*encoder[K, R], error) {
	schema, err := sink.SchemaOf[K, R](options)
	if err != nil {
		return nil, err
	}
	e := &encoder[K, R]{}
	for i, c := range schema.Columns[:schema.Identity] {
		if i == 0 || schema.Columns[i-1].Path[0] != c.Path[0] { // else it's in the same group
			e.members++
		}
	}
	e.lines, err = sink.JSONLines[K, R](e, options)
	return e, err
}

// linedAtOnce is how many rows are made lines at a time: as many as leave the memory
// for their text small enough to be used again. All at once takes twice as long.
const linedAtOnce = 1000

// Write implements io.Writer, for the lines of one batch.
func (e *encoder[K, R]) Write(p []byte) (int, error) {
	e.text = append(e.text, p...)
	return len(p), nil
}

// lined gives rows as lines of JSON.
func (e *encoder[K, R]) lined(ctx context.Context, rows []sink.Row[K, R]) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text = nil // the client has the last one
	for from := 0; from < len(rows); from += linedAtOnce {
		if err := e.lines.Write(ctx, rows[from:min(from+linedAtOnce, len(rows))]); err != nil {
			return nil, fmt.Errorf("of the rows from %d on: %w", from, err)
		}
		if from == 0 {
			e.text = slices.Grow(e.text, len(e.text)*len(rows)/min(len(rows), linedAtOnce))
		}
	}
	return e.text, nil
}

// records gives a record of each identity's row that holds.
func (e *encoder[K, R]) records(ctx context.Context, topic string, rows []sink.Row[K, R]) ([]*kgo.Record, error) {
	text, err := e.lined(ctx, rows)
	if err != nil {
		return nil, err
	}
	keys := make([]byte, 0, len(text)) // is never too short, so that no key moves
	all := make([]kgo.Record, len(rows))
	records := make([]*kgo.Record, 0, len(rows))
	holding := make(map[string]int, len(rows)) // the record of a key
	of := make([]int, 0, len(rows))            // the row of a record
	for i := range rows {
		end := bytes.IndexByte(text, '\n')
		value := text[:end:end]
		text = text[end+1:]
		from := len(keys)
		keys = append(append(keys, value[:identity(value, e.members)]...), '}')
		key := keys[from:len(keys):len(keys)]
		known, ok := holding[string(key)]
		switch {
		case !ok:
			holding[string(key)] = len(records)
			all[i] = kgo.Record{Topic: topic, Key: key, Value: value}
			records, of = append(records, &all[i]), append(of, i)
		case rows[i].Version >= rows[of[known]].Version:
			records[known].Value, of[known] = value, i
		}
	}
	return records, nil
}

// identity is where the first members of a JSON object end, of which there are more.
func identity(object []byte, members int) int {
	depth, quoted := 0, false
	for i := 0; i < len(object); i++ {
		switch c := object[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ',' && depth == 1:
			if members--; members == 0 {
				return i
			}
		}
	}
	return len(object)
}
