package aggregatetest_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/aggregatetest"
)

// Order is an event.
type Order struct {
	Shop  string
	Cents int64
}

// largest is an aggregate of the caller's own: the most cents of a group.
type largest struct{}

func (largest) Codec() string               { return "largest/1" }
func (largest) Zero() int64                 { return 0 }
func (largest) Add(s int64, o *Order) int64 { return max(s, o.Cents) }
func (largest) Merge(a, b int64) int64      { return max(a, b) }
func (largest) Result(s int64) int64        { return s }
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

func order(t *rapid.T) Order {
	return Order{
		Shop:  rapid.SampledFrom([]string{"norte", "sur"}).Draw(t, "shop"),
		Cents: rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64()).Draw(t, "cents"),
	}
}

// TestLargest is what a caller writes.
func TestLargest(t *testing.T) {
	orders := rapid.SliceOfN(rapid.Custom(order), 0, 10)
	aggregatetest.Laws(t, aggregate.Of(largest{}), func(t *rapid.T) []Order { return orders.Draw(t, "orders") }, nil)
}

// In a test of your own, t is the test's.
func ExampleLaws() {
	var t *testing.T
	orders := rapid.SliceOfN(rapid.Custom(order), 0, 10)
	aggregatetest.Laws(t, aggregate.Of(largest{}), func(t *rapid.T) []Order { return orders.Draw(t, "orders") }, nil)
}
