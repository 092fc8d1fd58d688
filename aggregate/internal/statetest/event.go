package statetest

import (
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// Event has a column of every kind, and optional ones.
type Event struct {
	Text  string
	Note  *string
	Int   int64
	Small int8
	Size  uint64
	Maybe *int64
	Float float64
	Half  float32
	Level *float64
	Flag  bool
	At    time.Time
}

// The fields of Event.
var (
	Text  = source.FieldOf(func(e *Event) *string { return &e.Text })
	Note  = source.OptionalOf(func(e *Event) **string { return &e.Note })
	Int   = source.FieldOf(func(e *Event) *int64 { return &e.Int })
	Small = source.FieldOf(func(e *Event) *int8 { return &e.Small })
	Size  = source.FieldOf(func(e *Event) *uint64 { return &e.Size })
	Maybe = source.OptionalOf(func(e *Event) **int64 { return &e.Maybe })
	Float = source.FieldOf(func(e *Event) *float64 { return &e.Float })
	Half  = source.FieldOf(func(e *Event) *float32 { return &e.Half })
	Level = source.OptionalOf(func(e *Event) **float64 { return &e.Level })
	Flag  = source.FieldOf(func(e *Event) *bool { return &e.Flag })
	At    = source.FieldOf(func(e *Event) *time.Time { return &e.At })

	// Odd is derived from a column with nulls.
	Odd = source.Map(Maybe, func(n int64) int64 { return n | 1 })
)

var (
	texts  = rapid.OneOf(rapid.SampledFrom([]string{"", "a", "ab", "norte", "ñ", "\x00"}), rapid.StringN(0, 30, 60))
	ints   = rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
	floats = rapid.OneOf(rapid.Float64Range(-100, 100), rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 0.1,
		math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}))
)

// Draw draws a few events, extremes among them. Sizes are from 0 to 1000.
func Draw(t *rapid.T) []Event { return DrawUpTo(12)(t) }

// DrawUpTo draws up to n events.
func DrawUpTo(n int) func(t *rapid.T) []Event {
	one := rapid.Custom(func(t *rapid.T) Event {
		return Event{
			Text:  texts.Draw(t, "text"),
			Note:  optional(texts).Draw(t, "note"),
			Int:   ints.Draw(t, "int"),
			Small: rapid.Int8().Draw(t, "small"),
			Size:  rapid.Uint64Range(0, 1000).Draw(t, "size"),
			Maybe: optional(ints).Draw(t, "maybe"),
			Float: floats.Draw(t, "float"),
			Half:  rapid.Float32().Draw(t, "half"),
			Level: optional(floats).Draw(t, "level"),
			Flag:  rapid.Bool().Draw(t, "flag"),
			At:    time.UnixMicro(rapid.Int64Range(-1e15, 1e15).Draw(t, "at")),
		}
	})
	return func(t *rapid.T) []Event { return rapid.SliceOfN(one, 0, n).Draw(t, "events") }
}

func optional[T any](g *rapid.Generator[T]) *rapid.Generator[*T] {
	return rapid.Custom(func(t *rapid.T) *T {
		if rapid.Bool().Draw(t, "null") {
			return nil
		}
		v := g.Draw(t, "value")
		return &v
	})
}
