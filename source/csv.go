package source

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// CSVOptions are the options of [CSV].
type CSVOptions struct {
	// Comma is what separates cells; ',' if 0.
	Comma rune
	// TimeLayout is the layout of times, as package time writes it; RFC 3339 if
	// empty.
	TimeLayout string
	// Location is where times without a zone are local; UTC if nil. Where clocks
	// go back, a time that comes twice is what [time.ParseInLocation] makes of it.
	Location *time.Location
}

// CSV is the format of files with comma-separated values, whose first row names
// the columns. Names that no column has are passed over; a column that the file
// doesn't name is null, and if it isn't nullable the file is refused. Cells may
// be quoted and hold commas, quotes and line ends then.
//
//   - An empty cell is null, and the empty text, list or map where the column
//     isn't nullable. A number, bool or time that isn't nullable can't be empty,
//     nor what is required.
//   - Numbers are exact: 17850.0 is an integer, 17850.5 isn't. A decimal has at
//     most its scale's digits after the point, but for zeros.
//   - Bools are what [strconv.ParseBool] reads. Lists and maps are JSON.
//   - Invalid UTF-8 is replaced, as everywhere.
//
// A row with more or fewer cells than the first, or a stray quote, goes to
// quarantine.
func CSV[E any](opts CSVOptions) Format[E] {
	if opts.Comma == 0 {
		opts.Comma = ','
	}
	if opts.TimeLayout == "" {
		opts.TimeLayout = time.RFC3339
	}
	if opts.Location == nil {
		opts.Location = time.UTC
	}
	return csvFormat[E]{opts}
}

type csvFormat[E any] struct{ opts CSVOptions }

// Open implements [Format].
func (f csvFormat[E]) Open(name string, file io.Reader, schema *Schema) (Records[E], error) {
	r := &csvRecords[E]{csvFormat: f, name: name, tape: tape{file: text(file)}}
	r.rows = csv.NewReader(&r.tape)
	r.rows.Comma, r.rows.FieldsPerRecord, r.rows.ReuseRecord = f.opts.Comma, -1, true
	header, err := r.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: no header", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read the header: %w", name, err)
	}
	if r.columns, err = csvColumns(header, schema); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r.tape.cut(r.rows.InputOffset())
	return r, nil
}

// csvColumns gives the schema's column for each cell, or -1.
func csvColumns(header []string, schema *Schema) ([]int, error) {
	columns, found := make([]int, len(header)), make([]bool, len(schema.Columns))
	for i, name := range header {
		column, ok := schema.Lookup(name)
		switch {
		case !ok:
			columns[i] = -1
			continue
		case found[column]:
			return nil, fmt.Errorf("%w: the header names %q twice", ErrSchema, name)
		}
		columns[i], found[column] = column, true
	}
	for i, c := range schema.Columns {
		if !found[i] && !c.Nullable {
			return nil, fmt.Errorf("%w: the header doesn't name the column %q", ErrSchema, c.Name)
		}
	}
	return columns, nil
}

type csvRecords[E any] struct {
	csvFormat[E]
	name    string
	tape    tape
	rows    *csv.Reader
	columns []int // by cell
}

// Next implements [Records].
func (r *csvRecords[E]) Next(b *Builder[E], offset int64) error {
	cells, line, err := r.next()
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		err = fmt.Errorf("%w: %w", ErrValue, broken.Err)
	case err != nil:
		return errAt(r.name, line, err)
	default:
		err = r.decode(cells, b)
	}
	b.take(err, offset, r.tape.record()).locate(r.name, line)
	return nil
}

// Skip implements [Records].
func (r *csvRecords[E]) Skip() error {
	_, line, err := r.next()
	if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
		return nil
	}
	return errAt(r.name, line, err)
}

func (r *csvRecords[E]) next() (cells []string, line int, err error) {
	cells, err = r.rows.Read()
	r.tape.cut(r.rows.InputOffset())
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		return nil, broken.StartLine, err
	case err != nil:
		return nil, r.tape.lines(), err
	}
	line, _ = r.rows.FieldPos(0)
	return cells, line, nil
}

func (r *csvRecords[E]) decode(cells []string, b *Builder[E]) error {
	if len(cells) != len(r.columns) {
		return fmt.Errorf("%w: %d cells where the header has %d", ErrValue, len(cells), len(r.columns))
	}
	for i, cell := range cells {
		column := r.columns[i]
		if column < 0 {
			continue
		}
		c := &b.columns[column]
		if err := r.cell(c, cell); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return nil
}

func (r *csvRecords[E]) cell(c *columnBuilder, text string) error {
	if text == "" {
		if !c.Nullable && !c.Kind.text() {
			return fmt.Errorf("%w: an empty cell where a %s belongs", ErrValue, c.Kind)
		}
		return c.missing()
	}
	switch c.Kind {
	case String:
		c.text(text)
	case Opaque:
		canonical, err := canonicalOpaque([]byte(text), c.typ)
		if err != nil {
			return err
		}
		c.text(canonical)
	case Float:
		return parseFloat(c, text)
	case Bool:
		v, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%w: %s is no bool", ErrValue, brief(text))
		}
		addBool(c, v)
	case Time:
		at, err := time.ParseInLocation(r.opts.TimeLayout, text, r.opts.Location)
		if err != nil {
			return fmt.Errorf("%w: %s is no time like %q", ErrValue, brief(text), r.opts.TimeLayout)
		}
		return addTime(c, at)
	default:
		return parseInt(c, text)
	}
	return nil
}

// tape passes a file on and keeps what was read since the last record began, so
// that a row can go to quarantine as it stood there.
type tape struct {
	file  io.Reader
	kept  []byte
	base  int64 // the offset of kept[0] in the file
	start int64 // of the record
	end   int64
	line  int // line ends before start
}

func (t *tape) Read(p []byte) (int, error) {
	if int64(len(t.kept))-(t.end-t.base) > maxRecord {
		return 0, errRecordSize
	}
	n, err := t.file.Read(p)
	t.kept = append(t.kept, p[:n]...)
	return n, err
}

// cut says that a record ended at an offset.
func (t *tape) cut(end int64) {
	t.start, t.end = t.end, end
	if past := t.start - t.base; past > 64<<10 {
		t.line += bytes.Count(t.kept[:past], []byte{'\n'})
		t.kept = append(t.kept[:0], t.kept[past:]...)
		t.base = t.start
	}
}

// record is the last record's bytes, without blank lines around it.
func (t *tape) record() []byte { return bytes.Trim(t.kept[t.start-t.base:t.end-t.base], "\r\n") }

// lines is the number of lines read.
func (t *tape) lines() int { return t.line + bytes.Count(t.kept, []byte{'\n'}) + 1 }
