package partition

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func mustShards(t require.TestingT, shards ...Shard) Shards {
	s, err := NewShards(shards...)
	require.NoError(t, err)
	return s
}

func TestShardsRefuse(t *testing.T) {
	for name, shards := range map[string][]Shard{
		"none":  nil,
		"empty": {{Name: "a"}, {Name: ""}},
		"twice": {{Name: "a"}, {Name: "b"}, {Name: "a", Weight: 3}},
	} {
		_, err := NewShards(shards...)
		require.ErrorIs(t, err, ErrShards, name)
	}
	require.Equal(t, []string{"b", "c", "a"}, mustShards(t, Shard{"c", 2}, Shard{"a", 9}, Shard{Name: "b"}).Names(), "by weight, then name")
	require.Empty(t, Shards{}.Pick("key"))
	require.Zero(t, Shards{}.Moves(Shards{}))
	require.InDelta(t, 1, Shards{}.Moves(mustShards(t, Shard{Name: "a"})), 0)
}

// The picks are part of what is stored: a key must be found again by the next
// version. So some are written down.
func TestShardsPinned(t *testing.T) {
	equal := mustShards(t, Shard{Name: "redis-0"}, Shard{Name: "redis-1"}, Shard{Name: "redis-2"})
	weighted := mustShards(t, Shard{"redis-0", 1}, Shard{"redis-1", 2}, Shard{"redis-2", 5})
	var got []string
	for i := range 8 {
		got = append(got, equal.PickInt(int64(i))+" "+weighted.Pick(fmt.Sprint("user-", i)))
	}
	require.Equal(t, []string{
		"redis-0 redis-0", "redis-1 redis-2", "redis-0 redis-2", "redis-2 redis-0",
		"redis-1 redis-0", "redis-2 redis-1", "redis-1 redis-1", "redis-0 redis-1",
	}, got)
}

// anyShards draws shards with distinct names, some with weights.
func anyShards(t *rapid.T, label string, least int) []Shard {
	weight := rapid.SampledFrom([]uint32{0, 1, 1, 2, 3, 7, 1000, math.MaxUint32})
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Shard {
		return Shard{Name: rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "name"), Weight: weight.Draw(t, "weight")}
	}), least, 9, func(s Shard) string { return s.Name }).Draw(t, label)
}

// An added shard only takes keys, a removed one gives only its own, and a raised
// weight only takes: for every key, not most.
func TestShardsMoveOnlyWhatTheyMust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := anyShards(t, "shards", 2)
		all, last := mustShards(t, shards...), shards[len(shards)-1]
		fewer := mustShards(t, shards[:len(shards)-1]...)
		raised := slices.Clone(shards)
		raised[len(raised)-1].Weight = max(last.Weight, 1) + min(uint32(rapid.IntRange(0, 9).Draw(t, "more")), math.MaxUint32-max(last.Weight, 1))
		heavier := mustShards(t, raised...)
		for _, key := range rapid.SliceOfN(anyText(), 1, 50).Draw(t, "keys") {
			with, without := all.Pick(key), fewer.Pick(key)
			if with != last.Name {
				require.Equal(t, without, with, "adding %q moved %q between two others", last.Name, key)
			}
			require.NotEqual(t, last.Name, without)
			if now := heavier.Pick(key); now != last.Name {
				require.Equal(t, with, now, "raising %q moved %q between two others", last.Name, key)
			}
		}
	})
}

// The order of the declaration is nothing to the picks, a number is its bytes,
// and the winner is the one of the slow definition.
func TestShardsAgainstTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := anyShards(t, "shards", 1)
		s, shuffled := mustShards(t, shards...), mustShards(t, rapid.Permutation(shards).Draw(t, "order")...)
		n := rapid.Int64().Draw(t, "n")
		key := string(binary.BigEndian.AppendUint64(nil, uint64(n)))
		require.Equal(t, s.Pick(key), shuffled.Pick(key))
		require.Equal(t, s.Pick(key), s.PickInt(n))

		score := func(shard Shard) float64 {
			draw := mix(fnv1a(key) ^ mix(fnv1a(shard.Name)))
			return (64 - math.Log2(float64(draw))) / float64(max(shard.Weight, 1))
		}
		least := math.Inf(1)
		for _, shard := range shards {
			least = min(least, score(shard))
		}
		for _, shard := range shards {
			if shard.Name == s.Pick(key) {
				require.InEpsilon(t, least, score(shard), 1e-6)
			}
		}
	})
}

