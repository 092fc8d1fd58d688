package hll

import (
	"encoding/binary"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

// hasher hashes values of a kind, a text once for a dictionary.
type hasher struct {
	kind  source.Kind
	texts statekit.Cache[uint64] // 0 isn't known yet; what hashes to 0 never is
}

// hashes appends the hashes of rows of a vector to dst, something for a null.
func (h *hasher) hashes(dst []uint64, v *source.Vector, rows []int32) []uint64 {
	switch h.kind {
	case source.String:
		known := h.texts.Of(v.Dict)
		for _, row := range rows {
			if v.IsNull(row) {
				dst = append(dst, 0)
				continue
			}
			code := v.Codes[row]
			if known[code] == 0 {
				known[code] = xxh3.HashString(v.Dict.Values[code])
			}
			dst = append(dst, known[code])
		}
	case source.Float:
		for _, row := range rows {
			dst = append(dst, hashWord(math.Float64bits(source.CanonicalFloat(v.Floats[row]))))
		}
	default:
		for _, row := range rows {
			dst = append(dst, hashWord(uint64(v.Ints[row])))
		}
	}
	return dst
}

// hash is the hash of one of values' words.
func (h *hasher) hash(values *statekit.Values[struct{}], word uint64) uint64 {
	if h.kind == source.String {
		return xxh3.HashString(values.Text(word))
	}
	return hashWord(word)
}

func hashWord(word uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], word)
	return xxh3.Hash(b[:])
}
