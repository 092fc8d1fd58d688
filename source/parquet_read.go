package source

import (
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// ParquetOptions are the options of [OpenParquet].
type ParquetOptions struct {
	// Schema is E's, by which the file was written; that of [SchemaOf] if nil.
	Schema *Schema
	// Columns are the schema columns to read; all if nil. The others are Invalid
	// in the chunks.
	Columns []int
	// ChunkRows is the number of events in a chunk at most; 4096 if 0.
	ChunkRows int
	// Partition is the chunks' partition.
	Partition int
	// Base is the first event's offset, in a file without a column of offsets.
	Base int64
	// Quarantine sends events that have a value which doesn't fit its field to the
	// chunks' quarantine. Else such a value is an error, as it should be in a file
	// that was written from the same fields.
	Quarantine bool

	numbered bool // offsets are row numbers, whatever the file says
	limits   func(column int) (Limits, bool)
}

// ParquetReader reads one Parquet file. It's not safe for concurrent use.
//
// Any writer's files will do. Columns are found by their paths: what the file
// lacks reads as null, or as zero where the field can't be null; what E lacks is
// left out; what has another type is ErrColumn. A null in a field that can't be
// null is zero, as in JSON.
//
//   - An integer is read from integers of any width, and from decimals without
//     digits after the point; a float from floats of both widths and decimals.
//   - A decimal is read from decimals with as many digits after the point as it
//     has, or fewer. One that doesn't fit 64 bits is an error.
//   - A time is read from timestamps of any unit, rounded down to µs, INT96 too, and
//     from dates, as their midnight. One without a zone is taken as UTC.
//   - Columns that E doesn't name may be lists, maps or anything else.
type ParquetReader[E any] struct {
	file    *columnar.File
	options ParquetOptions
	columns []*columnReader // by schema column; nil where it isn't read
	offsets *columnReader   // nil where the file has none
	group   int             // the next row group
	base    int64           // the offset of its first row, where the file has none
	end     int64           // row groups from this offset on aren't entered, unless it's 0
	row     int64           // the next row of the current one
	wanted  []rowRange      // of its rows, the first where row is or after it
	next    int64           // the next offset, where the file has none
	chunk   Chunk[E]
	bad     []Quarantined // by row; Reason is empty where it's sound
	ahead   ahead[E]
}

// OpenParquet opens a whole file in memory, which must not change while it's
// read. name goes into errors: [ErrColumn], or those of bytes that aren't a sound
// Parquet file.
func OpenParquet[E any](name string, body []byte, options ParquetOptions) (*ParquetReader[E], error) {
	file, err := columnar.Open(name, body)
	if err != nil {
		return nil, fmt.Errorf("cannot open %w", err)
	}
	return newParquetReader[E](file, options)
}

func newParquetReader[E any](file *columnar.File, options ParquetOptions) (*ParquetReader[E], error) {
	schema, err := options.Schema, error(nil)
	if schema == nil {
		schema, err = SchemaOf[E]()
	}
	if err != nil {
		return nil, err
	}
	if typ := reflect.TypeFor[E](); schema.typ != typ {
		return nil, fmt.Errorf("%w: a reader of %s with the schema of %s", ErrOptions, typ, schema.typ)
	}
	if options.ChunkRows < 0 {
		return nil, fmt.Errorf("%w: chunks of %d rows", ErrOptions, options.ChunkRows)
	}
	if options.ChunkRows == 0 {
		options.ChunkRows = DefaultChunkRows
	}
	r := &ParquetReader[E]{file: file, options: options, base: options.Base, columns: make([]*columnReader, len(schema.Columns))}
	r.chunk = Chunk[E]{Schema: schema, Partition: options.Partition}
	wanted := options.Columns
	if wanted == nil {
		for i := range schema.Columns {
			wanted = append(wanted, i)
		}
	}
	for _, i := range wanted {
		if i < 0 || i >= len(schema.Columns) {
			return nil, fmt.Errorf("%w: there is no column %d", ErrOptions, i)
		}
		if r.columns[i], err = newColumnReader(file, &schema.Columns[i], options.numbered); err != nil {
			return nil, err
		}
	}
	r.ahead.limit(r.columns, options.limits, options.ChunkRows)
	if _, ok := file.Find([]string{offsetColumn}); ok && !options.numbered {
		r.offsets, err = newColumnReader(file, &Column{Name: offsetColumn, Path: []string{offsetColumn}, Kind: Int, typ: int64Type}, false)
	}
	return r, err
}

// Rows is the number of events in the file, sound or not.
func (r *ParquetReader[E]) Rows() int64 { return r.file.Rows }

// Next gives the next events, io.EOF after the last. The chunk and its memory
// are the caller's until the next call; texts may be kept.
func (r *ParquetReader[E]) Next() (*Chunk[E], error) {
	n, err := r.nextRows()
	if err != nil {
		return nil, err
	}
	c, a := &r.chunk, &r.ahead
	*c = Chunk[E]{Schema: c.Schema, Partition: c.Partition, Offsets: c.Offsets, Columns: make([]Vector, len(r.columns))}
	r.bad = append(r.bad[:0], a.bad[min(a.at, len(a.bad)):min(a.at+n, len(a.bad))]...)
	for _, column := range a.columns {
		c.Columns[column.place] = column.vector.slice(a.at, a.at+n)
	}
	for i, column := range r.columns {
		if column == nil || a.has(column) {
			continue
		}
		if c.Columns[i], err = column.read(n, r.reject); err != nil {
			return nil, err
		}
	}
	if err := r.readOffsets(n); err != nil {
		return nil, err
	}
	r.row += int64(n)
	a.at += n
	r.quarantine()
	return c, nil
}

// nextRows goes to the next rows that can be wanted, and gives their number.
func (r *ParquetReader[E]) nextRows() (int, error) {
	for {
		if r.ahead.at == r.ahead.n {
			if err := r.readAhead(); err != nil {
				return 0, err
			}
		}
		from, to := r.ahead.run()
		r.passOver(int64(from-r.ahead.at), true)
		if r.ahead.at = from; from < to {
			return to - from, nil
		}
	}
}

// readAhead reads the columns that limits are on of the next rows, a chunk's.
func (r *ParquetReader[E]) readAhead() error {
	for len(r.wanted) == 0 {
		if r.group == r.file.Groups() || r.end > 0 && r.base >= r.end {
			return io.EOF
		}
		if err := r.openGroup(); err != nil {
			return err
		}
	}
	next := &r.wanted[0]
	r.passOver(next.from-r.row, false)
	n := int(min(next.to-next.from, int64(r.options.ChunkRows)))
	r.bad = r.bad[:0]
	for _, c := range r.ahead.columns {
		var err error
		if c.vector, err = c.read(n, r.reject); err != nil {
			return err
		}
	}
	r.ahead.bad = append(r.ahead.bad[:0], r.bad...)
	r.ahead.n, r.ahead.at = n, 0
	r.ahead.test()
	if next.from += int64(n); next.from == next.to {
		r.wanted = r.wanted[1:]
	}
	return nil
}

// passOver passes over the next rows of the row group, which were read ahead or not.
// Columns go there when they are read next, if they are.
func (r *ParquetReader[E]) passOver(n int64, readAhead bool) {
	for _, column := range r.all() {
		if !readAhead || !r.ahead.has(column) {
			column.behind += n
		}
	}
	r.row += n
	r.next += n
}

// all gives the columns that are read, and that of the offsets.
func (r *ParquetReader[E]) all() (columns []*columnReader) {
	for _, column := range append(r.columns[:len(r.columns):len(r.columns)], r.offsets) {
		if column != nil {
			columns = append(columns, column)
		}
	}
	return columns
}

// skipGroups goes on to the row group that has an offset, or to the end.
func (r *ParquetReader[E]) skipGroups(offset int64) {
	for r.group < r.file.Groups() && r.base+r.file.GroupRows(r.group) <= offset {
		r.base += r.file.GroupRows(r.group)
		r.group++
	}
	r.next = r.base
}

// openGroup enters the next row group, if any of it may be wanted.
func (r *ParquetReader[E]) openGroup() (err error) {
	group := r.group
	r.group, r.row, r.next = group+1, 0, r.base
	r.base += r.file.GroupRows(group)
	if r.wanted, err = r.wantedRows(group); err != nil || len(r.wanted) == 0 {
		return err
	}
	if r.file.GroupRows(group) == 0 {
		r.wanted = nil
		return nil
	}
	for _, column := range r.all() {
		if err := column.open(group); err != nil {
			return err
		}
	}
	return nil
}

// readOffsets gives the chunk's rows their offsets, which must rise.
func (r *ParquetReader[E]) readOffsets(n int) error {
	c := &r.chunk
	if r.offsets == nil {
		c.Offsets = slices.Grow(c.Offsets[:0], n)[:n]
		number(c.Offsets, r.next)
		c.From, c.Next = r.next, r.next+int64(n)
		r.next = c.Next
		return nil
	}
	v, err := r.offsets.read(n, func(_ int, _ *Column, what string) error {
		return fmt.Errorf("%s: column %s: %s", r.file.Name, offsetColumn, what)
	})
	if err != nil {
		return err
	}
	for i := 1; i < n; i++ {
		if v.Ints[i] <= v.Ints[i-1] {
			return fmt.Errorf("%s: offset %d after %d", r.file.Name, v.Ints[i], v.Ints[i-1])
		}
	}
	c.Offsets, c.From, c.Next = v.Ints, v.Ints[0], v.Ints[n-1]+1
	return nil
}

// number fills offsets with the numbers from first on.
func number(offsets []int64, first int64) {
	for len(offsets) >= 4 {
		o := offsets[:4:4]
		o[0], o[1], o[2], o[3] = first, first+1, first+2, first+3
		offsets, first = offsets[4:], first+4
	}
	for i := range offsets {
		offsets[i] = first + int64(i)
	}
}

// reject notes that a row of the chunk has a value that doesn't fit.
func (r *ParquetReader[E]) reject(row int, c *Column, what string) error {
	at := r.row + int64(row)
	for i := range r.group - 1 {
		at += r.file.GroupRows(i)
	}
	reason := fmt.Sprintf("%s: row %d: column %s: %s", r.file.Name, at, c.Name, what)
	if !r.options.Quarantine {
		return fmt.Errorf("%w: %s", ErrValue, reason)
	}
	for len(r.bad) <= row {
		r.bad = append(r.bad, Quarantined{})
	}
	if r.bad[row].Reason == "" {
		r.bad[row] = Quarantined{Raw: []byte(what), Reason: reason}
	}
	return nil
}

// quarantine takes the rejected rows out of the chunk.
func (r *ParquetReader[E]) quarantine() {
	if len(r.bad) == 0 {
		return
	}
	c := &r.chunk
	keep := make([]bool, c.Len())
	setAll(keep, true)
	for i, q := range r.bad {
		if q.Reason != "" {
			keep[i] = false
			q.Offset = c.Offsets[i]
			c.Quarantine = append(c.Quarantine, q)
		}
	}
	c.Offsets = compact(c.Offsets, keep)
	for i := range c.Columns {
		v := &c.Columns[i]
		v.Ints, v.Floats, v.Codes, v.Valid = compact(v.Ints, keep), compact(v.Floats, keep), compact(v.Codes, keep), compact(v.Valid, keep)
	}
}

// compact keeps some of values, in place. Nil stays nil.
func compact[T any](values []T, keep []bool) []T {
	out := values[:0]
	for i, v := range values {
		if keep[i] {
			out = append(out, v)
		}
	}
	return out
}
