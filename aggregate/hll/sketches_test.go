package hll

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/axiomhq/hyperloglog"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"
)

func TestWordsHashAsTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.Uint64().Draw(t, "word")
		require.Equal(t, xxh3.Hash(binary.LittleEndian.AppendUint64(nil, word)), hashWord(word))
	})
}

// naive is a group's hashes, all of them.
type naive map[uint64]bool

// state is what a vector's encoding of the hashes must be.
func (n naive) state(s *sketches) []byte {
	fresh := newSketches(s.precision, s.codec)
	fresh.grow(1)
	coupons := map[uint32]bool{}
	library, _ := hyperloglog.NewSketch(s.precision, false)
	for hash := range n {
		coupons[couponOf(hash)] = true
		library.InsertHash(hash)
	}
	if len(coupons) > s.limit {
		all, _ := library.MarshalBinary()
		return fresh.appendRegisters(nil, all[8:])
	}
	for coupon := range coupons {
		fresh.insert(0, hashOf(coupon))
	}
	return fresh.append(nil, 0)
}

// Sketches are the library's registers, or coupons where they are few, whatever
// is done with them.
func TestSketchesAreTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const vectors, groups = 2, 5
		precision := rapid.SampledFrom([]uint8{6, 7, 10, 18}).Draw(t, "precision")
		var of [vectors]*sketches
		var want [vectors][groups]naive
		forget := func(v int) {
			for g := range groups {
				want[v][g] = naive{}
			}
			of[v].grow(groups)
		}
		for v := range of {
			of[v] = newSketches(precision, "")
			forget(v)
		}
		vector, group := rapid.IntRange(0, vectors-1), rapid.IntRange(0, groups-1)
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				v := vector.Draw(t, "vector")
				random := rand.New(rand.NewPCG(rapid.Uint64Range(0, 3).Draw(t, "seed"), 0))
				most := rapid.IntRange(1, groups).Draw(t, "groups")
				var to []uint32
				var hashes []uint64
				for range rapid.SampledFrom([]int{1, 10, 200, 5000}).Draw(t, "rows") {
					g, hash := random.IntN(most), hashWord(random.Uint64N(3000))
					want[v][g][hash] = true
					to, hashes = append(to, uint32(g)), append(hashes, hash)
				}
				of[v].insertAll(to, hashes)
			},
			"merge": func(t *rapid.T) {
				v, from, to := vector.Draw(t, "vector"), group.Draw(t, "from"), group.Draw(t, "to")
				of[v].merge(uint32(to), of[1-v], uint32(from))
				for hash := range want[1-v][from] {
					want[v][to][hash] = true
				}
			},
			"take": func(t *rapid.T) {
				v, from, to := vector.Draw(t, "vector"), group.Draw(t, "from"), group.Draw(t, "to")
				require.NoError(t, of[v].take(uint32(to), of[1-v].append(nil, uint32(from))))
				for hash := range want[1-v][from] {
					want[v][to][hash] = true
				}
			},
			"reset": func(t *rapid.T) {
				v := vector.Draw(t, "vector")
				of[v].reset()
				forget(v)
			},
			"": func(t *rapid.T) {
				v, g := vector.Draw(t, "vector"), group.Draw(t, "group")
				require.Equal(t, hex.EncodeToString(want[v][g].state(of[v])), hex.EncodeToString(of[v].append(nil, uint32(g))))
			},
		})
	})
}
