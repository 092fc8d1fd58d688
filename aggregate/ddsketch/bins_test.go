package ddsketch

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Windows and early moves don't show: a state is that of all bins in a map, looked
// at once.
func TestBinsAreThoseOfAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const groups = 3
		scale := newScale(Options{RelativeAccuracy: 0.01, MaxBins: rapid.SampledFrom([]int{16, 100, 2048}).Draw(t, "bins")})
		s := newBins(scale, "")
		var want [groups]map[int64]int64
		forget := func() {
			for g := range want {
				want[g] = map[int64]int64{}
			}
			s.grow(groups)
		}
		forget()
		group := rapid.IntRange(0, groups-1)
		number := rapid.OneOf(rapid.Int64Range(-200, 200), rapid.Int64Range(-scale.last-1, scale.last+1),
			rapid.SampledFrom([]int64{0, scale.last, scale.last + 1, -scale.last - 1}))
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				g, from := group.Draw(t, "group"), number.Draw(t, "from")
				width := rapid.Int64Range(1, 1000).Draw(t, "width")
				random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
				for range rapid.IntRange(0, 400).Draw(t, "values") {
					b := min(from+random.Int64N(width), scale.last+1)
					s.add(uint32(g), b, 1)
					want[g][b]++
				}
			},
			"merge": func(t *rapid.T) {
				from, to := group.Draw(t, "from"), group.Draw(t, "to")
				s.merge(uint32(to), slices.Clone(s.read(uint32(from))))
				kept := map[int64]int64{}
				for _, b := range readOf(scale, want[from]) {
					kept[b.number] += b.count
				}
				for b, n := range kept {
					want[to][b] += n
				}
			},
			"reset": func(t *rapid.T) {
				if rapid.IntRange(0, 4).Draw(t, "really") == 0 {
					s.reset()
					forget()
				}
			},
			"": func(t *rapid.T) {
				g := group.Draw(t, "group")
				naive := mapOf(scale, want[g])
				require.Equal(t, hex.EncodeToString(naive.append(nil, 0)), hex.EncodeToString(s.append(nil, uint32(g))))
				require.Equal(t, naive.total(0), s.total(uint32(g)))
			},
		})
	})
}

func mapOf(scale *scale, counts map[int64]int64) *bins {
	s := newBins(scale, "")
	s.grow(1)
	for b, n := range counts {
		s.addToMap(0, b, n)
	}
	return s
}

func readOf(scale *scale, counts map[int64]int64) []bin { return mapOf(scale, counts).read(0) }

// What lies close together gets a window, what doesn't stays in the map.
func TestWindowsAreForBinsThatLieClose(t *testing.T) {
	for _, step := range []int64{1, 3, 5, 50} {
		s := newBins(newScale(Options{RelativeAccuracy: 0.01, MaxBins: 2048}), "")
		s.grow(1)
		s.add(0, -10_000, 1)
		for i := range int64(500) {
			s.add(0, i*step, 1)
		}
		_, counts := s.windows.counts(0)
		require.Equal(t, step <= maxSparse, len(counts) > 100, "step %d", step)
		require.LessOrEqual(t, len(counts), 2*maxSparse*500)
		require.EqualValues(t, 501, s.total(0))
	}
}
