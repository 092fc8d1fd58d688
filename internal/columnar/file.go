package columnar

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go/format"
)

const magic = "PAR1"

// maxRowsPerByte bounds the rows that a file may claim. A row of a constant
// column takes next to nothing, but a million of them take a few hundred bytes
// of page and footer.
const maxRowsPerByte = 1 << 13

// Leaf is a column of a file, as its schema has it.
type Leaf struct {
	Path     []string
	Element  format.SchemaElement
	Repeated bool // it, or a group around it, is a list
	maxLevel uint32
}

// Optional says whether the column can hold nulls.
func (l *Leaf) Optional() bool { return l.maxLevel > 0 }

// File is an opened file. Readers of it may be used concurrently.
type File struct {
	Name      string // for errors
	Leaves    []Leaf
	Rows      int64
	CreatedBy string

	body []byte      // the whole file, or nil:
	from io.ReaderAt // then a column is read when it's asked for
	end  int64       // of the pages
	meta format.FileMetaData
}

// Open reads the footer of a whole file in memory. The file goes on using body.
// name goes into errors, which are ErrFormat or ErrUnsupported.
func Open(name string, body []byte) (*File, error) {
	return open(&File{Name: name, body: body}, int64(len(body)))
}

// OpenAt reads the footer of a file of size bytes, and later the columns that
// are asked for, each row group's as a whole.
func OpenAt(name string, from io.ReaderAt, size int64) (*File, error) {
	return open(&File{Name: name, from: from}, size)
}

func open(f *File, size int64) (_ *File, err error) {
	defer guard(f.Name, &err)
	const tail = 8 // the footer's length and the magic
	if size < int64(len(magic)+tail) {
		return nil, malformed("it has %d bytes", size)
	}
	last, err := f.bytes(size-tail, tail)
	if err != nil {
		return nil, err
	}
	switch string(last[4:]) {
	case magic:
	case "PARE":
		return nil, unsupported("an encrypted footer")
	default:
		return nil, malformed("it doesn't end like one")
	}
	footer := int64(binary.LittleEndian.Uint32(last))
	if f.end = size - tail - footer; f.end < int64(len(magic)) {
		return nil, malformed("a footer of %d bytes in a file of %d", footer, size)
	}
	b, err := f.bytes(f.end, footer)
	if err != nil {
		return nil, err
	}
	if _, err := unmarshal(b, &f.meta); err != nil {
		return nil, err
	}
	f.CreatedBy = f.meta.CreatedBy
	if err := f.readSchema(); err != nil {
		return nil, err
	}
	return f, f.checkGroups(size)
}

// bytes gives a part of the file, which must be there.
func (f *File) bytes(at, n int64) ([]byte, error) {
	if f.body != nil {
		return f.body[at : at+n : at+n], nil
	}
	b := make([]byte, n)
	if _, err := f.from.ReadAt(b, at); err != nil {
		return nil, fmt.Errorf("cannot read: %w", err)
	}
	return b, nil
}

// Lookup gives the value of a key in the footer.
func (f *File) Lookup(key string) (string, bool) {
	for _, kv := range f.meta.KeyValueMetadata {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return "", false
}

// Groups is the number of row groups, GroupRows that of a group's rows.
func (f *File) Groups() int               { return len(f.meta.RowGroups) }
func (f *File) GroupRows(group int) int64 { return f.meta.RowGroups[group].NumRows }

// Find gives the number of the leaf with a path.
func (f *File) Find(path []string) (int, bool) {
next:
	for i := range f.Leaves {
		if len(f.Leaves[i].Path) != len(path) {
			continue
		}
		for j, name := range path {
			if f.Leaves[i].Path[j] != name {
				continue next
			}
		}
		return i, true
	}
	return 0, false
}

func (f *File) readSchema() error {
	elements := f.meta.Schema
	if len(elements) == 0 {
		return malformed("it has no schema")
	}
	next := 1
	for range elements[0].NumChildren.V {
		var err error
		if next, err = f.readNode(next, nil, 0, false, 0); err != nil {
			return err
		}
	}
	if next != len(elements) {
		return malformed("a schema of %d elements uses %d", len(elements), next)
	}
	return nil
}

// readNode reads the schema element at i and those under it, which follow it.
func (f *File) readNode(i int, path []string, level uint32, repeated bool, depth int) (int, error) {
	if i >= len(f.meta.Schema) || depth > 255 {
		return 0, malformed("a schema that is cut off, or nests too deep")
	}
	e := &f.meta.Schema[i]
	path = append(path[:len(path):len(path)], e.Name)
	switch e.RepetitionType.V {
	case format.Optional:
		level++
	case format.Repeated:
		level, repeated = level+1, true
	}
	if e.Type.Valid {
		f.Leaves = append(f.Leaves, Leaf{Path: path, Element: *e, Repeated: repeated, maxLevel: level})
		return i + 1, nil
	}
	next := i + 1
	for range e.NumChildren.V {
		var err error
		if next, err = f.readNode(next, path, level, repeated, depth+1); err != nil {
			return 0, err
		}
	}
	return next, nil
}

func (f *File) checkGroups(size int64) error {
	for i := range f.meta.RowGroups {
		group := &f.meta.RowGroups[i]
		if group.NumRows < 0 || group.NumRows > size*maxRowsPerByte-f.Rows {
			return malformed("row group %d claims %d rows in a file of %d bytes", i, group.NumRows, size)
		}
		f.Rows += group.NumRows
		if len(group.Columns) != len(f.Leaves) {
			return malformed("row group %d has %d columns, the schema %d", i, len(group.Columns), len(f.Leaves))
		}
	}
	if f.Rows != f.meta.NumRows {
		return malformed("%d rows in its groups, %d in its footer", f.Rows, f.meta.NumRows)
	}
	return nil
}

// span gives the bytes of a column's pages.
func (f *File) span(group, leaf int) (*format.ColumnMetaData, []byte, error) {
	chunk := &f.meta.RowGroups[group].Columns[leaf]
	meta := &chunk.MetaData
	if chunk.FilePath != "" || chunk.CryptoMetadata.Value != nil {
		return nil, nil, unsupported("column %v: pages in another file, or encrypted", f.Leaves[leaf].Path)
	}
	if meta.Type != f.Leaves[leaf].Element.Type.V {
		return nil, nil, malformed("column %v is a %s in the schema and a %s in row group %d",
			f.Leaves[leaf].Path, f.Leaves[leaf].Element.Type.V, meta.Type, group)
	}
	start := meta.DataPageOffset
	if d := meta.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	size := f.end
	if start < int64(len(magic)) || start > size || meta.TotalCompressedSize < 0 || meta.TotalCompressedSize > size-start {
		return nil, nil, malformed("column %v: %d bytes at %d in a file of %d", f.Leaves[leaf].Path, meta.TotalCompressedSize, start, size)
	}
	b, err := f.bytes(start, meta.TotalCompressedSize)
	return meta, b, err
}

func width(max uint32) uint { return uint(bits.Len32(max)) }
