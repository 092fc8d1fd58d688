package source

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/anabranch-go/anabranch/internal/columnar"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

var int64Type = reflect.TypeFor[int64]()

// columnReader reads a Parquet column as a column of the schema.
type columnReader struct {
	*Column
	file *columnar.File
	leaf int // -1 where the file doesn't have it
	fit  fit
	// strict refuses nulls where the column is required. An archive's own files
	// have them where they were written before the column was.
	strict bool
	from   *columnar.ColumnReader
	behind int64 // rows to pass over before the next are read

	ints   []int64
	floats []float64
	codes  []uint32
	valid  []bool
	texts  texts
	blank  Vector // of a column that the file doesn't have: as many rows as were asked for once
}

// fit says how a file's integers become the column's.
type fit struct {
	unsigned uint    // the file's width, of unsigned integers
	multiply int64   // or
	divide   int64   // rounding down; 1 and 1 for most
	exact    bool    // every value fits as it is
	decimal  float64 // of a Float column from decimals: their unit; else 0
	scale    int     // of these
}

func newColumnReader(file *columnar.File, c *Column, strict bool) (*columnReader, error) {
	r := &columnReader{Column: c, file: file, leaf: -1, strict: strict && c.Required}
	leaf, ok := file.Find(c.Path)
	if !ok {
		r.strict = false // a table's path may have it, and a table asks for it
		return r, nil
	}
	r.leaf = leaf
	if file.Leaves[leaf].Repeated {
		return nil, fmt.Errorf("%w: %s: column %s is a list, not a %s", ErrColumn, file.Name, c.Name, c.Kind)
	}
	fit, err := fitColumn(c, &file.Leaves[leaf].Element)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: column %s: %w", ErrColumn, file.Name, c.Name, err)
	}
	r.fit = fit
	return r, nil
}

// fitColumn says how a Parquet column is read as one of ours, or that it can't
// be.
func fitColumn(c *Column, e *format.SchemaElement) (fit, error) {
	out := fit{multiply: 1, divide: 1}
	typ, what := e.Type.V, annotation(e)
	integer := typ == format.Int32 || typ == format.Int64
	ok := false
	switch t := what.(type) {
	case nil:
		switch c.Kind {
		case Bool:
			ok, out.exact = typ == format.Boolean, true
		case Int:
			ok, out.exact = integer, c.typ.Kind() == reflect.Int64 || c.typ.Kind() == reflect.Int
		case Float:
			ok = typ == format.Float || typ == format.Double
		case String, Opaque:
			ok = typ == format.ByteArray
		case Time:
			ok = typ == format.Int96
		}
	case *format.StringType, *format.JsonType, *format.EnumType:
		ok = c.Kind.text() && typ == format.ByteArray
	case *format.IntType:
		ok = c.Kind == Int && integer
		if !t.IsSigned {
			out.unsigned = uint(t.BitWidth)
		}
	case *format.TimestampType:
		ok = c.Kind == Time && typ == format.Int64
		switch t.Unit.Value.(type) {
		case *format.MilliSeconds:
			out.multiply = 1000
		case *format.NanoSeconds:
			out.divide = 1000
		}
	case *format.DateType:
		ok = c.Kind == Time && typ == format.Int32
		out.multiply = 24 * 60 * 60 * 1e6
	case *format.DecimalType:
		ok = out.fitDecimal(c, int(t.Scale)) && (integer || typ == format.FixedLenByteArray)
	}
	if !ok {
		return out, fmt.Errorf("it's %s in the file, and %s here", describe(typ, what), describeColumn(c))
	}
	return out, nil
}

// fitDecimal says whether a column can be read from decimals of a scale: as
// decimals of as many digits after the point or more, as floats, and as integers
// where there are none after it.
func (f *fit) fitDecimal(c *Column, scale int) bool {
	switch {
	case c.Kind == Float:
		f.decimal, f.scale = math.Pow10(scale), scale
		return scale >= 0
	case c.Kind != Decimal && c.Kind != Int || scale < 0 || scale > c.Scale:
		return false
	}
	for ; scale < c.Scale; scale++ {
		f.multiply *= 10
	}
	f.exact = c.Kind == Decimal && f.multiply == 1
	return true
}

