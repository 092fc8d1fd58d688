package statekit_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
)

// A Map is a Go map for each group, whatever is done with it.
func TestMapIsAMapForEachGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const groups = 4
		m := statekit.NewMap[int]()
		m.Grow(groups)
		var want [groups]map[uint64]int
		forget := func(g int) { want[g] = map[uint64]int{} }
		for g := range groups {
			forget(g)
		}
		group := rapid.IntRange(0, groups-1)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				g := group.Draw(t, "group")
				from := rapid.Uint64Range(0, 300).Draw(t, "from")
				for word := range rapid.Uint64Range(0, 100).Draw(t, "words") {
					*m.At(uint32(g), from+word)++
					want[g][from+word]++
				}
			},
			"drop": func(t *rapid.T) {
				g := group.Draw(t, "group")
				m.Drop(uint32(g))
				forget(g)
			},
			"rename": func(t *rapid.T) {
				by := rapid.Uint64Range(0, 50).Draw(t, "by")
				m.Rename(func(word uint64) uint64 { return word + by })
				for g := range groups {
					old := want[g]
					forget(g)
					for word, n := range old {
						want[g][word+by] = n
					}
				}
			},
			"reset": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "really") > 0 {
					return
				}
				m.Reset()
				m.Grow(groups)
				for g := range groups {
					forget(g)
				}
			},
			"": func(t *rapid.T) {
				live := 0
				for g := range groups {
					got := map[uint64]int{}
					for word, n := range m.All(uint32(g)) {
						got[word] = *n
					}
					require.True(t, maps.Equal(want[g], got), "group %d holds %v, not %v", g, got, want[g])
					require.Equal(t, len(want[g]), m.Len(uint32(g)))
					live += len(want[g])
				}
				require.Equal(t, live, m.Live())
			},
		})
	})
}

// Groups that come and go again and again don't make the table grow.
func TestDroppedPairsAreUsedAgain(t *testing.T) {
	m := statekit.NewMap[int64]()
	m.Grow(1)
	pass := func() {
		for word := range uint64(100) {
			*m.At(0, word)++
		}
		m.Drop(0)
	}
	for range 100 {
		pass()
	}
	require.Less(t, testing.AllocsPerRun(1000, pass), 0.01)
}
