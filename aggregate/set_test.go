package aggregate

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naiveSet is a Go map for each group.
type naiveSet []map[int64]bool

func (n *naiveSet) grow(groups int) {
	for len(*n) < groups {
		*n = append(*n, map[int64]bool{})
	}
}

// checkSet compares a set with the naive one, groups in an order that's drawn.
func checkSet(t *rapid.T, want naiveSet, s *set) {
	require.Len(t, s.count, len(want))
	pairs, words := 0, map[int64]bool{}
	order := make([]int, len(want))
	for i := range order {
		order[i] = i
	}
	for _, g := range rapid.Permutation(order).Draw(t, "order") {
		got := slices.Clone(s.words(uint32(g)))
		slices.Sort(got)
		require.True(t, slices.Equal(slices.Sorted(maps.Keys(want[g])), got), "group %d holds %v, not %v", g, got, want[g])
		require.EqualValues(t, len(want[g]), s.size(uint32(g)))
		pairs += len(got)
		for _, word := range got {
			words[word] = true
		}
	}
	require.LessOrEqual(t, len(words), s.distinct())
	require.GreaterOrEqual(t, pairs, s.distinct())
}

// A set is a Go map for each group, whatever is done with it: words of 32 bits and
// of more, few groups and many, and merges of many groups into one.
func TestASetIsAMapForEachGroup(t *testing.T) {
	checkSets(t)
}

// So it is where blocks have parts, in which pairs wait.
func TestASetOfPartsIsAMapForEachGroup(t *testing.T) {
	for _, bits := range []int{1, 3} {
		cells, before := mostCells, partBits
		mostCells, partBits = 32, bits
		checkSets(t)
		mostCells, partBits = cells, before
	}
}

func checkSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const vectors = 3
		var sets [vectors]set
		var want [vectors]naiveSet
		least := rapid.SampledFrom([]int64{0, -50, math.MaxInt32 - 200, math.MinInt32 - 100, math.MinInt64, math.MaxInt64 - 100_000}).Draw(t, "least")
		vector := rapid.IntRange(0, vectors-1)
		add := func(v int, groups []uint32, words []int64) {
			sets[v].add(groups, words)
			for i, g := range groups {
				want[v][g][words[i]] = true
			}
		}
		some := func(t *rapid.T) (v, group int, from int64) {
			v = vector.Draw(t, "vector")
			if len(want[v]) == 0 {
				sets[v].grow(1)
				want[v].grow(1)
			}
			return v, rapid.IntRange(0, len(want[v])-1).Draw(t, "group"), least + rapid.Int64Range(0, 300).Draw(t, "from")
		}
		t.Repeat(map[string]func(*rapid.T){
			"grow": func(t *rapid.T) {
				v, n := vector.Draw(t, "vector"), rapid.IntRange(0, 100).Draw(t, "groups")
				sets[v].grow(n)
				want[v].grow(n)
			},
			"add": func(t *rapid.T) {
				v, _, _ := some(t)
				group, word := rapid.Uint32Range(0, uint32(len(want[v])-1)), rapid.Int64Range(0, 100)
				var groups []uint32
				var words []int64
				for range rapid.IntRange(0, 200).Draw(t, "rows") {
					groups, words = append(groups, group.Draw(t, "group")), append(words, least+word.Draw(t, "word"))
				}
				add(v, groups, words)
			},
			"add many": func(t *rapid.T) {
				v, group, from := some(t)
				var groups []uint32
				var words []int64
				step := rapid.SampledFrom([]int64{1, 7, 64}).Draw(t, "step")
				for i := range rapid.Int64Range(0, 1500).Draw(t, "rows") {
					groups, words = append(groups, uint32(group)), append(words, from+i*step)
				}
				add(v, groups, words)
			},
			"merge": func(t *rapid.T) {
				to, _, _ := some(t)
				from := rapid.IntRange(1, vectors-1).Draw(t, "from")
				other := (to + from) % vectors
				by := rapid.SampledFrom([]int64{0, 0, 1000}).Draw(t, "by")
				into := make([]uint32, len(want[other]))
				shift := rapid.IntRange(-1, 50).Draw(t, "shift") // -1 is all into one
				times := rapid.SampledFrom([]int{1, 1, 3, 31}).Draw(t, "times")
				for i := range into {
					if shift >= 0 {
						into[i] = uint32((i*times + shift) % len(want[to]))
					}
				}
				var translate func(int64) int64
				if by != 0 {
					translate = func(word int64) int64 { return word ^ by }
				}
				sets[to].merge(into, &sets[other], translate)
				for i, words := range want[other] {
					for word := range words {
						want[to][into[i]][word^by] = true
					}
				}
			},
			"size": func(t *rapid.T) {
				v, group, _ := some(t)
				require.EqualValues(t, len(want[v][group]), sets[v].size(uint32(group)))
			},
			"reset": func(t *rapid.T) {
				if rapid.IntRange(0, 4).Draw(t, "really") > 0 {
					return
				}
				v := vector.Draw(t, "vector")
				sets[v].reset()
				want[v] = nil
			},
			"": func(t *rapid.T) {
				v := vector.Draw(t, "vector")
				checkSet(t, want[v], &sets[v])
			},
		})
	})
}

// A vector that once was large isn't slow to reset for ever.
func TestATableThatWasTooLargeGetsSmaller(t *testing.T) {
	var s set
	for range 20 {
		s.grow(1)
		words := make([]int64, 10)
		if s.version == 0 {
			words = make([]int64, 100_000)
		}
		for i := range words {
			words[i] = int64(i)
		}
		s.add(make([]uint32, len(words)), words)
		require.Len(t, s.words(0), len(words))
		s.reset()
	}
	require.LessOrEqual(t, len(s.narrow.blocks[:1][0].one[0].cells), 512)
}
