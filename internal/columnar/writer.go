package columnar

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Column describes a column to write.
type Column struct {
	Path     []string
	Type     format.Type             // Boolean, Int32, Int64, Double or ByteArray
	Logical  format.LogicalTypeValue // may be nil
	Optional bool
	Rising   bool // integers that mostly rise, so that it's no use to look for repeated ones
}

// Data is a column's values in one row group. The slice that the column's type
// asks for has a place for every row; what lies in a null's place doesn't
// matter.
type Data struct {
	Ints   []int64   // Boolean, Int32, Int64
	Floats []float64 // Double
	Codes  []uint32  // ByteArray: numbers in Texts; nil where every row has the text of its own number
	Texts  *TextList // with Codes, all from Code; those that no row has are written all the same
	Blobs  [][]byte  // ByteArray, instead of Codes and Texts
	Valid  []bool    // nil where there's no null
}

// Writer makes a file in memory. It's not safe for concurrent use.
type Writer struct {
	columns []Column
	order   []int // file order: leaf -> column
	out     output
	meta    format.FileMetaData
	indexes [][]pageIndex // by row group and leaf
	scratch scratch
}

// CreatedBy names this package in the footer of the files that it writes. Their
// dictionaries have each text once.
const CreatedBy = "anabranch"

// NewWriter makes a writer of columns. Columns that share the beginning of their
// paths are in one group. Errors are ErrSchema.
func NewWriter(columns []Column) (*Writer, error) {
	w := &Writer{columns: columns}
	w.out.write([]byte(magic))
	w.meta = format.FileMetaData{Version: 2, CreatedBy: CreatedBy}
	root := &node{name: "schema"}
	for i := range columns {
		if err := root.insert(columns[i].Path, i); err != nil {
			return nil, err
		}
	}
	w.layOut(root, true)
	return w, nil
}

// WriteGroup writes a row group: the values of every column, in the order of the
// columns. It keeps nothing of data.
func (w *Writer) WriteGroup(rows int, data []Data) error {
	group := format.RowGroup{NumRows: int64(rows), Ordinal: int16(len(w.meta.RowGroups)), FileOffset: int64(w.out.size)}
	indexes := make([]pageIndex, len(w.order))
	for leaf, i := range w.order {
		e := chunkEncoder{w: w, column: &w.columns[i], data: &data[i], rows: rows}
		if err := e.encode(); err != nil {
			return fmt.Errorf("cannot write column %s: %w", strings.Join(w.columns[i].Path, "."), err)
		}
		group.Columns = append(group.Columns, format.ColumnChunk{MetaData: e.meta})
		group.TotalByteSize += e.meta.TotalUncompressedSize
		group.TotalCompressedSize += e.meta.TotalCompressedSize
		indexes[leaf] = e.index
	}
	w.meta.NumRows += int64(rows)
	w.meta.RowGroups = append(w.meta.RowGroups, group)
	w.indexes = append(w.indexes, indexes)
	return nil
}

// Size is the number of bytes so far.
func (w *Writer) Size() int { return w.out.size }

// Close ends the file and gives its bytes. keys goes into the footer, in its
// order. The writer can't be used after.
func (w *Writer) Close(keys ...format.KeyValue) ([]byte, error) {
	if err := w.writeIndexes(); err != nil {
		return nil, err
	}
	w.meta.KeyValueMetadata = keys
	for range w.order {
		w.meta.ColumnOrders = append(w.meta.ColumnOrders, format.ColumnOrder{Value: new(format.TypeDefinedOrder)})
	}
	size, err := w.append(&w.meta)
	if err != nil {
		return nil, err
	}
	w.out.write(append(binary.LittleEndian.AppendUint32(nil, uint32(size)), magic...))
	return w.out.bytes(), nil
}

// append writes a thrift struct, and gives its size.
func (w *Writer) append(v any) (int, error) {
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	w.out.write(b)
	return len(b), err
}

// node is a place in the tree of a file's columns.
type node struct {
	name     string
	column   int
	children []*node
}

func (n *node) insert(path []string, column int) error {
	if len(path) == 0 {
		return fmt.Errorf("%w: a column without a name", ErrSchema)
	}
	i := slices.IndexFunc(n.children, func(c *node) bool { return c.name == path[0] })
	switch {
	case i < 0:
		n.children = append(n.children, &node{name: path[0], column: column})
		if child := n.children[len(n.children)-1]; len(path) > 1 {
			return child.insert(path[1:], column)
		}
		return nil
	case len(path) == 1 || len(n.children[i].children) == 0:
		return fmt.Errorf("%w: two columns at %q, or a column that's also a group", ErrSchema, path[0])
	}
	return n.children[i].insert(path[1:], column)
}

// layOut lists the schema's elements and the order of the leaves, depth first.
func (w *Writer) layOut(n *node, root bool) {
	e := format.SchemaElement{Name: n.name}
	if !root {
		e.RepetitionType = thrift.New(format.Required)
	}
	if len(n.children) > 0 {
		e.NumChildren = thrift.New(int32(len(n.children)))
		w.meta.Schema = append(w.meta.Schema, e)
		for _, child := range n.children {
			w.layOut(child, false)
		}
		return
	}
	c := &w.columns[n.column]
	e.Type = thrift.New(c.Type)
	if c.Optional {
		e.RepetitionType = thrift.New(format.Optional)
	}
	annotate(&e, c.Logical)
	w.meta.Schema = append(w.meta.Schema, e)
	w.order = append(w.order, n.column)
}