// Draws are compared by an integer logarithm, which must not rise.
func TestNegLog2(t *testing.T) {
	draws := []uint64{0, 1, 2, 3, math.MaxUint64, math.MaxUint64 - 1, 1 << 63, 1<<63 - 1}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		d := random.Uint64() >> random.IntN(64)
		draws = append(draws, d, d+1)
	}
	slices.Sort(draws)
	for i, d := range draws {
		if d > 0 {
			require.InDelta(t, 64-math.Log2(float64(d)), float64(negLog2(d))/(1<<40), 1e-9, "%d", d)
		}
		if i > 0 {
			require.LessOrEqual(t, negLog2(d), negLog2(draws[i-1]), "%d", d)
		}
	}
}

// The order of candidates: by score a unit of weight, ties by draw and then by
// name, so that any two with distinct names have one order.
func TestCandidatesOrder(t *testing.T) {
	ordered := []candidate{
		{score: 0, weight: 1, draw: 9, name: "z"},
		{score: 2, weight: 4, draw: 9, name: "c"},
		{score: 1, weight: 2, draw: 8, name: "a"},
		{score: 2, weight: 4, draw: 8, name: "b"},
		{score: 65 << 40, weight: math.MaxUint32, draw: 1, name: "a"},
		{score: 65 << 40, weight: math.MaxUint32 - 1, draw: 9, name: "a"},
		{score: 65 << 40, weight: 1, draw: 9, name: "a"},
	}
	for i, a := range ordered {
		for j, b := range ordered {
			require.Equal(t, i < j, a.before(b), "%v and %v", a, b)
		}
	}
}

func numbered(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range n {
			if !yield(fmt.Sprint("user-", i)) {
				return
			}
		}
	}
}

// Each shard gets its share of the keys, within six standard deviations of a
// fair draw; and as many keys move as Moves says, within as much.
func TestShardsBalance(t *testing.T) {
	const keys = 30_000
	within := func(share float64, count int) {
		t.Helper()
		deviation := math.Sqrt(keys * share * (1 - share))
		require.InDelta(t, keys*share, float64(count), 6*deviation+1)
	}
	ten := make([]Shard, 10)
	for i := range ten {
		ten[i] = Shard{Name: fmt.Sprint("shard-", i)}
	}
	uneven := []Shard{{"a", 1}, {"b", 2}, {"c", 4}, {"d", 4}, {"e", 9}}
	for _, shards := range [][]Shard{ten, uneven} {
		s := mustShards(t, shards...)
		total, count := 0.0, map[string]int{}
		for _, shard := range shards {
			total += float64(max(shard.Weight, 1))
		}
		for key := range numbered(keys) {
			count[s.Pick(key)]++
		}
		for _, shard := range shards {
			within(float64(max(shard.Weight, 1))/total, count[shard.Name])
		}
	}
	for name, c := range map[string]struct {
		before, after []Shard
		want          float64 // by hand
	}{
		"one more":        {ten[:9], ten, 1.0 / 10},
		"one less":        {ten, ten[:9], 1.0 / 10},
		"three more":      {ten[:7], ten, 3.0 / 10},
		"nothing":         {ten, ten, 0},
		"renamed":         {ten[:1], ten[1:2], 1},
		"one for another": {ten[:9], append(slices.Clone(ten[:8]), ten[9]), 2.0 / 10},
		"heavy one goes":  {uneven, uneven[:4], 9.0 / 20},
		"a weight raised": {[]Shard{{"a", 1}, {"b", 1}}, []Shard{{"a", 3}, {"b", 1}}, 0.75 - 0.5},
		"twice as heavy":  {[]Shard{{"a", 1}, {"b", 3}}, []Shard{{"a", 2}, {"b", 6}}, 0},
	} {
		before, after := mustShards(t, c.before...), mustShards(t, c.after...)
		require.InDelta(t, c.want, before.Moves(after), 1e-12, name)
		require.InDelta(t, c.want, after.Moves(before), 1e-12, name)
		moved, of := Moved(before, after, numbered(keys))
		require.Equal(t, keys, of)
		within(c.want, moved)
	}
}

func BenchmarkShards(b *testing.B) {
	for _, n := range []int{3, 16, 100} {
		for _, classes := range []int{1, 3} {
			shards := make([]Shard, n)
			for i := range shards {
				shards[i] = Shard{fmt.Sprint("shard-", i), uint32(1 + i%classes)}
			}
			s := mustShards(b, shards...)
			b.Run(fmt.Sprintf("shards=%d/weights=%d", n, classes), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.PickInt(42)
				}
			})
		}
	}
}
