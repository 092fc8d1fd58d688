package partition

import "time"

// sort is what a Value holds. The zero sort is null.
type sort uint8

const (
	null sort = iota
	instant
	integer
	text
)

var sortNames = [...]string{"null", "time", "int", "string"}

// Value is a partition value. The zero Value is Null.
type Value struct {
	sort sort
	at   time.Time
	n    int64
	s    string
}

// Time gives a value for a dimension by time.
func Time(t time.Time) Value { return Value{sort: instant, at: t} }

// Int gives a value for a dimension by hash or value.
func Int(i int64) Value { return Value{sort: integer, n: i} }

// String gives a value for a dimension by hash or value. Any bytes will do.
func String(s string) Value { return Value{sort: text, s: s} }

// Null gives the value of a missing field. Every dimension takes it.
func Null() Value { return Value{} }
