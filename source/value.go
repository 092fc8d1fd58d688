package source

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Value is one scalar in a column's own representation: Int for bools,
// integers, times (µs) and decimals (units), Float for floats, Text for
// strings.
type Value struct {
	Kind  Kind
	Null  bool
	Int   int64
	Float float64
	Text  string
}

// The range of event times: years 1 to 9999, as SQL and Parquet readers have it.
var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	maxTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// Micros gives a time in a column's representation, rounded down to the
// microsecond. Outside the years 1 to 9999 it's ErrValue.
func Micros(t time.Time) (int64, error) {
	// UnixMicro overflows silently far from 1970, so the year is looked at first.
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return 0, fmt.Errorf("%w: time in the year %d", ErrValue, y)
	}
	return t.UnixMicro(), nil
}

// FromMicros is the time of a column's value.
func FromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// CanonicalFloat gives one bit pattern to NaN and to zero, so that equal values
// are equal bytes.
func CanonicalFloat(f float64) float64 {
	if f != f {
		return math.NaN()
	}
	if f == 0 {
		return 0
	}
	return f
}

// CanonicalText makes a text valid UTF-8.
func CanonicalText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// ValueOf gives v, a value of a field's Go type or a [Null] of one, in column
// representation.
func ValueOf(v any) (Value, error) {
	if n, ok := v.(nullable); ok {
		return n.value()
	}
	r := reflect.ValueOf(v)
	switch kind := goKind(reflect.TypeOf(v)); kind {
	case Time:
		us, err := Micros(r.Convert(timeType).Interface().(time.Time))
		return Value{Kind: Time, Int: us}, err
	case Bool:
		if r.Bool() {
			return Value{Kind: Bool, Int: 1}, nil
		}
		return Value{Kind: Bool}, nil
	case Int:
		if r.CanInt() {
			return Value{Kind: Int, Int: r.Int()}, nil
		}
		if u := r.Uint(); u <= math.MaxInt64 {
			return Value{Kind: Int, Int: int64(u)}, nil
		}
		return Value{}, fmt.Errorf("%w: %v is past 64 signed bits", ErrValue, v)
	case Float:
		return Value{Kind: Float, Float: CanonicalFloat(r.Float())}, nil
	case String:
		return Value{Kind: String, Text: CanonicalText(r.String())}, nil
	}
	return Value{}, fmt.Errorf("%w: a %T is no bool, integer, float, string or time", ErrField, v)
}

// SetValue writes v into the scalar that dst points to. It's the inverse of
// [ValueOf]; a null leaves the zero value.
func SetValue(dst any, v Value) error {
	if n, ok := dst.(settable); ok {
		return n.set(v)
	}
	r := reflect.ValueOf(dst)
	if r.Kind() != reflect.Pointer || r.IsNil() {
		return fmt.Errorf("%w: cannot set a %T", ErrField, dst)
	}
	r = r.Elem()
	if v.Null {
		r.SetZero()
		return nil
	}
	switch goKind(r.Type()) {
	case Time:
		r.Set(reflect.ValueOf(FromMicros(v.Int)).Convert(r.Type()))
	case Bool:
		r.SetBool(v.Int != 0)
	case Int:
		if r.CanInt() {
			if r.OverflowInt(v.Int) {
				return fmt.Errorf("%w: %d in a %s", ErrValue, v.Int, r.Type())
			}
			r.SetInt(v.Int)
			return nil
		}
		if v.Int < 0 || r.OverflowUint(uint64(v.Int)) {
			return fmt.Errorf("%w: %d in a %s", ErrValue, v.Int, r.Type())
		}
		r.SetUint(uint64(v.Int))
	case Float:
		r.SetFloat(v.Float)
	case String:
		r.SetString(v.Text)
	default:
		return fmt.Errorf("%w: cannot set a %T", ErrField, dst)
	}
	return nil
}

// goKind is the kind of column that a Go type without tags makes.
func goKind(t reflect.Type) Kind {
	if t == nil {
		return Invalid
	}
	if isTime(t) {
		return Time
	}
	switch t.Kind() {
	case reflect.Bool:
		return Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Int
	case reflect.Float32, reflect.Float64:
		return Float
	case reflect.String:
		return String
	}
	return Invalid
}

var timeType = reflect.TypeFor[time.Time]()

// isTime says whether t is time.Time or a named form of it.
func isTime(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.ConvertibleTo(timeType) }

// String shows a value to people.
func (v Value) String() string {
	switch {
	case v.Null:
		return "null"
	case v.Kind == Float:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case v.Kind.text():
		return strconv.Quote(v.Text)
	case v.Kind == Time:
		return FromMicros(v.Int).Format(time.RFC3339Nano)
	case v.Kind == Bool:
		return strconv.FormatBool(v.Int != 0)
	}
	return strconv.FormatInt(v.Int, 10)
}
