package aggregate_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// The aggregates that depend on an order, each against a sort of all the events.
// A group's events come in the order of their offsets.
func TestNaiveOrder(t *testing.T) {
	naive(t, "min of integers", aggregate.Min(points), leastOf(func(e sale) *int64 { return e.Points }, cmp.Compare, 1))
	naive(t, "max of decimals", aggregate.Max(cents), leastOf(func(e sale) *int64 { return &e.Cents }, cmp.Compare, -1))
	naive(t, "min of floats", aggregate.Min(weight), leastOf(number, cmp.Compare, 1))
	naive(t, "max of floats", aggregate.Max(weight), leastOf(number, cmp.Compare, -1))
	naive(t, "min of times", aggregate.Min(due), leastOf(func(e sale) *time.Time { return inUTC(e.Due) }, time.Time.Compare, 1))
	naive(t, "min of texts", aggregate.Min(coupon), leastOf(couponOf, strings.Compare, 1))
	naive(t, "max of texts", aggregate.Max(coupon), leastOf(couponOf, strings.Compare, -1))
	naive(t, "max of bools", aggregate.Max(paid), func(es []sale) (out source.Null[bool], _ error) {
		for _, e := range es {
			out = source.Some(out.V || e.Paid)
		}
		return out, nil
	})

	byTime := func(a, b sale) int { return a.At.Compare(b.At) }
	naive(t, "first", aggregate.First(coupon, at), firstOf(couponOf, byTime))
	naive(t, "last", aggregate.Last(coupon, at), func(es []sale) (source.Null[string], error) {
		es = slices.Clone(es)
		slices.Reverse(es) // so that among equal times the last comes first
		return firstOf(couponOf, func(a, b sale) int { return byTime(b, a) })(es)
	})
	naive(t, "argmin", aggregate.ArgMin(coupon, units, at), firstOf(couponOf, func(a, b sale) int {
		return cmp.Or(cmp.Compare(a.Units, b.Units), byTime(a, b))
	}))
	naive(t, "argmax by texts", aggregate.ArgMax(weight, shop, at), firstOf(func(e sale) *float64 { return canonical(e.Weight) }, func(a, b sale) int {
		return cmp.Or(strings.Compare(source.CanonicalText(b.Shop), source.CanonicalText(a.Shop)), byTime(a, b))
	}))
	naive(t, "argmax by floats", aggregate.ArgMax(coupon, weight, at), func(es []sale) (source.Null[string], error) {
		es = slices.DeleteFunc(slices.Clone(es), func(e sale) bool { return number(e) == nil })
		return firstOf(couponOf, func(a, b sale) int { return cmp.Or(cmp.Compare(*b.Weight, *a.Weight), byTime(a, b)) })(es)
	})
}

func TestNaiveSets(t *testing.T) {
	naive(t, "set of integers", aggregate.Set(points), func(es []sale) ([]int64, error) {
		return sorted(values(es, func(e sale) *int64 { return e.Points })), nil
	})
	naive(t, "set of texts", aggregate.Set(coupon), func(es []sale) ([]string, error) { return sorted(values(es, couponOf)), nil })
	naive(t, "set of floats", aggregate.Set(weight), func(es []sale) ([]float64, error) {
		return sorted(values(es, func(e sale) *float64 { return canonical(e.Weight) })), nil
	})
	naive(t, "histogram", aggregate.Histogram(weight, -100, 0, 0.1, 7), func(es []sale) (aggregate.Buckets[float64], error) {
		out := aggregate.Buckets[float64]{Bounds: []float64{-100, 0, 0.1, 7}, Counts: make([]int64, 5)}
		for _, x := range values(es, number) {
			at := 0
			for at < 4 && x > out.Bounds[at] {
				at++
			}
			out.Counts[at]++
		}
		return out, nil
	})
	naive(t, "map", aggregate.Map(aggregate.Count[sale](), func(n int64) string { return fmt.Sprint(n, " sales") }), func(es []sale) (string, error) {
		return fmt.Sprint(len(es), " sales"), nil
	})
}

// leastOf gives the least value, or where sign is -1 the greatest.
func leastOf[T any](of func(sale) *T, compare func(a, b T) int, sign int) func([]sale) (source.Null[T], error) {
	return func(es []sale) (source.Null[T], error) {
		xs := values(es, of)
		if len(xs) == 0 {
			return source.Null[T]{}, nil
		}
		return source.Some(slices.MinFunc(xs, func(a, b T) int { return sign * compare(a, b) })), nil
	}
}

// firstOf gives the value of the first event that has one; equal events stay as
// they are.
func firstOf[T any](of func(sale) *T, compare func(a, b sale) int) func([]sale) (source.Null[T], error) {
	return func(es []sale) (source.Null[T], error) {
		es = slices.Clone(es)
		slices.SortStableFunc(es, compare)
		xs := values(es, of)
		if len(xs) == 0 {
			return source.Null[T]{}, nil
		}
		return source.Some(xs[0]), nil
	}
}

func sorted[T cmp.Ordered](xs []T) []T {
	slices.Sort(xs)
	return slices.CompactFunc(xs, func(a, b T) bool { return cmp.Compare(a, b) == 0 })
}

func couponOf(e sale) *string {
	if e.Coupon == nil {
		return nil
	}
	text := source.CanonicalText(*e.Coupon)
	return &text
}

// number is the weight, if it's one.
func number(e sale) *float64 {
	if e.Weight == nil || math.IsNaN(*e.Weight) {
		return nil
	}
	return canonical(e.Weight)
}

func canonical(x *float64) *float64 {
	if x == nil {
		return nil
	}
	y := source.CanonicalFloat(*x)
	return &y
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	utc := at.UTC()
	return &utc
}
