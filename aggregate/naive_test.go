package aggregate_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// fold gives the results of groups after events were folded as one chunk.
func fold[E, R any](t require.TestingT, a aggregate.Aggregate[E, R], n int, groups []uint32, events []E) aggregate.Results[E, R] {
	b, err := source.NewBinder[E]()
	require.NoError(t, err)
	states, err := a.Bind(b)
	require.NoError(t, err)
	builder := source.NewBuilder[E](b.Schema(), nil)
	rows := make([]int32, len(events))
	for i, e := range events {
		builder.Append(&e, int64(i), nil)
		rows[i] = int32(i)
	}
	require.Equal(t, len(events), builder.Len(), "an event was refused")
	frame := b.NewFrame()
	frame.Load(builder.Chunk(0, 0, int64(len(events))))
	s := states()
	s.Grow(n)
	s.Add(groups, rows, frame)
	return s
}

// resultOf reads one group's result.
func resultOf[E, R any](s aggregate.Results[E, R], group uint32) (R, error) {
	into := make([]R, 1)
	n, err := s.Read([]uint32{group}, into)
	if (n == 1) != (err == nil) {
		panic(fmt.Sprint("read ", n, " of 1 result: ", err))
	}
	return append(into[:n], *new(R))[0], err
}

// naive compares an aggregate with a plain computation of a group's events.
func naive[R any](t *testing.T, name string, a aggregate.Aggregate[sale, R], compute func([]sale) (R, error)) {
	t.Run(name, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			events := sales(t)
			groups := rapid.SliceOfN(rapid.Uint32Range(0, 2), len(events), len(events)).Draw(t, "groups")
			states := fold(t, a, 3, groups, events)
			for g := range uint32(3) {
				var mine []sale
				for i, e := range events {
					if groups[i] == g {
						mine = append(mine, e)
					}
				}
				want, wantErr := compute(mine)
				got, err := resultOf(states, g)
				require.ErrorIs(t, err, wantErr)
				// Text, so that NaN equals NaN and -0 isn't 0.
				require.Equal(t, fmt.Sprint(want), fmt.Sprint(got), "group %d of %v", g, groups)
			}
		})
	})
}

func TestNaive(t *testing.T) {
	naive(t, "count", aggregate.Count[sale](), func(es []sale) (int64, error) { return int64(len(es)), nil })
	naive(t, "count of", aggregate.CountOf(coupon), func(es []sale) (int64, error) {
		return int64(len(values(es, func(e sale) *string { return e.Coupon }))), nil
	})
	naive(t, "sum", aggregate.Sum(cents), func(es []sale) (int64, error) {
		return bigSum(values(es, func(e sale) *int64 { return &e.Cents }))
	})
	naive(t, "sum with nulls", aggregate.Sum(points), func(es []sale) (int64, error) {
		return bigSum(values(es, func(e sale) *int64 { return e.Points }))
	})
	naive(t, "sum of floats", aggregate.SumFloat(price), func(es []sale) (float64, error) {
		return bigFloatSum(values(es, func(e sale) *float64 { return &e.Price }))
	})
	naive(t, "sum of floats with nulls", aggregate.SumFloat(weight), func(es []sale) (float64, error) {
		return bigFloatSum(values(es, func(e sale) *float64 { return e.Weight }))
	})
	naive(t, "sum of small floats", aggregate.SumFloat(rate), func(es []sale) (float64, error) {
		return bigFloatSum(values(es, func(e sale) *float64 { x := float64(e.Rate); return &x }))
	})
	naive(t, "distinct integers", aggregate.Distinct(points), func(es []sale) (int64, error) {
		return different(values(es, func(e sale) *int64 { return e.Points }))
	})
	naive(t, "distinct texts", aggregate.Distinct(coupon), func(es []sale) (int64, error) {
		return different(values(es, func(e sale) *string {
			if e.Coupon == nil {
				return nil
			}
			text := source.CanonicalText(*e.Coupon)
			return &text
		}))
	})
	naive(t, "distinct floats", aggregate.Distinct(weight), func(es []sale) (int64, error) {
		return different(values(es, func(e sale) *uint64 {
			if e.Weight == nil {
				return nil
			}
			bits := math.Float64bits(source.CanonicalFloat(*e.Weight))
			return &bits
		}))
	})
	naive(t, "distinct bools", aggregate.Distinct(paid), func(es []sale) (int64, error) {
		return different(values(es, func(e sale) *bool { return &e.Paid }))
	})
	naive(t, "where", aggregate.Where(aggregate.Count[sale](), source.AtLeast(cents, 0)), func(es []sale) (n int64, _ error) {
		for _, e := range es {
			if e.Cents >= 0 {
				n++
			}
		}
		return n, nil
	})
	refund := source.Equal(paid, true)
	naive(t, "net count", aggregate.Net(aggregate.Count[sale](), refund), func(es []sale) (n int64, _ error) {
		for _, e := range es {
			if e.Paid {
				n--
			} else {
				n++
			}
		}
		return n, nil
	})
	naive(t, "net sum", aggregate.Net(aggregate.Sum(units), refund), func(es []sale) (n int64, _ error) {
		for _, e := range es {
			if e.Paid {
				n -= int64(e.Units)
			} else {
				n += int64(e.Units)
			}
		}
		return n, nil
	})
	naive(t, "net floats", aggregate.Net(aggregate.SumFloat(rate), refund), func(es []sale) (float64, error) {
		return bigFloatSum(values(es, func(e sale) *float64 {
			x := float64(e.Rate)
			if e.Paid {
				x = -x
			}
			return &x
		}))
	})
}

// values collects what isn't null.
func values[T any](es []sale, of func(sale) *T) (out []T) {
	for _, e := range es {
		if v := of(e); v != nil {
			out = append(out, *v)
		}
	}
	return out
}

func bigSum(xs []int64) (int64, error) {
	sum := new(big.Int)
	for _, x := range xs {
		sum.Add(sum, big.NewInt(x))
	}
	if !sum.IsInt64() {
		return 0, aggregate.ErrOverflow
	}
	return sum.Int64(), nil
}

func bigFloatSum(xs []float64) (float64, error) {
	special, sum := 0.0, new(big.Float).SetPrec(2300)
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			special += x // NaN once two infinities meet, or with a NaN
			continue
		}
		sum.Add(sum, big.NewFloat(x))
	}
	if special != 0 {
		return special, nil
	}
	f, _ := sum.Float64()
	if math.IsInf(f, 0) {
		return 0, aggregate.ErrOverflow
	}
	return source.CanonicalFloat(f), nil
}

func different[T comparable](xs []T) (int64, error) {
	seen := map[T]bool{}
	for _, x := range xs {
		seen[x] = true
	}
	return int64(len(seen)), nil
}
