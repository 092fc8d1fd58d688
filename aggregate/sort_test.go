package aggregate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWordsAreSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		words := make([]int64, rapid.IntRange(0, 4*fewWords).Draw(t, "n"))
		least := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, 0, math.MaxInt64})).Draw(t, "least")
		mask := rapid.Uint64().Draw(t, "mask") >> rapid.IntRange(0, 63).Draw(t, "shift")
		for i := range words {
			words[i] = least + int64(random.Uint64()&mask)
		}
		want := slices.Sorted(slices.Values(words))
		sortWords(words, nil)
		require.True(t, slices.Equal(want, words), "%v, not %v", words, want)
	})
}

func BenchmarkSortWords(b *testing.B) {
	words, lent := make([]int64, 10_000), []int64(nil)
	for range b.N {
		for i := range words {
			words[i] = int64(uint32(i) * 2654435761 >> 6) // 26 bits
		}
		lent = sortWords(words, lent)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(words)), "ns/word")
}
