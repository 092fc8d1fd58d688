package topk

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNthIsWhatSortingPutsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]int64{0, 1, 5, 1 << 40}).Draw(t, "most")
		a := rapid.SliceOfN(rapid.Int64Range(0, most), 1, 300).Draw(t, "counts")
		n := rapid.IntRange(0, len(a)-1).Draw(t, "n")
		sorted := slices.Sorted(slices.Values(a))
		require.Equal(t, sorted[n], nth(slices.Clone(a), n))
		require.Equal(t, sorted[n], nth(slices.Clone(sorted), n))
	})
}
