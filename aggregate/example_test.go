package aggregate_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"math"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Order is the examples' event.
type Order struct {
	Shop   string    `anabranch:"shop"`
	User   string    `anabranch:"user"`
	Cents  int64     `anabranch:"cents,decimal=2"`
	Weight float64   `anabranch:"weight"`
	At     time.Time `anabranch:"at"`
	Coupon *string   `anabranch:"coupon"`
}

var (
	orderShop   = source.FieldOf(func(o *Order) *string { return &o.Shop })
	orderUser   = source.FieldOf(func(o *Order) *string { return &o.User })
	orderCents  = source.FieldOf(func(o *Order) *int64 { return &o.Cents })
	orderWeight = source.FieldOf(func(o *Order) *float64 { return &o.Weight })
	orderAt     = source.FieldOf(func(o *Order) *time.Time { return &o.At })
	orderCoupon = source.OptionalOf(func(o *Order) **string { return &o.Coupon })
)

func orders() []Order {
	spring := "spring"
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	return []Order{
		{Shop: "norte", User: "ana", Cents: 1999, Weight: 0.1, At: noon},
		{Shop: "norte", User: "leo", Cents: 500, Weight: 0.2, At: noon.Add(time.Minute), Coupon: &spring},
		{Shop: "sur", User: "ana", Cents: 1500, Weight: 0.3, At: noon.Add(time.Hour)},
	}
}

// show folds the orders into one group and prints its result.
func show[R any](a aggregate.Aggregate[Order, R]) {
	result, err := foldAll(a, orders())
	fmt.Println(result, err)
}

// foldAll folds events into one group and gives its result, as an engine does.
func foldAll[E, R any](a aggregate.Aggregate[E, R], events []E) (r R, err error) {
	binder, err := source.NewBinder[E]()
	if err != nil {
		return r, err
	}
	states, err := a.Bind(binder)
	if err != nil {
		return r, err
	}
	builder := source.NewBuilder[E](binder.Schema(), nil)
	groups, rows := make([]uint32, len(events)), make([]int32, len(events))
	for i, e := range events {
		builder.Append(&e, int64(i), nil)
		rows[i] = int32(i)
	}
	frame := binder.NewFrame()
	frame.Load(builder.Chunk(0, 0, int64(len(events))))
	s := states()
	s.Grow(1)
	s.Add(groups, rows, frame)
	results := make([]R, 1)
	_, err = s.Read([]uint32{0}, results)
	return results[0], err
}

func ExampleCount() {
	show(aggregate.Count[Order]())
	// Output: 3 <nil>
}

func ExampleCountOf() {
	show(aggregate.CountOf(orderCoupon))
	// Output: 1 <nil>
}

func ExampleSum() {
	show(aggregate.Sum(orderCents)) // in cents, as the field
	// Output: 3999 <nil>
}

// Added one after the other, these three would give 0.6000000000000001.
func ExampleSumFloat() {
	show(aggregate.SumFloat(orderWeight))
	// Output: 0.6 <nil>
}

func ExampleMean() {
	show(aggregate.Mean(orderCents)) // in cents, as the field
	// Output: 1333 <nil>
}

func ExampleVariance() {
	show(aggregate.Variance(orderCents)) // in cents, the variances in cents squared
	// Output: {3 1333 388444.6666666667 582667} <nil>
}

func ExampleCovariance() {
	both, err := foldAll(aggregate.Covariance(orderCents, orderWeight), orders())
	fmt.Printf("%d orders: covariance %.3f, correlation %.3f", both.N, both.Covariance.V, both.Correlation.V)
	fmt.Println("", err)
	// Output: 3 orders: covariance -16.633, correlation -0.327 <nil>
}

// The price elasticity of demand is the slope of ln quantity on ln price. Here
// each price that's twice as high sells half as often.
func ExampleRegression() {
	type Day struct {
		Price    float64
		Quantity int64
	}
	price := source.FieldOf(func(d *Day) *float64 { return &d.Price })
	quantity := source.FieldOf(func(d *Day) *int64 { return &d.Quantity })
	elasticity := aggregate.Regression(source.Map(price, math.Log),
		source.Map(quantity, func(n int64) float64 { return math.Log(float64(n)) }))
	line, err := foldAll(elasticity, []Day{{2, 800}, {4, 400}, {8, 200}, {16, 100}, {0, 5000}}) // what was free has no logarithm
	fmt.Printf("%d days: elasticity %.3f, r² %.3f", line.N, line.Slope.V, line.R2.V)
	fmt.Println("", err)
	// Output: 4 days: elasticity -1.000, r² 1.000 <nil>
}

