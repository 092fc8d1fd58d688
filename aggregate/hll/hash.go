package hll

import (
	"math"
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

// hasher hashes values of a kind, a text once for a dictionary.
type hasher struct {
	kind  source.Kind
	texts statekit.Cache[uint64] // 0 isn't known yet; what hashes to 0 never is
}

// hashes sets dst, which is as long, to the hashes of rows of a vector: to
// something for a null.
func (h *hasher) hashes(dst []uint64, v *source.Vector, rows []int32) {
	dst = dst[:len(rows)]
	switch h.kind {
	case source.String:
		known := h.texts.Of(v.Dict)
		for i, row := range rows {
			if v.IsNull(row) {
				continue
			}
			code := v.Codes[row]
			if known[code] == 0 {
				known[code] = xxh3.HashString(v.Dict.Values[code])
			}
			dst[i] = known[code]
		}
	case source.Float:
		for i, row := range rows {
			dst[i] = hashWord(math.Float64bits(source.CanonicalFloat(v.Floats[row])))
		}
	default:
		ints := v.Ints
		for i, row := range rows {
			dst[i] = hashWord(uint64(ints[row]))
		}
	}
}

// hash is the hash of one of values' words.
func (h *hasher) hash(values *statekit.Values[struct{}], word uint64) uint64 {
	if h.kind == source.String {
		return xxh3.HashString(values.Text(word))
	}
	return hashWord(word)
}

// hashWord is XXH3 of a word's 8 bytes, the low one first: states depend on it.
func hashWord(word uint64) uint64 {
	const (
		secret = 0x1cad21f72c81017c ^ 0xdb979083e96dd4de
		prime  = 0x9fb21c651e98df25
		length = 8
	)
	h := bits.RotateLeft64(word, 32) ^ secret
	h ^= bits.RotateLeft64(h, 49) ^ bits.RotateLeft64(h, 24)
	h *= prime
	h ^= h>>35 + length
	h *= prime
	return h ^ h>>28
}
