package redissink

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/anabranch-go/anabranch/sink"
)

// firstKey is the column after the view and the window, where the key begins.
const firstKey = 3

// write is a row as the script takes it.
type write struct {
	keyed   string // what the names of its keys begin with
	row     string // the name of its hash
	version int64
	args    []any
	bytes   int // about
}

func (w *write) keys() []string {
	return []string{w.row, w.row + tombstone, w.keyed + latest, w.keyed + windows}
}

// texts turns rows into the cells of [sink.CSV]: one form of values in all sinks
// that write texts.
type texts[K, R any] struct {
	mu   sync.Mutex // guards what follows
	text bytes.Buffer
	csv  sink.Sink[K, R]
}

func newTexts[K, R any](options sink.SchemaOptions) (*texts[K, R], error) {
	t := &texts[K, R]{}
	var err error
	t.csv, err = sink.CSV[K, R](&t.text, sink.CSVOptions{Schema: options, NoHeader: true})
	return t, err
}

// lines gives the lines of rows. They're made of valid cells alone.
func (t *texts[K, R]) lines(rows []sink.Row[K, R]) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.text.Reset()
	if err := t.csv.Write(context.Background(), rows); err != nil { // it's memory that it writes to
		return "", err
	}
	return t.text.String(), nil
}

// cell is a column's value as text.
type cell struct {
	text string
	null bool
}

// cutCell takes the first cell off lines, with the comma or the line's end after it.
func cutCell(lines string) (c cell, rest string) {
	if !strings.HasPrefix(lines, `"`) {
		end := strings.IndexAny(lines, ",\n")
		return cell{lines[:end], end == 0}, lines[end+1:]
	}
	for at := 1; ; {
		at += strings.IndexByte(lines[at:], '"')
		if lines[at+1] != '"' {
			return cell{text: strings.ReplaceAll(lines[1:at], `""`, `"`)}, lines[at+2:]
		}
		at += 2
	}
}

// writes gives what's to be written of rows: of each identity the row that holds,
// so that it doesn't matter in which order a pipeline's parts are tried again. The
// second result is how many rows have passed their retention.
func (s *Sink[K, R]) writes(rows []sink.Row[K, R]) ([]write, int, error) {
	lines, err := s.texts.lines(rows)
	if err != nil {
		return nil, 0, err
	}
	out := make([]write, 0, len(rows))
	index := make(map[string]int, len(rows))
	cells := make([]cell, len(s.schema.Columns))
	now, expired := time.Now(), 0
	for i := range rows {
		for c := range cells {
			cells[c], lines = cutCell(lines)
		}
		row := &rows[i]
		expiry, keep := s.expiry(row, now)
		if !keep {
			expired++
			continue
		}
		w, err := s.write(row, cells, expiry)
		if err != nil {
			return nil, 0, err
		}
		switch at, known := index[w.row]; {
		case !known:
			index[w.row] = len(out)
			out = append(out, w)
		case w.version >= out[at].version:
			out[at] = w
		}
	}
	return out, expired, nil
}

// one is the write of a row alone, whatever its retention.
func (s *Sink[K, R]) one(row *sink.Row[K, R]) (w write, err error) {
	lines, err := s.texts.lines([]sink.Row[K, R]{*row})
	if err != nil {
		return w, err
	}
	cells := make([]cell, len(s.schema.Columns))
	for c := range cells {
		cells[c], lines = cutCell(lines)
	}
	return s.write(row, cells, "")
}

// expiry is when a row ends, in milliseconds, empty if never; false says that it
// has.
func (s *Sink[K, R]) expiry(row *sink.Row[K, R], now time.Time) (string, bool) {
	if s.retention == 0 || row.Window.Start.IsZero() && row.Window.End.IsZero() {
		return "", true
	}
	end := row.Window.End.Add(s.retention)
	return strconv.FormatInt(end.UnixMilli(), 10), end.After(now)
}

// write makes the write of a row. The score of a window is exact from 1684 to 2255,
// as a double holds 53 bits.
func (s *Sink[K, R]) write(row *sink.Row[K, R], cells []cell, expiry string) (w write, err error) {
	if row.View == "" {
		return w, fmt.Errorf("%w: a row has no view, which its keys are named by", sink.ErrValue)
	}
	w = write{keyed: s.keyed(cells), version: row.Version}
	name, start := windowName(cells), "-inf"
	if name != always {
		start = strconv.FormatInt(row.Window.Start.UnixMicro(), 10)
	}
	w.row = w.keyed + name
	columns := s.schema.Columns
	w.args = make([]any, 0, 5+2*len(columns))
	add := func(texts ...string) {
		for _, text := range texts {
			w.args = append(w.args, text)
			w.bytes += len(text) + 16
		}
	}
	add(cells[s.schema.Version].text, name, start, expiry, columns[s.schema.Version].Name)
	w.bytes += 4*len(w.row) + 128
	if row.Removed {
		return w, nil
	}
	for i := range columns[:len(columns)-1] { // the last one says removed=false
		if !cells[i].null {
			add(columns[i].Name, cells[i].text)
		}
	}
	return w, nil
}