func ExampleDistinct() {
	show(aggregate.Distinct(orderUser))
	// Output: 2 <nil>
}

func ExampleMin() {
	show(aggregate.Min(orderCents))
	// Output: 500 <nil>
}

func ExampleMax() {
	show(aggregate.Max(orderAt))
	// Output: 2026-05-01 13:00:00 +0000 UTC <nil>
}

func ExampleFirst() {
	show(aggregate.First(orderUser, orderAt))
	// Output: ana <nil>
}

// The latest order that has a coupon: nulls are skipped.
func ExampleLast() {
	show(aggregate.Last(orderCoupon, orderAt))
	// Output: spring <nil>
}

// The user of the smallest order.
func ExampleArgMin() {
	show(aggregate.ArgMin(orderUser, orderCents, orderAt))
	// Output: leo <nil>
}

// The shop of the heaviest order.
func ExampleArgMax() {
	show(aggregate.ArgMax(orderShop, orderWeight, orderAt))
	// Output: sur <nil>
}

func ExampleSet() {
	show(aggregate.Set(orderUser))
	// Output: [ana leo] <nil>
}

// Up to 5.00, up to 15.00, and above.
func ExampleHistogram() {
	show(aggregate.Histogram(orderCents, 500, 1500))
	// Output: {[500 1500] [1 1 1]} <nil>
}

// Of the users, any two, each with the cents of the last order.
func ExampleSample() {
	show(aggregate.Sample(orderUser, orderCents, orderAt, 2))
	// Output: [{leo 500} {ana 1500}] <nil>
}

func ExampleMap() {
	show(aggregate.Map(aggregate.Sum(orderCents), func(cents int64) string {
		return fmt.Sprintf("%d.%02d", cents/100, cents%100)
	}))
	// Output: 39.99 <nil>
}

// Any number of aggregates write their results into one struct.
func ExampleJoin() {
	type sales struct {
		Cents, Orders int64
		Users         []string
		Largest       source.Null[int64]
	}
	show(aggregate.Join(
		aggregate.To(aggregate.Sum(orderCents), func(s *sales) *int64 { return &s.Cents }),
		aggregate.To(aggregate.Count[Order](), func(s *sales) *int64 { return &s.Orders }),
		aggregate.To(aggregate.Set(orderUser), func(s *sales) *[]string { return &s.Users }),
		aggregate.To(aggregate.Max(orderCents), func(s *sales) *source.Null[int64] { return &s.Largest }),
	))
	// Output: {3999 3 [ana leo] 1999} <nil>
}

// What is computed from several places, Map adds.
func ExampleTo() {
	type sales struct {
		Cents, Orders int64
		Each          float64
	}
	totals := aggregate.Join(
		aggregate.To(aggregate.Sum(orderCents), func(s *sales) *int64 { return &s.Cents }),
		aggregate.To(aggregate.Count[Order](), func(s *sales) *int64 { return &s.Orders }),
	)
	show(aggregate.Map(totals, func(s sales) sales {
		s.Each = float64(s.Cents) / float64(max(s.Orders, 1))
		return s
	}))
	// Output: {3999 3 1333} <nil>
}

func ExampleWhere() {
	show(aggregate.Where(aggregate.Sum(orderCents), source.Equal(orderShop, "norte")))
	// Output: 2499 <nil>
}

// A coupon's order was given back: it counts against the others.
func ExampleNet() {
	show(aggregate.Net(aggregate.Sum(orderCents), source.Not(source.IsNull(orderCoupon))))
	// Output: 2999 <nil>
}

// A ratio is made from its parts when it's read, and never merged.
func ExampleJoin2() {
	show(aggregate.Join2(aggregate.Sum(orderCents), aggregate.Count[Order](), func(cents, n int64) float64 {
		if n == 0 {
			return 0
		}
		return float64(cents) / float64(n)
	}))
	// Output: 1333 <nil>
}

func ExampleJoin3() {
	type sales struct{ Cents, Orders, Users int64 }
	show(aggregate.Join3(aggregate.Sum(orderCents), aggregate.Count[Order](), aggregate.Distinct(orderUser),
		func(cents, n, users int64) sales { return sales{cents, n, users} }))
	// Output: {3999 3 2} <nil>
}

func ExampleJoin4() {
	type sales struct{ Cents, Orders, Users, Coupons int64 }
	show(aggregate.Join4(aggregate.Sum(orderCents), aggregate.Count[Order](), aggregate.Distinct(orderUser), aggregate.CountOf(orderCoupon),
		func(cents, n, users, coupons int64) sales { return sales{cents, n, users, coupons} }))
	// Output: {3999 3 2 1} <nil>
}

