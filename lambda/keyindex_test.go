package lambda

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// TestAnIndexFindsWhatAWalkFinds asks for keys that there are, for beginnings of
// them, and for others.
func TestAnIndexFindsWhatAWalkFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few different bytes make keys that share beginnings, and end in zeros.
		some := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 255}), 0, 12)
		prefix := some.Draw(t, "prefix")
		key := rapid.Custom(func(t *rapid.T) []byte { return append(slices.Clone(prefix), some.Draw(t, "rest")...) })
		var states []delta.State
		for _, k := range rapid.SliceOf(key).Draw(t, "keys") {
			for window := range rapid.Int64Range(1, 3).Draw(t, "windows") {
				states = append(states, delta.State{Key: k, Window: window})
			}
		}
		slices.SortFunc(states, compareStates)
		file := stateFile{states: states}
		for _, wanted := range rapid.SliceOfN(rapid.OneOf(key, some), 1, 20).Draw(t, "wanted") {
			var want []delta.State
			for _, s := range states {
				if bytes.HasPrefix(s.Key, wanted) {
					want = append(want, s)
				}
			}
			got := file.keys().find(states, wanted)
			require.True(t, len(want) == 0 || file.keys().may(wanted), "%q", wanted)
			require.True(t, slices.EqualFunc(want, got, func(a, b delta.State) bool { return compareStates(a, b) == 0 }), "%q: %v, not %v", wanted, got, want)
		}
	})
}

// BenchmarkFind looks keys up among a million.
func BenchmarkFind(b *testing.B) {
	states := make([]delta.State, 1<<20)
	for i := range states {
		states[i].Key = binary.BigEndian.AppendUint64([]byte{1}, uint64(i)*37)
	}
	file := stateFile{states: states}
	index := file.keys()
	key, n := make([]byte, 9), uint64(0)
	for b.Loop() {
		n += 0x9E3779B97F4A7C15
		copy(key, binary.BigEndian.AppendUint64(append(key[:0], 1), n%(1<<20)*37))
		if !index.may(key) || len(index.find(states, key)) != 1 {
			b.Fatal(n)
		}
	}
}
