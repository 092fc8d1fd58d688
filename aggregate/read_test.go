package aggregate_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
)

// extremeSales have sums that pass 64 bits, now and then.
var extremeSales = rapid.Custom(func(t *rapid.T) sale {
	cents := rapid.SampledFrom([]int64{1, -1, 7, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64})
	e := sale{Cents: cents.Draw(t, "cents"), Price: rapid.SampledFrom([]float64{1, -0.5, math.MaxFloat64}).Draw(t, "price"),
		Shop: rapid.SampledFrom([]string{"norte", "sur"}).Draw(t, "shop")}
	if rapid.Bool().Draw(t, "has points") {
		points := cents.Draw(t, "points")
		e.Points = &points
	}
	return e
})

// reads compares results that are read together with those of one at a time, whose
// number and error are plainly the group's.
func reads[R any](t *testing.T, name string, a aggregate.Aggregate[sale, R]) {
	t.Run(name, func(t *testing.T) {
		failed := 0
		rapid.Check(t, func(t *rapid.T) {
			const n = 12
			events := rapid.SliceOfN(extremeSales, 0, 40).Draw(t, "events")
			groups := rapid.SliceOfN(rapid.Uint32Range(0, n-1), len(events), len(events)).Draw(t, "groups")
			s := fold(t, a, n, groups, events)
			for rest := rapid.SliceOfN(rapid.Uint32Range(0, n-1), 0, 50).Draw(t, "asked"); len(rest) > 0; {
				into := make([]R, len(rest))
				read, err := s.Read(rest, into)
				for i, g := range rest[:read] {
					want, err := resultOf(s, g)
					require.NoError(t, err, "group %d, number %d of %v", g, i, rest)
					require.Equal(t, fmt.Sprint(want), fmt.Sprint(into[i]), "group %d, number %d of %v", g, i, rest)
				}
				if err == nil {
					require.Len(t, rest, read)
					return
				}
				failed++
				_, wrong := resultOf(s, rest[read])
				require.EqualError(t, err, fmt.Sprint(wrong), "group %d, number %d of %v", rest[read], read, rest)
				rest = rest[read+1:]
			}
		})
		require.NotZero(t, failed, "some results must fail for this to say anything")
	})
}

// inverseOf panics for 0.
func inverseOf(n int64) int64 { return 10 / n }

func TestResultsReadTogetherAreThoseOfEach(t *testing.T) {
	type result struct {
		Cents, Points, Inverse int64
		Price                  float64
		Shops                  []string
	}
	cents0 := aggregate.To(aggregate.Sum(cents), func(r *result) *int64 { return &r.Cents })
	points0 := aggregate.To(aggregate.Sum(points), func(r *result) *int64 { return &r.Points })
	price0 := aggregate.To(aggregate.SumFloat(price), func(r *result) *float64 { return &r.Price })
	shops := aggregate.To(aggregate.Set(shop), func(r *result) *[]string { return &r.Shops })
	inverse := aggregate.To(aggregate.Map(aggregate.CountOf(points), inverseOf), func(r *result) *int64 { return &r.Inverse })
	reads(t, "sum", aggregate.Sum(cents))
	reads(t, "sum of floats", aggregate.SumFloat(price))
	reads(t, "map that panics", aggregate.Map(aggregate.CountOf(points), inverseOf))
	reads(t, "map of a sum", aggregate.Map(aggregate.Sum(points), inverseOf))
	reads(t, "join of many", aggregate.Join(cents0, shops, points0, price0, inverse))
	reads(t, "join of many, otherwise", aggregate.Join(inverse, price0, points0, shops, cents0))
	reads(t, "join of two", aggregate.Join2(aggregate.Sum(cents), aggregate.Map(aggregate.Sum(points), inverseOf), func(a, b int64) int64 { return inverseOf(a + b) }))
	calls := 0
	reads(t, "selector that panics", aggregate.Join(
		aggregate.To(aggregate.Count[sale](), func(r *result) *int64 {
			if calls++; r.Cents == 7 && calls > 1 {
				panic("seven")
			}
			return &r.Points
		}),
		cents0,
		aggregate.To(aggregate.Sum(cents), func(r *result) *int64 {
			if r.Points == 2 {
				panic("two")
			}
			return &r.Inverse
		})))
}

// TestTotalsAreThoseOfBigNumbers: sums and counts past 63 bits in some groups, by
// events, merged vectors, bytes and inverses.
func TestTotalsAreThoseOfBigNumbers(t *testing.T) {
	a := aggregate.Sum(cents)
	rapid.Check(t, func(t *rapid.T) {
		n := 1
		s, sums := fold(t, a, n, nil, nil), []*big.Int{new(big.Int)}
		group := func() uint32 { return rapid.Uint32Range(0, uint32(n-1)).Draw(t, "group") }
		t.Repeat(map[string]func(*rapid.T){
			"grow": func(t *rapid.T) {
				n += rapid.IntRange(1, 3).Draw(t, "more")
				for len(sums) < n {
					sums = append(sums, new(big.Int))
				}
				s.Grow(n)
			},
			"reset": func(*rapid.T) {
				s.Reset()
				n, sums = 1, []*big.Int{new(big.Int)}
				s.Grow(1)
			},
			"merge": func(t *rapid.T) {
				events := rapid.SliceOfN(extremeSales, 1, 4).Draw(t, "events")
				from, to := make([]uint32, len(events)), []uint32{group(), group()}
				for i, e := range events {
					from[i] = rapid.Uint32Range(0, 1).Draw(t, "from")
					sums[to[from[i]]].Add(sums[to[from[i]]], big.NewInt(e.Cents))
				}
				s.Merge(to, fold(t, a, 2, from, events))
			},
			"merge bytes": func(t *rapid.T) {
				from, to := group(), group()
				require.NoError(t, s.MergeState(to, s.AppendState(nil, from)))
				sums[to] = new(big.Int).Add(sums[to], sums[from])
			},
			"invert": func(*rapid.T) {
				g := group()
				require.True(t, s.(aggregate.Inverter).Invert(g))
				sums[g].Neg(sums[g])
			},
			"": func(t *rapid.T) {
				for g, want := range sums {
					if want.BitLen() > 120 {
						t.Skip("wraps")
					}
					got, err := resultOf(s, uint32(g))
					require.Equal(t, !want.IsInt64(), errors.Is(err, aggregate.ErrOverflow), "group %d is %v", g, want)
					if err == nil {
						require.Equal(t, want.Int64(), got)
					}
				}
			},
		})
	})
}
