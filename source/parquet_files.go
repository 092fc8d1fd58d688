package source

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// NewParquetFiles makes a log of the Parquet files, any writer's, whose names
// match a pattern: a data set in directories "fecha=2026-11-24" too, as [Tables]
// says. See [OpenParquet] for what can be read as what. A null where the field is
// required sends the event to quarantine; a column that is required and missing,
// in the path too, is [ErrColumn].
//
// A reader holds the compressed columns of one row group; where the file system
// can't read at an offset, a whole file.
func NewParquetFiles[E any](fsys fs.FS, pattern string, opts TablesOptions[E]) (*Tables[E], error) {
	return NewTables[E](fsys, pattern, parquetFormat[E]{}, opts)
}

type parquetFormat[E any] struct{}

// Name implements [TableFormat].
func (parquetFormat[E]) Name() string { return "parquet" }

// Open implements [TableFormat].
func (parquetFormat[E]) Open(file fs.File, options TableOptions) (Table[E], error) {
	footer, err := openFooter(file, options)
	if err != nil {
		return nil, err
	}
	r, err := newParquetReader[E](footer, ParquetOptions{Schema: options.Schema, Columns: options.Columns,
		ChunkRows: options.ChunkRows, Base: options.Base, Quarantine: true, numbered: true, limits: options.Limits})
	if err != nil {
		return nil, err
	}
	return parquetTable[E]{r, file}, nil
}

func openFooter(file fs.File, options TableOptions) (*columnar.File, error) {
	if at, ok := file.(io.ReaderAt); ok {
		return columnar.OpenAt(options.Name, at, options.Size)
	}
	body, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", options.Name, err)
	}
	return columnar.Open(options.Name, body)
}

type parquetTable[E any] struct {
	*ParquetReader[E]
	file fs.File
}

// Has implements [Table].
func (t parquetTable[E]) Has(column int) bool {
	_, ok := t.ParquetReader.file.Find(t.chunk.Schema.Columns[column].Path)
	return ok
}

// groupRows implements grouped.
func (t parquetTable[E]) groupRows() []int64 {
	rows := make([]int64, t.ParquetReader.file.Groups())
	for i := range rows {
		rows[i] = t.ParquetReader.file.GroupRows(i)
	}
	return rows
}

// endAt implements grouped.
func (t parquetTable[E]) endAt(offset int64) { t.end = offset }

// Skip implements [Table]. It goes on to the row group that has the offset.
func (t parquetTable[E]) Skip(offset int64) { t.skipGroups(offset) }

// Close implements [Table].
func (t parquetTable[E]) Close() error { return t.file.Close() }
