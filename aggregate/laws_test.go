package aggregate_test

import (
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/aggregatetest"
	"github.com/anabranch-go/anabranch/source"
)

// Each aggregate is a row here.
func TestLaws(t *testing.T) {
	laws(t, "count", aggregate.Count[sale]())
	laws(t, "count of", aggregate.CountOf(coupon))
	laws(t, "sum", aggregate.Sum(cents))
	laws(t, "sum with nulls", aggregate.Sum(points))
	laws(t, "sum of a derived column", aggregate.Sum(double))
	laws(t, "sum of small integers", aggregate.Sum(units))
	laws(t, "sum of unsigned integers", aggregate.Sum(serial))
	laws(t, "sum of floats", aggregate.SumFloat(price))
	laws(t, "sum of floats with nulls", aggregate.SumFloat(weight))
	laws(t, "sum of small floats", aggregate.SumFloat(rate))
	laws(t, "mean", aggregate.Mean(cents))
	laws(t, "mean with nulls", aggregate.Mean(points))
	laws(t, "mean of floats", aggregate.Mean(price))
	laws(t, "mean of floats with nulls", aggregate.Mean(weight))
	laws(t, "variance", aggregate.Variance(cents))
	laws(t, "variance with nulls", aggregate.Variance(points))
	laws(t, "variance of floats", aggregate.Variance(price))
	laws(t, "variance of floats with nulls", aggregate.Variance(weight))
	laws(t, "variance of small floats", aggregate.Variance(rate))
	laws(t, "covariance", aggregate.Covariance(cents, units))
	laws(t, "covariance with nulls", aggregate.Covariance(weight, points))
	laws(t, "regression", aggregate.Regression(serial, cents))
	laws(t, "regression of floats", aggregate.Regression(price, weight))
	laws(t, "net regression", aggregate.Net(aggregate.Regression(price, points), source.Equal(paid, true)))
	laws(t, "distinct integers", aggregate.Distinct(cents))
	laws(t, "distinct integers with nulls", aggregate.Distinct(points))
	laws(t, "distinct bools", aggregate.Distinct(paid))
	laws(t, "distinct times", aggregate.Distinct(at))
	laws(t, "distinct floats", aggregate.Distinct(weight))
	laws(t, "distinct texts", aggregate.Distinct(shop))
	laws(t, "distinct texts with nulls", aggregate.Distinct(coupon))
	laws(t, "distinct derived texts", aggregate.Distinct(region))
	laws(t, "set of integers", aggregate.Set(points))
	laws(t, "set of bools", aggregate.Set(paid))
	laws(t, "set of times", aggregate.Set(due))
	laws(t, "set of floats", aggregate.Set(weight))
	laws(t, "set of texts", aggregate.Set(coupon))
	laws(t, "min of decimals", aggregate.Min(cents))
	laws(t, "min of integers with nulls", aggregate.Min(points))
	laws(t, "min of unsigned integers", aggregate.Min(serial))
	laws(t, "min of floats with nulls", aggregate.Min(weight))
	laws(t, "min of small floats", aggregate.Min(rate))
	laws(t, "min of times", aggregate.Min(due))
	laws(t, "min of texts", aggregate.Min(shop))
	laws(t, "min of derived texts", aggregate.Min(region))
	laws(t, "min of bools", aggregate.Min(paid))
	laws(t, "max of small integers", aggregate.Max(units))
	laws(t, "max of derived integers", aggregate.Max(double))
	laws(t, "max of floats", aggregate.Max(price))
	laws(t, "max of times", aggregate.Max(at))
	laws(t, "max of texts with nulls", aggregate.Max(coupon))
	laws(t, "max of bools", aggregate.Max(paid))
	laws(t, "first integer", aggregate.First(cents, at))
	laws(t, "first text, of times with nulls", aggregate.First(coupon, due))
	laws(t, "last integer with nulls", aggregate.Last(points, at))
	laws(t, "last float", aggregate.Last(weight, at))
	laws(t, "last text", aggregate.Last(shop, at))
	laws(t, "argmin by integers", aggregate.ArgMin(coupon, points, at))
	laws(t, "argmin by texts", aggregate.ArgMin(cents, coupon, at))
	laws(t, "argmin by bools", aggregate.ArgMin(shop, paid, due))
	laws(t, "argmax by floats", aggregate.ArgMax(shop, weight, at))
	laws(t, "argmax by texts", aggregate.ArgMax(region, shop, at))
	laws(t, "argmax by small integers", aggregate.ArgMax(weight, units, at))
	laws(t, "histogram of integers", aggregate.Histogram(points, -2, 0, 1, 1000))
	laws(t, "histogram of small integers", aggregate.Histogram(units, 0))
	laws(t, "histogram of floats", aggregate.Histogram(weight, -1e16, -0.5, 0, 0.1, 1))
	laws(t, "sample by texts", aggregate.Sample(shop, points, at, 3))
	laws(t, "sample by integers", aggregate.Sample(points, coupon, due, 1))
	laws(t, "sample by floats", aggregate.Sample(weight, paid, at, 4))
	laws(t, "map", aggregate.Map(aggregate.Max(coupon), source.Null[string].String))
	laws(t, "where", aggregate.Where(aggregate.Distinct(coupon), source.AtLeast(cents, 0)))
	laws(t, "where not", aggregate.Where(aggregate.Sum(points), source.Not(source.Or(
		source.Equal(paid, true), source.Match(coupon, func(s string) bool { return len(s) > 2 })))))
	laws(t, "where all", aggregate.Where(aggregate.Sum(points), source.Predicate[sale]{}))
	laws(t, "net count", aggregate.Net(aggregate.Count[sale](), source.Equal(paid, true)))
	laws(t, "net sum with nulls", aggregate.Net(aggregate.Sum(points), source.AtLeast(cents, 0)))
	laws(t, "net floats", aggregate.Net(aggregate.SumFloat(weight), source.Equal(paid, true)))
	laws(t, "net of everything", aggregate.Net(aggregate.Sum(cents), source.Predicate[sale]{}))
	laws(t, "net join", aggregate.Net(aggregate.Join3(
		aggregate.SumFloat(price), aggregate.Where(aggregate.CountOf(coupon), source.AtLeast(cents, 0)), aggregate.Net(aggregate.Sum(units), source.AtLeast(cents, 5)),
		func(a float64, b, c int64) float64 { return a + float64(b+c) }), source.Equal(paid, true)))
	laws(t, "of", aggregate.Of(lengths{}))
	laws(t, "join", aggregate.Join3(aggregate.Sum(units), aggregate.SumFloat(rate), aggregate.Distinct(shop),
		func(sum int64, rates float64, shops int64) summary { return summary{Units: sum, Shops: shops} }))
	laws(t, "join of many", aggregate.Join(
		aggregate.To(aggregate.Sum(units), func(s *summary) *int64 { return &s.Units }),
		aggregate.To(aggregate.Last(shop, at), func(s *summary) *source.Null[string] { return &s.Last }),
		aggregate.To(aggregate.Set(paid), func(s *summary) *[]bool { return &s.Paid })))
	laws(t, "join of joins", aggregate.Join2(
		aggregate.Join2(aggregate.Count[sale](), aggregate.Of(lengths{}), func(n int64, l int) int64 { return n + int64(l) }),
		aggregate.Where(aggregate.Join2(aggregate.CountOf(points), aggregate.Sum(units), func(n, sum int64) int64 { return n - sum }),
			source.Equal(paid, true)),
		func(a, b int64) [2]int64 { return [2]int64{a, b} }))
}