func ExampleJoin5() {
	north := source.Equal(orderShop, "norte")
	show(aggregate.Join5(aggregate.Sum(orderCents), aggregate.Count[Order](), aggregate.Distinct(orderUser),
		aggregate.Where(aggregate.Sum(orderCents), north), aggregate.Where(aggregate.Count[Order](), north),
		func(cents, n, users, northCents, northN int64) []int64 {
			return []int64{cents, n, users, northCents, northN}
		}))
	// Output: [3999 3 2 2499 2] <nil>
}

func ExampleJoin6() {
	north := source.Equal(orderShop, "norte")
	show(aggregate.Join6(aggregate.Sum(orderCents), aggregate.Count[Order](), aggregate.Distinct(orderUser),
		aggregate.Where(aggregate.Sum(orderCents), north), aggregate.Where(aggregate.Count[Order](), north), aggregate.SumFloat(orderWeight),
		func(cents, n, users, northCents, northN int64, weight float64) string {
			return fmt.Sprint(cents, n, users, northCents, northN, weight)
		}))
	// Output: 3999 3 2 2499 2 0.6 <nil>
}

func ExampleJoin7() {
	orders := aggregate.Count[Order]()
	show(aggregate.Join7(orders, aggregate.Sum(orderCents), aggregate.Min(orderCents), aggregate.Max(orderCents),
		aggregate.Distinct(orderUser), aggregate.Set(orderShop), aggregate.First(orderUser, orderAt),
		func(n, cents int64, low, high source.Null[int64], users int64, shops []string, first source.Null[string]) string {
			return fmt.Sprint(n, cents, low, high, users, shops, first)
		}))
	// Output: 3 3999 500 1999 2 [norte sur] ana <nil>
}

func ExampleJoin8() {
	orders := aggregate.Count[Order]()
	show(aggregate.Join8(orders, aggregate.Sum(orderCents), aggregate.Min(orderCents), aggregate.Max(orderCents),
		aggregate.Distinct(orderUser), aggregate.Set(orderShop), aggregate.First(orderUser, orderAt), aggregate.Last(orderUser, orderAt),
		func(n, cents int64, low, high source.Null[int64], users int64, shops []string, first, last source.Null[string]) string {
			return fmt.Sprint(n, cents, low, high, users, shops, first, last)
		}))
	// Output: 3 3999 500 1999 2 [norte sur] ana ana <nil>
}

// largest keeps the order with the most cents of a group.
type largest struct{}

func (largest) Codec() string               { return "largest/1" }
func (largest) Zero() int64                 { return 0 }
func (largest) Add(s int64, o *Order) int64 { return max(s, o.Cents) }
func (largest) Merge(a, b int64) int64      { return max(a, b) }
func (largest) Result(s int64) string       { return fmt.Sprintf("%d.%02d", s/100, s%100) }
func (largest) AppendState(dst []byte, s int64) []byte {
	return binary.AppendUvarint(dst, uint64(s))
}
func (largest) DecodeState(b []byte) (int64, error) {
	s, n := binary.Uvarint(b)
	if n <= 0 || n != len(b) || int64(s) < 0 {
		return 0, errors.New("not an amount")
	}
	return int64(s), nil
}

func ExampleOf() {
	show(aggregate.Of(largest{}))
	// Output: 19.99 <nil>
}

// basket adds up weights in whole grams. It has inverses, so that Net can take
// orders out of it.
type basket struct{}

func (basket) Codec() string               { return "basket/1" }
func (basket) Zero() int64                 { return 0 }
func (basket) Add(s int64, o *Order) int64 { return s + int64(math.Round(1000*o.Weight)) }
func (basket) Merge(a, b int64) int64      { return a + b }
func (basket) Invert(s int64) int64        { return -s }
func (basket) Result(s int64) string       { return fmt.Sprint(s, " g") }
func (basket) AppendState(dst []byte, s int64) []byte {
	return binary.AppendVarint(dst, s)
}
func (basket) DecodeState(b []byte) (int64, error) {
	s, n := binary.Varint(b)
	if n <= 0 || n != len(b) {
		return 0, errors.New("not a weight")
	}
	return s, nil
}

func ExampleInvertible() {
	show(aggregate.Net(aggregate.Of(basket{}), source.Not(source.IsNull(orderCoupon))))
	// Output: 200 g <nil>
}
