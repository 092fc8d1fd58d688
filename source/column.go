package source

import "reflect"

// What a [TableFormat] of another package needs to know of a column, to write
// vectors that are normalised.

// CheckInt says whether the field can hold an integer, of a Bool, Int, Time or
// Decimal column: ErrValue if not.
func (c *Column) CheckInt(v int64) error { return checkInt(c, v) }

// Range is the integers that the field can hold, for checking many at once.
func (c *Column) Range() (low, high int64) { return c.low, c.high }

// Canonical gives a number as the field will hold it: rounded to a float32 where
// it's one, with one NaN and one zero.
func (c *Column) Canonical(f float64) float64 {
	if c.typ.Kind() == reflect.Float32 {
		f = float64(float32(f))
	}
	return CanonicalFloat(f)
}

// Zero is what stands in the place of a null where the column can't be null: the
// field's zero value, which for a time is the year 1.
func (c *Column) Zero() Value {
	v := Value{Kind: c.Kind}
	switch c.Kind {
	case Time:
		v.Int = minTime
	case Opaque:
		v.Text = c.blank
	}
	return v
}
