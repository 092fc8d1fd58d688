package hll_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate/hll"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

func BenchmarkAdd(b *testing.B) {
	Bench(b, "int", hll.Distinct(Int, hll.Options{}))
	Bench(b, "text", hll.Distinct(Text, hll.Options{}))
	Bench(b, "exact", hll.Distinct(Int, hll.Options{ExactUpTo: 100}))
}

// ns/op is per result, and per merge, of registers.
func BenchmarkRegisters(b *testing.B) {
	v := New(b, hll.Distinct(Int, hll.Options{}), 1)
	v.Fold(100_000, func(i int) (uint32, Event) { return 0, number(1)(i) })
	b.Run("result", func(b *testing.B) {
		for range b.N {
			if _, err := v.Result(0); err != nil {
				b.Fatal(err)
			}
		}
	})
	state := v.AppendState(nil, 0)
	b.Run("merge", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if err := v.MergeState(0, state); err != nil {
				b.Fatal(err)
			}
		}
	})
}
