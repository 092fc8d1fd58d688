package hll_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/aggregatetest"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

// At a precision of 6 five values are registers already, so that every form meets
// every other.
func TestLaws(t *testing.T) {
	small := hll.Options{Precision: 6}
	exact := hll.Options{Precision: 6, ExactUpTo: 3}
	laws(t, "texts", hll.Distinct(Text, hll.Options{}))
	laws(t, "texts with nulls", hll.Distinct(Note, small))
	laws(t, "integers", hll.Distinct(Int, small))
	laws(t, "integers with nulls", hll.Distinct(Maybe, hll.Options{}))
	laws(t, "derived integers", hll.Distinct(Odd, small))
	laws(t, "floats", hll.Distinct(Float, small))
	laws(t, "floats with nulls", hll.Distinct(Level, hll.Options{}))
	laws(t, "bools", hll.Distinct(Flag, hll.Options{}))
	laws(t, "times", hll.Distinct(At, small))
	laws(t, "the most registers", hll.Distinct(Int, hll.Options{Precision: 18}))
	t.Run("all registers", func(t *testing.T) {
		aggregatetest.Laws(t, hll.Distinct(Int, small), DrawUpTo(60), nil)
	})
	laws(t, "exact texts", hll.Distinct(Text, exact))
	laws(t, "exact texts with nulls", hll.Distinct(Note, hll.Options{Precision: 10, ExactUpTo: 3}))
	laws(t, "exact integers", hll.Distinct(Int, exact))
	laws(t, "exact integers with nulls", hll.Distinct(Maybe, hll.Options{ExactUpTo: 100}))
	laws(t, "exact floats", hll.Distinct(Float, exact))
	laws(t, "exact bools", hll.Distinct(Flag, hll.Options{ExactUpTo: 1}))
	laws(t, "exact times", hll.Distinct(At, exact))
}

func laws(t *testing.T, name string, a aggregate.Aggregate[Event, int64]) {
	t.Run(name, func(t *testing.T) { aggregatetest.Laws(t, a, Draw, nil) })
}
