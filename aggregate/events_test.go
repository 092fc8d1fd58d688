package aggregate_test

import (
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// sale has a column of every kind, and optional ones.
type sale struct {
	Shop   string
	Cents  int64 `anabranch:"cents,decimal=2"`
	Units  int8
	Serial uint64
	Price  float64
	Rate   float32
	Paid   bool
	At     time.Time
	Coupon *string
	Points *int64
	Weight *float64
	Due    *time.Time
}

var (
	shop   = source.FieldOf(func(e *sale) *string { return &e.Shop })
	cents  = source.FieldOf(func(e *sale) *int64 { return &e.Cents })
	units  = source.FieldOf(func(e *sale) *int8 { return &e.Units })
	serial = source.FieldOf(func(e *sale) *uint64 { return &e.Serial })
	price  = source.FieldOf(func(e *sale) *float64 { return &e.Price })
	rate   = source.FieldOf(func(e *sale) *float32 { return &e.Rate })
	paid   = source.FieldOf(func(e *sale) *bool { return &e.Paid })
	at     = source.FieldOf(func(e *sale) *time.Time { return &e.At })
	coupon = source.OptionalOf(func(e *sale) **string { return &e.Coupon })
	points = source.OptionalOf(func(e *sale) **int64 { return &e.Points })
	weight = source.OptionalOf(func(e *sale) **float64 { return &e.Weight })
	due    = source.OptionalOf(func(e *sale) **time.Time { return &e.Due })

	// Derived columns, over a text and over a number with nulls.
	region = source.Map(shop, func(s string) string { return s[:min(1, len(s))] })
	later  = source.Map(at, func(t time.Time) time.Time { return t.Add(time.Hour) })
	double = source.Map(points, func(p int64) int64 { return p / 2 * 2 })
)

var (
	anyText  = rapid.OneOf(rapid.SampledFrom([]string{"", "a", "ab", "norte", "ñ", "\xff", "\x00"}), rapid.StringN(0, 200, 200))
	anyInt   = rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
	anyFloat = rapid.OneOf(
		rapid.Float64Range(-100, 100),
		rapid.Float64(),
		rapid.Map(rapid.IntRange(-1074, 1023), func(e int) float64 { return math.Ldexp(-1, e) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 1e16, -1e16, 0.1, 1e100, -1e100,
			math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}),
	)
	anyTime = rapid.Map(rapid.OneOf(rapid.Int64Range(0, 2), rapid.Int64Range(-1e15, 1e15)), time.UnixMicro)

	specialFloat = rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})
)

// sales draws events; in one draw of four, floats that aren't numbers too.
func sales(t *rapid.T) []sale {
	floats := anyFloat
	if rapid.IntRange(0, 3).Draw(t, "special floats") == 0 {
		floats = rapid.OneOf(anyFloat, anyFloat, specialFloat)
	}
	one := rapid.Custom(func(t *rapid.T) sale {
		return sale{
			Shop:   anyText.Draw(t, "shop"),
			Cents:  anyInt.Draw(t, "cents"),
			Units:  rapid.Int8().Draw(t, "units"),
			Serial: rapid.Uint64Range(0, math.MaxInt64).Draw(t, "serial"),
			Price:  floats.Draw(t, "price"),
			Rate:   rapid.Float32().Draw(t, "rate"),
			Paid:   rapid.Bool().Draw(t, "paid"),
			At:     anyTime.Draw(t, "at"),
			Coupon: optional(anyText).Draw(t, "coupon"),
			Points: optional(anyInt).Draw(t, "points"),
			Weight: optional(floats).Draw(t, "weight"),
			Due:    optional(anyTime).Draw(t, "due"),
		}
	})
	return rapid.SliceOfN(one, 0, 12).Draw(t, "sales")
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
