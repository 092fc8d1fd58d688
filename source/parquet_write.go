package source

import (
	"fmt"

	"github.com/anabranch-go/anabranch/internal/columnar"
	"github.com/parquet-go/parquet-go/format"
)

// The columns that event files have besides the schema's: where each event was
// in the log.
const (
	partitionColumn = "_partition"
	offsetColumn    = "_offset"
)

// A row group ends at either bound, and with it the memory that a writer takes.
const (
	parquetGroupRows  = 1 << 17
	parquetGroupBytes = 64 << 20
)

// ParquetWriter collects chunks into one Parquet file: the schema's columns,
// nested structs as groups, then _partition and _offset. Equal events in equal
// order give equal bytes, however they were cut into chunks. It's not safe for
// concurrent use.
//
// Integers and bools are INT64 and BOOLEAN, floats DOUBLE, texts UTF8, times
// TIMESTAMP in µs and UTC, decimals DECIMAL(18, scale) on INT64, lists and maps
// JSON text. Optionals are OPTIONAL, all else REQUIRED.
type ParquetWriter[E any] struct {
	schema     *Schema
	file       *columnar.Writer
	columns    []parquetBuffer
	partitions []int64
	offsets    []int64
	data       []columnar.Data
	rows       int64
	groupRows  int
	bare       bool // the rows are of no log
}

// NewParquetWriter makes a writer. Errors are those of columns that can't be in
// one file, such as two whose paths cross.
func NewParquetWriter[E any](schema *Schema) (*ParquetWriter[E], error) {
	return newParquetWriter[E](schema, false)
}

// NewParquetTable makes a writer of a file that has the schema's columns alone:
// one of rows that have no place in a log. [OpenParquet] numbers them.
func NewParquetTable[E any](schema *Schema) (*ParquetWriter[E], error) {
	return newParquetWriter[E](schema, true)
}

func newParquetWriter[E any](schema *Schema, bare bool) (*ParquetWriter[E], error) {
	columns := make([]columnar.Column, 0, len(schema.Columns)+2)
	for i := range schema.Columns {
		columns = append(columns, parquetColumn(&schema.Columns[i]))
	}
	if !bare {
		columns = append(columns,
			columnar.Column{Path: []string{partitionColumn}, Type: format.Int32},
			columnar.Column{Path: []string{offsetColumn}, Type: format.Int64, Rising: true})
	}
	file, err := columnar.NewWriter(columns)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	w := &ParquetWriter[E]{schema: schema, file: file, groupRows: parquetGroupRows, bare: bare,
		columns: make([]parquetBuffer, len(schema.Columns)), data: make([]columnar.Data, len(columns))}
	for i := range w.columns {
		w.columns[i].column = &schema.Columns[i]
	}
	return w, nil
}

func parquetColumn(c *Column) columnar.Column {
	out := columnar.Column{Path: c.Path, Type: format.Int64, Optional: c.Nullable}
	switch c.Kind {
	case Bool:
		out.Type = format.Boolean
	case Float:
		out.Type = format.Double
	case String:
		out.Type, out.Logical = format.ByteArray, new(format.StringType)
	case Opaque:
		out.Type, out.Logical = format.ByteArray, new(format.JsonType)
	case Time:
		out.Logical, out.Rising = columnar.Micros(), true
	case Decimal:
		out.Logical = &format.DecimalType{Scale: int32(c.Scale), Precision: 18}
	}
	return out
}

// Write adds a chunk's events. It copies them. Every column must have been read.
func (w *ParquetWriter[E]) Write(chunk *Chunk[E]) error {
	if len(chunk.Columns) != len(w.columns) {
		return fmt.Errorf("%w: a chunk of %d columns into a file of %d", ErrSchema, len(chunk.Columns), len(w.columns))
	}
	if err := chunk.Check(); err != nil {
		return err
	}
	for i := range chunk.Columns {
		if c := w.columns[i].column; chunk.Columns[i].Kind != c.Kind {
			return fmt.Errorf("%w: column %s is a %s, and the chunk's a %s", ErrSchema, c.Name, c.Kind, chunk.Columns[i].Kind)
		}
	}
	for from := 0; from < chunk.Len(); {
		to := min(chunk.Len(), from+w.groupRows-len(w.offsets))
		for i := range w.columns {
			w.columns[i].append(&chunk.Columns[i], from, to)
		}
		w.offsets, w.partitions = room(w.offsets, to-from), room(w.partitions, to-from)
		w.offsets = append(w.offsets, chunk.Offsets[from:to]...)
		for range to - from {
			w.partitions = append(w.partitions, int64(chunk.Partition))
		}
		from = to
		if len(w.offsets) >= w.groupRows || w.buffered() >= parquetGroupBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	w.rows += int64(chunk.Len())
	return nil
}

// Rows is the number of events so far.
func (w *ParquetWriter[E]) Rows() int64 { return w.rows }

// Size is about how many bytes the file would have if it were closed now. What
// isn't compressed yet is taken as a quarter of itself.
func (w *ParquetWriter[E]) Size() int64 { return int64(w.file.Size() + w.buffered()/4) }

// Close gives the finished file's bytes. The writer can't be used after.
func (w *ParquetWriter[E]) Close() ([]byte, error) {
	if len(w.offsets) > 0 {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	what := "events/1"
	if w.bare {
		what = "rows/1"
	}
	return w.file.Close(format.KeyValue{Key: "anabranch.format", Value: what})
}

func (w *ParquetWriter[E]) buffered() int {
	size := 12 * len(w.offsets)
	for i := range w.columns {
		size += w.columns[i].size()
	}
	return size
}

func (w *ParquetWriter[E]) flush() error {
	n := len(w.columns)
	for i := range w.columns {
		w.data[i] = w.columns[i].data()
	}
	if !w.bare {
		w.data[n], w.data[n+1] = columnar.Data{Ints: w.partitions}, columnar.Data{Ints: w.offsets}
	}
	if err := w.file.WriteGroup(len(w.offsets), w.data); err != nil {
		return err
	}
	w.partitions, w.offsets = w.partitions[:0], w.offsets[:0]
	for i := range w.columns {
		w.columns[i].reset()
	}
	return nil
}
