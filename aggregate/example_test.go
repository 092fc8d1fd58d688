package aggregate_test

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Order is the examples' event.
type Order struct {
	Shop   string  `anabranch:"shop"`
	User   string  `anabranch:"user"`
	Cents  int64   `anabranch:"cents,decimal=2"`
	Weight float64 `anabranch:"weight"`
	Coupon *string `anabranch:"coupon"`
}

var (
	orderShop   = source.FieldOf(func(o *Order) *string { return &o.Shop })
	orderUser   = source.FieldOf(func(o *Order) *string { return &o.User })
	orderCents  = source.FieldOf(func(o *Order) *int64 { return &o.Cents })
	orderWeight = source.FieldOf(func(o *Order) *float64 { return &o.Weight })
	orderCoupon = source.OptionalOf(func(o *Order) **string { return &o.Coupon })
)

func orders() []Order {
	spring := "spring"
	return []Order{
		{Shop: "norte", User: "ana", Cents: 1999, Weight: 0.1},
		{Shop: "norte", User: "leo", Cents: 500, Weight: 0.2, Coupon: &spring},
		{Shop: "sur", User: "ana", Cents: 1500, Weight: 0.3},
	}
}

// show folds the orders into one group and prints its result, as an engine does.
func show[R any](a aggregate.Aggregate[Order, R]) {
	binder, err := source.NewBinder[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	states, err := a.Bind(binder)
	if err != nil {
		fmt.Println(err)
		return
	}
	builder := source.NewBuilder[Order](binder.Schema(), nil)
	for i, o := range orders() {
		builder.Append(&o, int64(i), nil)
	}
	frame := binder.NewFrame()
	frame.Load(builder.Chunk(0, 0, 3))
	s := states()
	s.Grow(1)
	s.Add([]uint32{0, 0, 0}, []int32{0, 1, 2}, frame)
	result, err := s.Result(0)
	fmt.Println(result, err)
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

func ExampleDistinct() {
	show(aggregate.Distinct(orderUser))
	// Output: 2 <nil>
}

func ExampleWhere() {
	show(aggregate.Where(aggregate.Sum(orderCents), source.Equal(orderShop, "norte")))
	// Output: 2499 <nil>
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
