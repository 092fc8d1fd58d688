package lambda

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// TestSortStates compares with a sort that compares, for keys of any lengths.
func TestSortStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "prefix")
		longest := rapid.IntRange(0, 12).Draw(t, "longest")
		fixed := rapid.Bool().Draw(t, "fixed")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		digits := 1 + r.IntN(256)
		seen := map[string]bool{}
		var states []delta.State
		for range r.IntN(400) {
			key := slices.Clone(prefix)
			n := longest
			if !fixed {
				n = r.IntN(longest + 1)
			}
			for range n {
				key = append(key, byte(r.IntN(digits)))
			}
			window := r.Int64N(5) - 2
			if r.IntN(3) == 0 {
				window = int64(r.Uint64())
			}
			if name := string(key) + "/" + string(binary.BigEndian.AppendUint64(nil, uint64(window))); !seen[name] {
				seen[name] = true
				states = append(states, delta.State{Key: key, Window: window, State: key})
			}
		}
		want := slices.Clone(states)
		slices.SortFunc(want, compareStates)
		sortStates(states)
		require.Equal(t, want, states)
	})
}

// BenchmarkSortStates sorts what a segment of a million visits leaves: a state for
// most of a user and five minutes.
func BenchmarkSortStates(b *testing.B) {
	const n = 400_000
	r := rand.New(rand.NewPCG(1, 2))
	var states []delta.State
	keys := make([]byte, 0, 8*n) // as encoding lays them out
	for i := range n {
		keys = binary.BigEndian.AppendUint64(keys, uint64(r.Int64N(50_000)))
		states = append(states, delta.State{Key: keys[8*i : 8*i+8], Window: int64(i) / 35_000 * 300_000_000})
	}
	for _, way := range []struct {
		name string
		sort func([]delta.State)
	}{{"bytes", sortStates}, {"compared", func(s []delta.State) { slices.SortFunc(s, compareStates) }}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			work := make([]delta.State, n)
			for b.Loop() {
				copy(work, states)
				way.sort(work)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/state")
		})
	}
}