// float gives the float nearest to a decimal. A division rounds once where both
// numbers are floats themselves: up to 2^53, and 10^22.
func (f *fit) float(units int64) float64 {
	if f.scale <= 22 && -1<<53 <= units && units <= 1<<53 {
		return float64(units) / f.decimal
	}
	text := append(strconv.AppendInt(make([]byte, 0, 32), units, 10), "e-"...)
	x, _ := strconv.ParseFloat(string(strconv.AppendInt(text, int64(f.scale), 10)), 64) // never out of range
	return x
}

// annotation gives a Parquet column's logical type, from its converted type in
// older files, or nil.
func annotation(e *format.SchemaElement) format.LogicalTypeValue {
	if e.LogicalType.Value != nil || !e.ConvertedType.Valid {
		return e.LogicalType.Value
	}
	switch t := e.ConvertedType.V; t {
	case deprecated.UTF8:
		return new(format.StringType)
	case deprecated.Json:
		return new(format.JsonType)
	case deprecated.Enum:
		return new(format.EnumType)
	case deprecated.Decimal:
		return &format.DecimalType{Scale: e.Scale.V, Precision: e.Precision.V}
	case deprecated.Date:
		return new(format.DateType)
	case deprecated.TimestampMillis:
		return &format.TimestampType{Unit: format.TimeUnit{Value: new(format.MilliSeconds)}}
	case deprecated.TimestampMicros:
		return &format.TimestampType{Unit: format.TimeUnit{Value: new(format.MicroSeconds)}}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return &format.IntType{BitWidth: 8 << (t - deprecated.Uint8)}
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return &format.IntType{BitWidth: 8 << (t - deprecated.Int8), IsSigned: true}
	}
	return new(format.NullType) // a duration, a map: nothing of ours
}

func describe(typ format.Type, what format.LogicalTypeValue) string {
	if what == nil {
		return typ.String()
	}
	return typ.String() + " " + what.String()
}

func describeColumn(c *Column) string {
	if c.Kind == Decimal {
		return fmt.Sprintf("decimal of scale %d", c.Scale)
	}
	return c.Kind.String()
}

// open goes to the beginning of a row group.
func (r *columnReader) open(group int) (err error) {
	r.texts, r.behind = texts{}, 0
	if r.leaf >= 0 {
		r.from, err = r.file.Column(group, r.leaf)
	}
	return err
}

// read gives the next n rows, in memory that it uses again. It calls reject for
// each value that doesn't fit.
func (r *columnReader) read(n int, reject func(row int, c *Column, what string) error) (v Vector, err error) {
	if r.leaf >= 0 {
		if err := r.catchUp(); err != nil {
			return v, err
		}
		return r.readNext(n, reject)
	}
	if r.blank.len() < n {
		if r.blank, err = r.readNext(n, reject); err != nil {
			return v, err
		}
		r.blank.Same = true
	}
	return r.blank.slice(0, n), nil
}

func (r *columnReader) readNext(n int, reject func(row int, c *Column, what string) error) (Vector, error) {
	if cap(r.valid) < n {
		r.valid = make([]bool, n)
	}
	r.valid = r.valid[:n]
	v := Vector{Kind: r.Kind}
	nulls, err := r.readValues(&v, n)
	if err != nil {
		return v, err
	}
	if err := r.check(&v, nulls, reject); err != nil {
		return v, err
	}
	if nulls && r.Nullable {
		v.Valid = r.valid
	} else if nulls {
		r.fillZeros(&v)
		if err := r.requireAll(reject); err != nil {
			return v, err
		}
	}
	if r.Kind.text() {
		v.Dict = r.texts.dictionary()
	}
	return v, nil
}

