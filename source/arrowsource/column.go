package arrowsource

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/anabranch-go/anabranch/source"
)

// column reads an Arrow column as a column of the schema.
type column struct {
	*source.Column
	path   []int          // of fields, from the schema's; nil where the file hasn't it
	typ    arrow.DataType // of the values; behind a dictionary, or an extension
	reject func(row int, what string)

	multiply, divide int64   // to the column's unit, rounding down; 1 and 1 for most
	decimal          float64 // of a Float column from decimals: their unit; else 0
	unchecked        bool    // every value fits as it is
	texts            texts
}

func newColumn(c *source.Column, schema *arrow.Schema, reject func(int, string)) (*column, error) {
	out := &column{Column: c, multiply: 1, divide: 1, reject: reject}
	fields, typ := schema.Fields(), arrow.DataType(nil)
	var path []int
	for depth, name := range c.Path {
		if depth > 0 {
			group, ok := typ.(*arrow.StructType)
			if !ok {
				return nil, fmt.Errorf("%w: column %s: %s is a %s, not a struct", source.ErrColumn, c.Name, c.Path[depth-1], typ)
			}
			fields = group.Fields()
		}
		at := slices.IndexFunc(fields, func(f arrow.Field) bool { return f.Name == name })
		if at < 0 {
			return out, nil
		}
		path, typ = append(path, at), storage(fields[at].Type)
	}
	out.path, out.typ = path, typ
	if d, ok := typ.(*arrow.DictionaryType); ok {
		if out.typ = storage(d.ValueType); c.Kind != source.String {
			return nil, fmt.Errorf("%w: column %s: it's a %s in the file, and %s here", source.ErrColumn, c.Name, typ, c.Kind)
		}
	}
	if !out.fits() {
		return nil, fmt.Errorf("%w: column %s: it's a %s in the file, and %s here", source.ErrColumn, c.Name, typ, describe(c))
	}
	low, high := c.Range()
	out.unchecked = low == math.MinInt64 && high == math.MaxInt64 && out.multiply == 1
	return out, nil
}

// storage is what an extension's values are stored as.
func storage(typ arrow.DataType) arrow.DataType {
	for {
		extension, ok := typ.(arrow.ExtensionType)
		if !ok {
			return typ
		}
		typ = extension.StorageType()
	}
}

func describe(c *source.Column) string {
	if c.Kind == source.Decimal {
		return fmt.Sprintf("a decimal of scale %d", c.Scale)
	}
	return c.Kind.String()
}

// fits says whether the file's type can be read as the column's kind, and how.
func (c *column) fits() bool {
	switch t := c.typ.(type) {
	case *arrow.NullType:
		return c.Kind != source.Opaque
	case *arrow.BooleanType:
		return c.Kind == source.Bool
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return c.Kind == source.Int
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return c.Kind == source.Float
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType, *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		return c.Kind == source.String
	case *arrow.TimestampType:
		switch t.Unit {
		case arrow.Second:
			c.multiply = 1e6
		case arrow.Millisecond:
			c.multiply = 1e3
		case arrow.Nanosecond:
			c.divide = 1e3
		}
		return c.Kind == source.Time
	case *arrow.Date32Type:
		c.multiply = 24 * 60 * 60 * 1e6
		return c.Kind == source.Time
	case *arrow.Date64Type:
		c.multiply = 1e3
		return c.Kind == source.Time
	case arrow.DecimalType:
		return c.fitsDecimal(int(t.GetScale()))
	}
	return false
}

func (c *column) fitsDecimal(scale int) bool {
	switch {
	case c.Kind == source.Float:
		c.decimal = math.Pow10(scale)
		return scale >= 0
	case c.Kind != source.Decimal && c.Kind != source.Int || scale < 0 || scale > c.Scale:
		return false
	}
	for ; scale < c.Scale; scale++ {
		c.multiply *= 10
	}
	return true
}

