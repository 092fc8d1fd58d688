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
	laws(t, "distinct integers", aggregate.Distinct(cents))
	laws(t, "distinct integers with nulls", aggregate.Distinct(points))
	laws(t, "distinct bools", aggregate.Distinct(paid))
	laws(t, "distinct times", aggregate.Distinct(at))
	laws(t, "distinct floats", aggregate.Distinct(weight))
	laws(t, "distinct texts", aggregate.Distinct(shop))
	laws(t, "distinct texts with nulls", aggregate.Distinct(coupon))
	laws(t, "distinct derived texts", aggregate.Distinct(region))
	laws(t, "where", aggregate.Where(aggregate.Distinct(coupon), source.AtLeast(cents, 0)))
	laws(t, "where not", aggregate.Where(aggregate.Sum(points), source.Not(source.Or(
		source.Equal(paid, true), source.Match(coupon, func(s string) bool { return len(s) > 2 })))))
	laws(t, "where all", aggregate.Where(aggregate.Sum(points), source.Predicate[sale]{}))
	laws(t, "of", aggregate.Of(lengths{}))
	laws(t, "join", aggregate.Join3(aggregate.Sum(units), aggregate.SumFloat(rate), aggregate.Distinct(shop),
		func(sum int64, rates float64, shops int64) summary { return summary{sum, shops} }))
	laws(t, "join of joins", aggregate.Join2(
		aggregate.Join2(aggregate.Count[sale](), aggregate.Of(lengths{}), func(n int64, l int) int64 { return n + int64(l) }),
		aggregate.Where(aggregate.Join2(aggregate.CountOf(points), aggregate.Sum(units), func(n, sum int64) int64 { return n - sum }),
			source.Equal(paid, true)),
		func(a, b int64) [2]int64 { return [2]int64{a, b} }))
}

func laws[R any](t *testing.T, name string, a aggregate.Aggregate[sale, R]) {
	t.Run(name, func(t *testing.T) { aggregatetest.Laws(t, a, sales, nil) })
}

type summary struct{ Units, Shops int64 }

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
