package topk_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/aggregatetest"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/aggregate/topk"
)

// Draws have up to 13 values: all of them have a counter. What holds past that is
// in accuracy_test.go.
func TestLaws(t *testing.T) {
	few := topk.Options{Capacity: 13}
	laws(t, "texts", topk.Frequent(Text, 3, topk.Options{}))
	laws(t, "texts with nulls", topk.Frequent(Note, 13, few))
	laws(t, "integers", topk.Frequent(Int, 2, few))
	laws(t, "integers with nulls", topk.Frequent(Maybe, 5, topk.Options{}))
	laws(t, "derived integers", topk.Frequent(Odd, 5, few))
	laws(t, "floats", topk.Frequent(Float, 13, few))
	laws(t, "floats with nulls", topk.Frequent(Level, 2, few))
	laws(t, "bools", topk.Frequent(Flag, 1, topk.Options{Capacity: 2}))
	laws(t, "times", topk.Frequent(At, 3, few))
	laws(t, "weighted texts", topk.Weighted(Text, Size, 3, few))
	laws(t, "weighted integers", topk.Weighted(Int, Size, 10, topk.Options{}))
	laws(t, "weights with nulls, negative and huge", topk.Weighted(Note, Maybe, 10, few))
	laws(t, "small weights", topk.Weighted(Flag, Small, 2, topk.Options{}))
}

func laws[R any](t *testing.T, name string, a aggregate.Aggregate[Event, R]) {
	t.Run(name, func(t *testing.T) { aggregatetest.Laws(t, a, Draw, equal[R]) })
}