func laws[R any](t *testing.T, name string, a aggregate.Aggregate[sale, R]) {
	t.Run(name, func(t *testing.T) { aggregatetest.Laws(t, a, sales, nil) })
}

type summary struct {
	Units, Shops int64
	Last         source.Null[string]
	Paid         []bool
}

// lengths counts the shops' names by length: a caller's own aggregate whose
// state is a map. Its result is how many lengths there are.
type lengths struct{}

func (lengths) Codec() string     { return "lengths/1" }
func (lengths) Zero() map[int]int { return map[int]int{} }
func (lengths) Add(s map[int]int, e *sale) map[int]int {
	s[len(e.Shop)]++
	return s
}
func (lengths) Merge(a, b map[int]int) map[int]int {
	for length, n := range b {
		a[length] += n
	}
	return a
}
func (lengths) Result(s map[int]int) int { return len(s) }
func (lengths) AppendState(dst []byte, s map[int]int) []byte {
	for _, length := range slices.SortedFunc(maps.Keys(s), cmp.Compare[int]) {
		dst = binary.AppendUvarint(dst, uint64(length))
		dst = binary.AppendUvarint(dst, uint64(s[length]))
	}
	return dst
}
func (lengths) DecodeState(b []byte) (map[int]int, error) {
	s := map[int]int{}
	for len(b) > 0 {
		length, n := binary.Uvarint(b)
		count, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 {
			return nil, errors.New("it ends early")
		}
		s[int(length)] += int(count)
		b = b[n+m:]
	}
	return s, nil
}
