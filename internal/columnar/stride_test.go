package columnar

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/parquet-go/parquet-go/format"
)

// Records of every size, with every run of common bytes, unfold to themselves.
func TestStridesAreZstandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(8, strideRecord).Draw(t, "size")
		records := rapid.IntRange(1, 3*(128<<10)/size+3).Draw(t, "records")
		from, n := rapid.IntRange(0, size-1).Draw(t, "from"), rapid.IntRange(3, size-1).Draw(t, "common")
		alphabet := rapid.IntRange(1, 256).Draw(t, "alphabet")
		random := rapid.Uint64().Draw(t, "seed")
		page := make([]byte, records*size)
		for i := range page {
			random = random*6364136223846793005 + 1442695040888963407
			page[i] = byte(int(random>>40) % alphabet)
		}
		for r := 1; r < records; r++ {
			for i := range n {
				at := (from + i) % size
				page[r*size+at] = page[at]
			}
		}
		start, run := commonRun(page, size)
		require.GreaterOrEqual(t, run, min(n, 34))
		if records < 3 {
			return
		}
		var s strides
		frame := s.frame([]byte("before"), page, size, start, run)
		got, err := decompress(format.Zstd, nil, frame[6:], len(page))
		require.NoError(t, err)
		require.Equal(t, page, got)
	})
}

// So do pages without matches, whether or not their bytes are few.
func TestEntropyIsZstandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := make([]byte, rapid.OneOf(rapid.IntRange(0, 3000), rapid.IntRange(zstdBlock-2, 3*zstdBlock)).Draw(t, "bytes"))
		alphabet := rapid.IntRange(1, 256).Draw(t, "alphabet")
		random := rapid.Uint64().Draw(t, "seed")
		for i := range page {
			random = random*6364136223846793005 + 1442695040888963407
			page[i] = byte(int(random>>40) % alphabet)
		}
		var s strides
		frame := s.entropy(nil, page)
		require.LessOrEqual(t, len(frame), len(page)+9+3*(1+len(page)/zstdBlock))
		got, err := decompress(format.Zstd, nil, frame, len(page))
		require.NoError(t, err)
		require.Equal(t, string(page), string(got))
	})
}
