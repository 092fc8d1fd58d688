package clickhousesource

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
	"github.com/anabranch-go/anabranch/source"
)

// column reads a table's column as a column of the schema. The server turns it into
// the nullable form of one type for each kind, so that there's one way to read it.
type column struct {
	*source.Column
	value    string // the expression
	unsigned bool   // integers past 63 bits come as negative ones
}

func newColumn(c *source.Column, types map[string]string) (column, error) {
	out := column{Column: c}
	typ, ok := types[c.Name]
	if !ok {
		if !c.Nullable {
			return out, fmt.Errorf("%w: the table has no column %q, and the field can't be null", source.ErrColumn, c.Name)
		}
		out.value = out.cast("NULL")
		return out, nil
	}
	if !fits(c, bare(typ)) {
		return out, fmt.Errorf("%w: column %q is a %s in the table, and %s here", source.ErrColumn, c.Name, typ, describe(c))
	}
	out.unsigned = bare(typ) == "UInt64"
	out.value = out.cast(clickhouse.Quote(c.Name))
	return out, nil
}

// bare is a type without Nullable and LowCardinality around it.
func bare(typ string) string {
	for _, around := range []string{"LowCardinality(", "Nullable("} {
		if inner, ok := strings.CutPrefix(typ, around); ok {
			typ = strings.TrimSuffix(inner, ")")
		}
	}
	return typ
}

func describe(c *source.Column) string {
	if c.Kind == source.Decimal {
		return fmt.Sprintf("a decimal of scale %d", c.Scale)
	}
	return c.Kind.String()
}

var integers = []string{"Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"}

// fits says whether a type can be read as the column's kind.
func fits(c *source.Column, typ string) bool {
	name, arguments, _ := strings.Cut(typ, "(")
	switch c.Kind {
	case source.Bool:
		return name == "Bool"
	case source.Int:
		return slices.Contains(integers, name)
	case source.Float:
		return name == "Float32" || name == "Float64" || name == "Decimal"
	case source.String:
		return name == "String" || name == "Enum8" || name == "Enum16"
	case source.Opaque:
		return name == "String"
	case source.Time:
		return name == "Date" || name == "Date32" || name == "DateTime" || name == "DateTime64"
	case source.Decimal:
		var precision, scale int
		n, _ := fmt.Sscanf(arguments, "%d, %d", &precision, &scale)
		return name == "Decimal" && n == 2 && scale <= c.Scale
	}
	return false
}

// cast makes an expression what's read.
func (c *column) cast(expression string) string {
	switch c.Kind {
	case source.Float:
		return "CAST(" + expression + ", 'Nullable(Float64)')"
	case source.String, source.Opaque:
		return "CAST(" + expression + ", 'Nullable(String)')"
	case source.Time:
		return "toUnixTimestamp64Micro(CAST(" + expression + `, 'Nullable(DateTime64(6, \'UTC\'))'))`
	case source.Decimal:
		return fmt.Sprintf("CAST(%s, 'Nullable(Decimal(18, %d))')", expression, c.Scale)
	}
	return "CAST(" + expression + ", 'Nullable(Int64)')"
}

// result is where a block's values of the column are put.
func (c *column) result() proto.ColResult {
	switch c.Kind {
	case source.Float:
		return new(proto.ColFloat64).Nullable()
	case source.String, source.Opaque:
		return new(proto.ColStr).Nullable()
	case source.Decimal:
		return new(proto.ColDecimal64).Nullable()
	}
	return new(proto.ColInt64).Nullable()
}

// set gives a builder the value of a block's row.
func set[E any](to *source.Builder[E], i int, c *column, from proto.ColResult, row int) error {
	v := source.Value{Kind: c.Kind}
	switch values := from.(type) {
	case *proto.ColNullable[int64]:
		cell := values.Row(row)
		if v.Null, v.Int = !cell.Set, cell.Value; c.unsigned && v.Int < 0 {
			return fmt.Errorf("column %s: %w: %d has more than 63 bits", c.Name, source.ErrValue, uint64(v.Int))
		}
	case *proto.ColNullable[proto.Decimal64]:
		cell := values.Row(row)
		v.Null, v.Int = !cell.Set, int64(cell.Value)
	case *proto.ColNullable[float64]:
		cell := values.Row(row)
		v.Null, v.Float = !cell.Set, cell.Value
	case *proto.ColNullable[string]:
		if values.IsElemNull(row) {
			v.Null = true
			break
		}
		text := values.Values.(*proto.ColStr).RowBytes(row)
		if c.Kind == source.Opaque {
			return to.SetJSON(i, text)
		}
		return to.SetText(i, text)
	}
	return to.Set(i, v)
}
