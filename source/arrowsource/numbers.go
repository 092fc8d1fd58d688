package arrowsource

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
)

// ints gives the integers of an array, in the file's unit. Int64 and µs without
// nulls stay where they are.
func (c *column) ints(values arrow.Array, valid []bool) []int64 {
	switch a := values.(type) {
	case *array.Int8:
		return widen(a.Int8Values())
	case *array.Int16:
		return widen(a.Int16Values())
	case *array.Int32:
		return widen(a.Int32Values())
	case *array.Int64:
		return c.own(a.Int64Values(), valid)
	case *array.Uint8:
		return widen(a.Uint8Values())
	case *array.Uint16:
		return widen(a.Uint16Values())
	case *array.Uint32:
		return widen(a.Uint32Values())
	case *array.Uint64:
		return c.unsigned(a.Uint64Values(), valid)
	case *array.Timestamp:
		return c.own(arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.TimestampValues())), valid)
	case *array.Date32:
		return widen(a.Date32Values())
	case *array.Date64:
		return widen(a.Date64Values())
	case *array.Decimal32:
		return widen(a.Values())
	case *array.Decimal64:
		return widen(a.Values())
	case *array.Boolean:
		out := make([]int64, a.Len())
		for i := range out {
			if a.Value(i) {
				out[i] = 1
			}
		}
		return out
	}
	return c.wide(values, valid)
}

type integer interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func widen[T integer](src []T) []int64 {
	out := make([]int64, len(src))
	for i, v := range src {
		out[i] = int64(v)
	}
	return out
}

// own gives values as they lie in the batch, unless some will be changed.
func (c *column) own(values []int64, valid []bool) []int64 {
	if valid == nil && c.multiply == 1 && c.divide == 1 {
		return values
	}
	return slices.Clone(values)
}

func (c *column) unsigned(values []uint64, valid []bool) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		if out[i] = int64(v); v > math.MaxInt64 && has(valid, i) {
			c.reject(i, fmt.Sprintf("column %s: %d is past 64 signed bits", c.Name, v))
			out[i] = 0
		}
	}
	return out
}

func has(valid []bool, i int) bool { return valid == nil || valid[i] }

// wide gives decimals of 128 and 256 bits, which may not fit 64.
func (c *column) wide(values arrow.Array, valid []bool) []int64 {
	out := make([]int64, values.Len())
	for i := range out {
		if !has(valid, i) {
			continue
		}
		var ok bool
		var digits *big.Int
		switch a := values.(type) {
		case *array.Decimal128:
			v := decimal128.Num(a.Value(i))
			out[i] = int64(v.LowBits())
			if ok = v.HighBits() == out[i]>>63; !ok {
				digits = v.BigInt()
			}
		case *array.Decimal256:
			v := decimal256.Num(a.Value(i))
			digits = v.BigInt()
			out[i], ok = digits.Int64(), digits.IsInt64()
		default:
			panic(fmt.Sprintf("integers in a %T", values))
		}
		if !ok {
			c.reject(i, fmt.Sprintf("column %s: %s units don't fit 64 bits", c.Name, digits))
			out[i] = 0
		}
	}
	return out
}

// scale brings integers to the column's unit, and rejects those that don't fit.
func (c *column) scale(values []int64, valid []bool) []int64 {
	if c.unchecked && c.divide == 1 {
		return values
	}
	low, high := c.Range()
	if valid == nil && c.multiply == 1 && c.divide == 1 && len(values) > 0 &&
		slices.Min(values) >= low && slices.Max(values) <= high {
		return values
	}
	copied := valid != nil || c.multiply != 1 || c.divide != 1
	for i, v := range values {
		if !has(valid, i) {
			continue
		}
		y, ok := v, true
		switch {
		case c.multiply > 1:
			y, ok = v*c.multiply, v <= math.MaxInt64/c.multiply && v >= math.MinInt64/c.multiply
		case c.divide > 1:
			if y = v / c.divide; v%c.divide < 0 {
				y--
			}
		}
		if !ok || y < low || y > high {
			c.reject(i, fmt.Sprintf("column %s: %d doesn't fit the field", c.Name, v))
			y = 0
		}
		if copied {
			values[i] = y
		}
	}
	return values
}

// floats gives the numbers of an array as the field will hold them.
func (c *column) floats(values arrow.Array, valid []bool) []float64 {
	switch a := values.(type) {
	case *array.Float64:
		return c.canonical(a.Float64Values())
	case *array.Float32:
		out := make([]float64, a.Len())
		for i, v := range a.Float32Values() {
			out[i] = c.Canonical(float64(v))
		}
		return out
	case *array.Float16:
		out := make([]float64, a.Len())
		for i, v := range a.Values() {
			out[i] = c.Canonical(float64(v.Float32()))
		}
		return out
	}
	out := make([]float64, values.Len())
	for i, units := range c.ints(values, valid) {
		out[i] = c.Canonical(float64(units) / c.decimal)
	}
	return out
}

// canonical copies floats, each as the field will hold it.
func (c *column) canonical(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = c.Canonical(v)
	}
	return out
}