func (r *columnReader) readValues(v *Vector, n int) (nulls bool, err error) {
	switch {
	case r.Kind.text():
		r.texts.begin(n)
		v.Codes = grow(&r.codes, n)
	case r.Kind == Float:
		v.Floats = grow(&r.floats, n)
	default:
		v.Ints = grow(&r.ints, n)
	}
	switch {
	case r.leaf < 0:
		clear(v.Ints)
		clear(v.Floats)
		clear(v.Codes)
		clear(r.valid)
		nulls = true
	case r.Kind.text():
		nulls, err = r.from.Codes(v.Codes, r.valid, &r.texts)
	case r.Kind == Float && r.fit.decimal > 0:
		ints := grow(&r.ints, n)
		nulls, err = r.from.Ints(ints, r.valid)
		for i, units := range ints {
			v.Floats[i] = r.fit.float(units)
		}
	case r.Kind == Float:
		nulls, err = r.from.Floats(v.Floats, r.valid)
	default:
		nulls, err = r.from.Ints(v.Ints, r.valid)
	}
	if nulls && r.Kind.text() { // a null's code is one that the dictionary has, too
		empty := r.texts.find("")
		for i, valid := range r.valid {
			if !valid {
				v.Codes[i] = empty
			}
		}
	}
	return nulls, err
}

// requireAll rejects nulls where there mustn't be any.
func (r *columnReader) requireAll(reject func(int, *Column, string) error) error {
	for i, valid := range r.valid {
		if valid || !r.strict {
			continue
		}
		if err := reject(i, r.Column, "it's required, and null"); err != nil {
			return err
		}
	}
	return nil
}

// fillZeros gives nulls the column's zero value, as it can't be null.
func (r *columnReader) fillZeros(v *Vector) {
	null := uint32(0)
	if r.Kind == Opaque {
		null = r.texts.find("null")
	}
	for i, valid := range r.valid {
		switch {
		case valid:
		case r.Kind == Time:
			v.Ints[i] = minTime // the zero time.Time
		case r.Kind == Opaque:
			v.Codes[i] = null
		}
	}
}

func grow[T any](b *[]T, n int) []T {
	if cap(*b) < n {
		*b = make([]T, n)
	}
	*b = (*b)[:n]
	return *b
}

// check brings values into the column's unit and form, and rejects those that
// don't fit.
func (r *columnReader) check(v *Vector, nulls bool, reject func(int, *Column, string) error) error {
	switch {
	case r.Kind == Float:
		single := r.typ.Kind() == reflect.Float32
		for i, f := range v.Floats {
			if single {
				f = float64(float32(f))
			}
			v.Floats[i] = CanonicalFloat(f)
		}
		return nil
	case r.Kind.text() || r.leaf < 0 || r.fit.exact:
		return nil
	}
	if r.fit.identical() && len(v.Ints) > 0 { // what fits is a range, and 0, of nulls, is in it
		if checkInt(r.Column, slices.Min(v.Ints)) == nil && checkInt(r.Column, slices.Max(v.Ints)) == nil {
			return nil
		}
	}
	for i, x := range v.Ints {
		if nulls && !r.valid[i] {
			continue
		}
		y, ok := r.fit.convert(x)
		if ok {
			ok = checkInt(r.Column, y) == nil
		}
		if v.Ints[i] = y; ok {
			continue
		}
		if err := reject(i, r.Column, fmt.Sprintf("%d doesn't fit a %s", x, r.typ)); err != nil {
			return err
		}
	}
	return nil
}

func (f *fit) identical() bool { return f.unsigned == 0 && f.multiply == 1 && f.divide == 1 }

func (f *fit) convert(x int64) (int64, bool) {
	switch {
	case f.unsigned == 64:
		return x, x >= 0
	case f.unsigned > 0:
		return x & (1<<f.unsigned - 1), true
	case f.multiply > 1:
		return x * f.multiply, x <= math.MaxInt64/f.multiply && x >= math.MinInt64/f.multiply
	case f.divide > 1:
		y := x / f.divide
		if x%f.divide < 0 {
			y--
		}
		return y, true
	}
	return x, true
}
