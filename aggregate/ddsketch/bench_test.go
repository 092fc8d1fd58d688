package ddsketch_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

func BenchmarkAdd(b *testing.B) {
	Bench(b, "int", ddsketch.Quantile(Int, ddsketch.Options{}, 0.5))
	Bench(b, "float", ddsketch.Quantile(Float, ddsketch.Options{}, 0.5))
}

// ns/op is per result, and per merge, of some 1,000 bins.
func BenchmarkBins(b *testing.B) {
	v := New(b, ddsketch.Quantile(Float, ddsketch.Options{}, 0.5), 1)
	v.Fold(100_000, func(i int) (uint32, Event) { return 0, Event{Float: float64(i*i) + 0.1} })
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
			v.Reset()
			v.Grow(1)
			if err := v.MergeState(0, state); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(state)), "bytes/state")
	})
}
