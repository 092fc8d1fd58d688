package clickhousesink

import (
	"math"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// cells is a part of a column as the protocol has it. Its type's name is that of
// the table, whichever type of the client's has the same bytes.
type cells struct {
	typ    proto.ColumnType
	nulls  *proto.ColUInt8 // 1 where null; nil where the column never is
	values proto.Column
}

// cells gives a vector that fits. They share its memory where they can.
func (c *column) cells(v *source.Vector) *cells {
	out := &cells{typ: proto.ColumnType(c.sql())}
	switch {
	case c.few:
		out.values = dictionary(v)
	case c.typ == partition.TextType:
		out.values = texts(v)
	case c.typ == partition.Float64Type:
		values := proto.ColFloat64(v.Floats)
		out.values = &values
	case c.typ == partition.BoolType:
		values := make(proto.ColBool, len(v.Ints))
		for i, n := range v.Ints {
			values[i] = n != 0
		}
		out.values = &values
	case c.typ == partition.DateType:
		values := proto.ColUInt16(narrow[uint16](v.Ints))
		out.values = &values
	case c.typ == partition.Int32Type || c.typ == partition.DecimalType && c.precision <= 9:
		values := proto.ColInt32(narrow[int32](v.Ints))
		out.values = &values
	default: // integers, times and decimals of 64 bits
		values := proto.ColInt64(v.Ints)
		out.values = &values
	}
	if c.nullable {
		nulls := make(proto.ColUInt8, out.values.Rows())
		for i, valid := range v.Valid {
			if !valid {
				nulls[i] = 1
			}
		}
		out.nulls = &nulls
	}
	return out
}

func narrow[T uint16 | int32](ints []int64) []T {
	out := make([]T, len(ints))
	for i, n := range ints {
		out[i] = T(n)
	}
	return out
}

func texts(v *source.Vector) *proto.ColStr {
	out := &proto.ColStr{Pos: make([]proto.Position, 0, len(v.Codes))}
	for i, code := range v.Codes {
		if v.IsNull(int32(i)) {
			out.Append("")
			continue
		}
		out.Append(v.Dict.Values[code])
	}
	return out
}

// dictionary gives texts with a dictionary of those that these rows have: the
// vector's may be that of many more.
func dictionary(v *source.Vector) *proto.ColLowCardinalityRaw {
	index := new(proto.ColStr)
	out := &proto.ColLowCardinalityRaw{Index: index}
	switch most := min(len(v.Dict.Values), len(v.Codes)); {
	case most <= math.MaxUint8:
		out.Key, out.Keys8 = proto.KeyUInt8, make(proto.ColUInt8, 0, len(v.Codes))
	case most <= math.MaxUint16:
		out.Key, out.Keys16 = proto.KeyUInt16, make(proto.ColUInt16, 0, len(v.Codes))
	default:
		out.Key, out.Keys32 = proto.KeyUInt32, make(proto.ColUInt32, 0, len(v.Codes))
	}
	places := make([]int32, len(v.Dict.Values)) // by code: the place in index, plus one
	for _, code := range v.Codes {
		if places[code] == 0 {
			index.Append(v.Dict.Values[code])
			places[code] = int32(index.Rows())
		}
		out.AppendKey(int(places[code] - 1))
	}
	return out
}

// value gives a row of cells that were read.
func (c *column) value(from *cells, row int) source.Value {
	out := source.Value{Kind: c.Kind}
	if from.nulls != nil && (*from.nulls)[row] != 0 {
		out.Null = true
		return out
	}
	switch values := from.values.(type) {
	case *proto.ColInt64:
		out.Int = (*values)[row]
	case *proto.ColInt32:
		out.Int = int64((*values)[row])
	case *proto.ColUInt16:
		out.Int = c.time(int64((*values)[row]))
	case *proto.ColBool:
		if (*values)[row] {
			out.Int = 1
		}
	case *proto.ColFloat64:
		out.Float = (*values)[row]
	case *proto.ColStr:
		out.Text = values.Row(row)
	case *proto.ColLowCardinalityRaw:
		out.Text = values.Index.(*proto.ColStr).Row(key(values, row))
	}
	return out
}

func key(c *proto.ColLowCardinalityRaw, row int) int {
	switch c.Key {
	case proto.KeyUInt8:
		return int(c.Keys8[row])
	case proto.KeyUInt16:
		return int(c.Keys16[row])
	case proto.KeyUInt32:
		return int(c.Keys32[row])
	}
	return int(c.Keys64[row])
}

// What follows implements proto.Column, and its states.

func (c *cells) Type() proto.ColumnType { return c.typ }
func (c *cells) Rows() int              { return c.values.Rows() }

func (c *cells) Reset() {
	if c.nulls != nil {
		c.nulls.Reset()
	}
	c.values.Reset()
}

func (c *cells) EncodeColumn(to *proto.Buffer) {
	if c.nulls != nil {
		c.nulls.EncodeColumn(to)
	}
	c.values.EncodeColumn(to)
}

func (c *cells) WriteColumn(to *proto.Writer) {
	if c.nulls != nil {
		c.nulls.WriteColumn(to)
	}
	c.values.WriteColumn(to)
}

func (c *cells) DecodeColumn(from *proto.Reader, rows int) error {
	if c.nulls != nil {
		if err := c.nulls.DecodeColumn(from, rows); err != nil {
			return err
		}
	}
	return c.values.DecodeColumn(from, rows)
}

func (c *cells) EncodeState(to *proto.Buffer) {
	if values, ok := c.values.(proto.StateEncoder); ok {
		values.EncodeState(to)
	}
}

func (c *cells) DecodeState(from *proto.Reader) error {
	if values, ok := c.values.(proto.StateDecoder); ok {
		return values.DecodeState(from)
	}
	return nil
}
