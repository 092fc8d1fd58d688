package arrowsink

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/anabranch-go/anabranch/source"
)

// decimalDigits is as many as an int64 may have.
const decimalDigits = 19

var texts = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// Fields gives the Arrow schema of a schema's columns.
func Fields(s *source.Schema) (*arrow.Schema, error) {
	t, err := newTree(s)
	if err != nil {
		return nil, err
	}
	return t.schema, nil
}

// tree is a schema's columns as Arrow nests them.
type tree struct {
	nodes  []node
	schema *arrow.Schema
	dicts  []dictionary // by column
}

// node is a column, or a group of them.
type node struct {
	field  arrow.Field
	column int
	group  []node
}

func newTree(s *source.Schema) (*tree, error) {
	nodes, err := nest(s.Columns, 0, 0)
	if err != nil {
		return nil, err
	}
	return &tree{nodes: nodes, schema: arrow.NewSchema(fieldsOf(nodes), nil), dicts: make([]dictionary, len(s.Columns))}, nil
}

// nest gives the nodes of columns, the first of which has a number, below a depth
// of their paths. The columns of a group stand together.
func nest(columns []source.Column, number, depth int) (nodes []node, err error) {
	for from := 0; from < len(columns); {
		c := &columns[from]
		name, to := c.Path[depth], from+1
		if len(c.Path) == depth+1 {
			typ, err := typeOf(c)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, node{field: arrow.Field{Name: name, Type: typ, Nullable: c.Nullable}, column: number + from})
			from = to
			continue
		}
		for to < len(columns) && len(columns[to].Path) > depth+1 && columns[to].Path[depth] == name {
			to++
		}
		group, err := nest(columns[from:to], number+from, depth+1)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node{field: arrow.Field{Name: name, Type: arrow.StructOf(fieldsOf(group)...)}, group: group})
		from = to
	}
	return nodes, nil
}

func fieldsOf(nodes []node) (fields []arrow.Field) {
	for i := range nodes {
		fields = append(fields, nodes[i].field)
	}
	return fields
}

func typeOf(c *source.Column) (arrow.DataType, error) {
	switch c.Kind {
	case source.Bool:
		return arrow.FixedWidthTypes.Boolean, nil
	case source.Int:
		return arrow.PrimitiveTypes.Int64, nil
	case source.Float:
		return arrow.PrimitiveTypes.Float64, nil
	case source.String:
		return texts, nil
	case source.Time:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, nil
	case source.Decimal:
		return &arrow.Decimal128Type{Precision: decimalDigits, Scale: int32(c.Scale)}, nil
	case source.Opaque:
		return arrow.BinaryTypes.String, nil
	}
	return nil, fmt.Errorf("arrowsink: a %s has no form in Arrow (column %s)", c.Kind, c.Name)
}

// batch gives n rows as a record batch. It shares the vectors' memory.
func (t *tree) batch(columns []source.Vector, n int) arrow.RecordBatch {
	arrays := make([]arrow.Array, len(t.nodes))
	for i := range t.nodes {
		data := t.data(&t.nodes[i], columns, n)
		arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	return array.NewRecordBatch(t.schema, arrays, int64(n))
}

func (t *tree) data(at *node, columns []source.Vector, n int) arrow.ArrayData {
	if at.group == nil {
		return t.leaf(at, &columns[at.column], n)
	}
	children := make([]arrow.ArrayData, len(at.group))
	for i := range at.group {
		children[i] = t.data(&at.group[i], columns, n)
		defer children[i].Release()
	}
	return array.NewData(at.field.Type, n, []*memory.Buffer{nil}, children, 0, 0)
}

func (t *tree) leaf(at *node, v *source.Vector, n int) arrow.ArrayData {
	valid, nulls := validity(v.Valid)
	switch v.Kind {
	case source.Bool:
		return array.NewData(at.field.Type, n, []*memory.Buffer{valid, bits(v.Ints, func(x int64) bool { return x != 0 })}, nil, nulls, 0)
	case source.Float:
		return array.NewData(at.field.Type, n, []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Float64Traits.CastToBytes(v.Floats))}, nil, nulls, 0)
	case source.String:
		indices, values := t.dicts[at.column].compact(v)
		dict := textData(values)
		defer dict.Release()
		buffers := []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(indices))}
		return array.NewDataWithDictionary(at.field.Type, n, buffers, nulls, 0, dict)
	case source.Opaque:
		all := make([]string, n)
		for i, code := range v.Codes {
			all[i] = v.Dict.Values[code]
		}
		return textData(all)
	case source.Decimal:
		units := make([]decimal128.Num, n)
		for i, x := range v.Ints {
			units[i] = decimal128.FromI64(x)
		}
		return array.NewData(at.field.Type, n, []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Decimal128Traits.CastToBytes(units))}, nil, nulls, 0)
	}
	return array.NewData(at.field.Type, n, []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(v.Ints))}, nil, nulls, 0)
}

// validity gives the bitmap of a vector's flags, nil where nothing is null.
func validity(valid []bool) (*memory.Buffer, int) {
	nulls := 0
	for _, v := range valid {
		if !v {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	return bits(valid, func(v bool) bool { return v }), nulls
}

func bits[T any](values []T, set func(T) bool) *memory.Buffer {
	out := make([]byte, bitutil.BytesForBits(int64(len(values))))
	for i, v := range values {
		if set(v) {
			bitutil.SetBit(out, i)
		}
	}
	return memory.NewBufferBytes(out)
}

// textData is texts as utf8 data.
func textData(values []string) *array.Data {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(values, nil)
	a := b.NewStringArray()
	defer a.Release()
	data := a.Data().(*array.Data)
	data.Retain()
	return data
}

// dictionary makes the dictionaries of a column's batches: only the texts that a
// batch has, where the encoder's may have those of all batches before.
type dictionary struct {
	places []int32 // by code: the place in the batch's dictionary, plus one
}

func (d *dictionary) compact(v *source.Vector) (indices []int32, values []string) {
	clear(d.places)
	if missing := len(v.Dict.Values) - len(d.places); missing > 0 {
		d.places = append(d.places, make([]int32, missing)...)
	}
	indices = make([]int32, len(v.Codes))
	for i, code := range v.Codes {
		if v.IsNull(int32(i)) {
			continue
		}
		if d.places[code] == 0 {
			values = append(values, v.Dict.Values[code])
			d.places[code] = int32(len(values))
		}
		indices[i] = d.places[code] - 1
	}
	return indices, values
}