// read gives a batch's column, in memory of its own or the batch's.
func (c *column) read(batch arrow.RecordBatch, n int) (source.Vector, error) {
	v := source.Vector{Kind: c.Kind}
	var values arrow.Array
	var valid []bool
	if c.path == nil {
		valid = make([]bool, n)
	} else {
		values, valid = c.find(batch, n)
		if values.Len() != n {
			return v, malformed("column %s has %d rows of %d", c.Name, values.Len(), n)
		}
	}
	if err := c.load(&v, values, valid, n); err != nil {
		return v, fmt.Errorf("column %s: %w", c.Name, err)
	}
	if valid != nil {
		c.fillNulls(&v, valid)
		if c.Nullable {
			v.Valid = valid
		}
	}
	if c.Kind == source.String || c.Kind == source.Opaque {
		v.Dict = c.texts.Dictionary()
	}
	return v, nil
}

// find gives the column's array, and which rows have a value; nil if all have.
func (c *column) find(batch arrow.RecordBatch, n int) (arrow.Array, []bool) {
	values := unwrap(batch.Column(c.path[0]))
	valid := validity(values, nil, n)
	for _, at := range c.path[1:] {
		values = unwrap(values.(*array.Struct).Field(at))
		valid = validity(values, valid, n)
	}
	if d, ok := values.(*array.Dictionary); ok && d.Dictionary().NullN() > 0 {
		valid = nullEntries(d, valid, n)
	}
	return values, valid
}

// nullEntries adds the rows whose code stands for a null.
func nullEntries(d *array.Dictionary, valid []bool, n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = (valid == nil || valid[i]) && !d.Dictionary().IsNull(d.GetValueIndex(i))
	}
	return out
}

func unwrap(values arrow.Array) arrow.Array {
	for {
		extension, ok := values.(array.ExtensionArray)
		if !ok {
			return values
		}
		values = extension.Storage()
	}
}

// validity adds an array's nulls to those of the structs around it.
func validity(values arrow.Array, valid []bool, n int) []bool {
	bitmap, all := values.NullBitmapBytes(), values.DataType().ID() == arrow.NULL
	if len(bitmap) == 0 && !all {
		return valid
	}
	if valid == nil {
		valid = make([]bool, n)
		for i := range valid {
			valid[i] = true
		}
	}
	offset := values.Data().Offset()
	for i := range valid {
		at := offset + i
		valid[i] = valid[i] && !all && bitmap[at>>3]>>(at&7)&1 == 1
	}
	if !slices.Contains(valid, false) {
		return nil
	}
	return valid
}

// load reads the values. A null's is left as whatever it is, or zero.
func (c *column) load(v *source.Vector, values arrow.Array, valid []bool, n int) error {
	blank := values == nil || values.DataType().ID() == arrow.NULL
	switch {
	case c.Kind == source.String || c.Kind == source.Opaque:
		v.Codes = make([]uint32, n)
		if blank {
			return nil
		}
		return c.texts.codes(v.Codes, values, valid)
	case c.Kind == source.Float:
		if blank {
			v.Floats = make([]float64, n)
			return nil
		}
		v.Floats = c.floats(values, valid)
	default:
		if blank {
			v.Ints = make([]int64, n)
			return nil
		}
		v.Ints = c.scale(c.ints(values, valid), valid)
	}
	return nil
}

// fillNulls puts into a null's place what belongs there.
func (c *column) fillNulls(v *source.Vector, valid []bool) {
	var zero source.Value
	if !c.Nullable {
		zero = c.Zero()
	}
	var code uint32
	if v.Codes != nil {
		code = c.texts.code(zero.Text)
	}
	for i, ok := range valid {
		if !ok && c.Required {
			c.reject(i, fmt.Sprintf("column %s: it's required, and null", c.Name))
		}
		switch {
		case ok:
		case v.Codes != nil:
			v.Codes[i] = code
		case v.Floats != nil:
			v.Floats[i] = 0
		default:
			v.Ints[i] = zero.Int
		}
	}
}
