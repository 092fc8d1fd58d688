package lambda

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// TestASegmentFilterLeavesOutNoSegmentThatHasAKey, however it's learnt, grows, and is
// begun anew.
func TestASegmentFilterLeavesOutNoSegmentThatHasAKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Custom(func(t *rapid.T) []byte { return []byte{byte(rapid.IntRange(0, 40).Draw(t, "key"))} })
		segments := rapid.SliceOfN(rapid.SliceOf(key), 1, 100).Draw(t, "segments")
		r := &registration[struct{}]{filters: map[int]*segmentFilter{}}
		limit := rapid.SampledFrom([]int64{0, 100, 1 << 20}).Draw(t, "limit")
		sure := 0
		for range rapid.IntRange(1, 20).Draw(t, "queries") {
			first := rapid.IntRange(0, len(segments)-1).Draw(t, "first")
			f := r.filterOf(0, int64(first))
			wanted := rapid.SliceOfN(key, 1, 3).Draw(t, "wanted")
			without := f.without(wanted)
			for i := first; i < len(segments); i++ {
				if without&f.bit(int64(i)) == 0 {
					states := make([]delta.State, len(segments[i]))
					for j, k := range segments[i] {
						states[j].Key = k
					}
					f.learn(int64(i), &stateFile{states: states}, limit)
					continue
				}
				sure++
				for _, k := range segments[i] {
					for _, w := range wanted {
						require.False(t, bytes.Equal(k, w), "segment %d has %v", i, w)
					}
				}
			}
		}
		t.Logf("%d segments weren't read", sure)
	})
}
