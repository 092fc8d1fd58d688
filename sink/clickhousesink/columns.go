package clickhousesink

import (
	"fmt"
	"math"
	"time"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// column is a column of the schema, and how the table keeps it.
type column struct {
	*source.Column
	typ       partition.Type
	nullable  bool
	few       bool           // LowCardinality
	precision int            // of a decimal
	date      *time.Location // of a Date
}

// maxPrecision is how many digits every Decimal64 has.
const maxPrecision = 18

// newColumn makes a column; repeated says that it has few values.
func newColumn(c *source.Column, how Column, repeated bool) (column, error) {
	out := column{Column: c, nullable: c.Nullable && !how.NotNull, date: how.Date}
	switch {
	case how.Date != nil && c.Kind != source.Time:
		return out, fmt.Errorf("%w: %q is a %s, and only a time can be kept as a Date", ErrOptions, c.Name, c.Kind)
	case how.Precision != 0 && c.Kind != source.Decimal:
		return out, fmt.Errorf("%w: %q is a %s, and only a decimal has a precision", ErrOptions, c.Name, c.Kind)
	case how.Precision < 0 || how.Precision > maxPrecision || how.Precision != 0 && how.Precision < c.Scale:
		return out, fmt.Errorf("%w: %q has %d digits after the point, so its precision can be %d to %d and not %d",
			ErrOptions, c.Name, c.Scale, max(1, c.Scale), maxPrecision, how.Precision)
	}
	switch c.Kind {
	case source.Bool:
		out.typ = partition.BoolType
	case source.Int:
		out.typ = partition.Int64Type
		if low, high := c.Range(); low >= math.MinInt32 && high <= math.MaxInt32 {
			out.typ = partition.Int32Type
		}
	case source.Float:
		out.typ = partition.Float64Type
	case source.Decimal:
		out.typ, out.precision = partition.DecimalType, how.Precision
		if out.precision == 0 {
			out.precision = maxPrecision
		}
	case source.Time:
		out.typ = partition.TimestampType
		if how.Date != nil {
			out.typ = partition.DateType
		}
	case source.String:
		out.typ, out.few = partition.TextType, repeated && !out.nullable && !how.ManyValues
	case source.Opaque:
		out.typ = partition.TextType
	default:
		return out, fmt.Errorf("%w: a %s has no form in ClickHouse (column %q)", ErrOptions, c.Kind, c.Name)
	}
	return out, nil
}

// declared is the column in the statement that makes the table.
func (c *column) declared() partition.Column {
	out := partition.Column{Name: c.Name, Type: c.typ, Nullable: c.nullable, LowCardinality: c.few}
	if c.typ == partition.DecimalType {
		out.Precision, out.Scale = c.precision, c.Scale
	}
	return out
}

// sql is the column's type as the server spells it.
func (c *column) sql() string {
	var name string
	switch c.typ {
	case partition.BoolType:
		name = "Bool"
	case partition.Int32Type:
		name = "Int32"
	case partition.Int64Type:
		name = "Int64"
	case partition.Float64Type:
		name = "Float64"
	case partition.DecimalType:
		name = fmt.Sprintf("Decimal(%d, %d)", c.precision, c.Scale)
	case partition.DateType:
		name = "Date"
	case partition.TimestampType:
		name = "DateTime64(6, 'UTC')"
	default:
		name = "String"
	}
	switch {
	case c.nullable:
		return "Nullable(" + name + ")"
	case c.few:
		return "LowCardinality(" + name + ")"
	}
	return name
}

// What a DateTime64 can be, in microseconds: the years 1900 to 2299.
var (
	firstTime = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	lastTime  = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// lastDay is the last of a Date's days, which are counted from 1970.
const lastDay = math.MaxUint16

// fit makes a vector's numbers, in place, those that the table keeps. blank says of
// which rows the value doesn't matter, as they are removed; nil is none. What the
// column can't hold is sink.ErrValue.
func (c *column) fit(v *source.Vector, blank []int64) error {
	if c.Nullable && !c.nullable && v.Valid != nil {
		for i := range v.Valid {
			if !v.Valid[i] && (blank == nil || blank[i] == 0) {
				return fmt.Errorf("%w: row %d: column %q is null, and Options.Columns says that it never is", sink.ErrValue, i, c.Name)
			}
		}
	}
	convert := c.conversion()
	if convert == nil {
		return nil
	}
	for i, n := range v.Ints {
		if v.IsNull(int32(i)) {
			continue
		}
		kept, err := convert(n)
		if err != nil && (blank == nil || blank[i] == 0) {
			return fmt.Errorf("%w: row %d: column %q: %w", sink.ErrValue, i, c.Name, err)
		}
		v.Ints[i] = kept
	}
	return nil
}

// conversion gives what turns an integer of the vector into one of the table, or
// into zero and an error; nil where they are the same.
func (c *column) conversion() func(int64) (int64, error) {
	switch c.typ {
	case partition.TimestampType:
		return func(us int64) (int64, error) {
			if us < firstTime || us > lastTime {
				return 0, fmt.Errorf("%v isn't in the years 1900 to 2299, which a DateTime64 has", source.FromMicros(us))
			}
			return us, nil
		}
	case partition.DateType:
		return c.day
	case partition.DecimalType:
		limit := int64(1)
		for range c.precision {
			limit *= 10
		}
		return func(units int64) (int64, error) {
			if units <= -limit || units >= limit {
				return 0, fmt.Errorf("%d units of 10^-%d are more than %s holds", units, c.Scale, c.sql())
			}
			return units, nil
		}
	}
	return nil
}

// day gives the day that begins at a time. Whole days in UTC pass for no others:
// the day is made a time again.
func (c *column) day(us int64) (int64, error) {
	t := source.FromMicros(us).In(c.date)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
	if day < 0 || day > lastDay || c.time(day) != us {
		return 0, fmt.Errorf("no day from 1970 to 2149 begins at %v in %v, and the column is a Date", t, c.date)
	}
	return day, nil
}

// time is the inverse of day.
func (c *column) time(day int64) int64 {
	return time.Date(1970, 1, 1+int(day), 0, 0, 0, 0, c.date).UnixMicro()
}
