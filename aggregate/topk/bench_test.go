package topk_test

import (
	"testing"

	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/aggregate/topk"
)

// With one group, 10,000 users come to 1,024 counters.
func BenchmarkAdd(b *testing.B) {
	Bench(b, "int", topk.Frequent(Int, 10, topk.Options{}))
	Bench(b, "text", topk.Frequent(Text, 10, topk.Options{}))
	Bench(b, "weighted", topk.Weighted(Text, Size, 10, topk.Options{}))
}

// ns/op is per result, and per merge, of 1,024 counters.
func BenchmarkCounters(b *testing.B) {
	v := New(b, topk.Frequent(Int, 10, topk.Options{}), 1)
	v.Fold(100_000, func(i int) (uint32, Event) { return 0, Event{Int: int64(i * i % 1021 * 1000)} })
	state := v.AppendState(nil, 0)
	b.Run("result", func(b *testing.B) {
		for range b.N {
			if _, err := v.Result(0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("merge", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if err := v.MergeState(0, state); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(state)), "bytes/state")
	})
}
