package lambda

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// keySpace is what the tables of one plan have in common: how a key is made into
// words, the dictionaries of its texts, so that each is looked up once, and
// scratch. It belongs to one goroutine; its lanes may belong to others.
//
// A (window, key) pair is a row of words: the window's start, then one for each part
// of the key. Texts are words too: places in a dictionary. A null is the zero value
// of its part; where a part keeps nulls apart, one more word has a bit for each part
// that is null.
type keySpace struct {
	types  []keyType
	nulls  int // which word has the nulls' bits; 0 without one
	width  int
	seed   uint64 // so that nobody can choose keys that collide
	texts  []keyTexts
	isLane bool // see lane

	// Scratch, by selected row.
	columns [][]uint64 // width of them
	even    []bool     // by column: its words are all alike, for sure
	hashes  []uint64
	parsed  []uint64
	codes   keyCodes
	touched uint64 // so that touching memory isn't optimised away
}

// newKeySpace makes a space whose texts are spread over some shards, a power of two.
func newKeySpace(types []keyType, shards int) *keySpace {
	k := bareKeySpace(types)
	k.seed = rand.Uint64()
	for i, kind := range types {
		if kind.Kind == source.String {
			k.texts[i].textWords = newTextWords(shards)
		}
	}
	return k
}

func bareKeySpace(types []keyType) *keySpace {
	k := &keySpace{types: types, width: 1 + len(types), texts: make([]keyTexts, len(types))}
	for _, kind := range types {
		if kind.nullable {
			k.nulls = 1 + len(types)
			k.width = k.nulls + 1
		}
	}
	k.columns, k.even = make([][]uint64, k.width), make([]bool, k.width)
	k.parsed = make([]uint64, k.width)
	return k
}

// maxKeyTexts is how many texts tables keep for those to come.
const maxKeyTexts = 1 << 20

// worn says whether the space has more texts than a new table should share. What
// several goroutines share stays as it is.
func (k *keySpace) worn() bool {
	return !k.isLane && slices.ContainsFunc(k.texts, func(t keyTexts) bool { return t.textWords != nil && t.len() > maxKeyTexts })
}

// lane is the same space for another goroutine, with scratch of its own.
func (k *keySpace) lane() *keySpace {
	lane := bareKeySpace(k.types)
	lane.seed, lane.isLane = k.seed, true
	for i := range lane.texts {
		lane.texts[i].textWords = k.texts[i].textWords
	}
	return lane
}

// load makes the columns of words of some rows' keys, and their hashes. windows has
// the window of each row, or the one of all.
func (k *keySpace) load(windows []int64, keys []*source.Vector, rows []int32) {
	n := len(rows)
	for i := range k.columns {
		k.columns[i] = slices.Grow(k.columns[i][:0], n)[:n]
		k.even[i] = false
	}
	k.even[0] = len(windows) == 1
	if k.even[0] {
		windows = windows[:min(1, n)] // findAll fills in the others, if they're looked at
	}
	for i, w := range windows {
		k.columns[0][i] = uint64(w)
	}
	if k.nulls > 0 {
		clear(k.columns[k.nulls])
		k.even[k.nulls] = !slices.ContainsFunc(keys, func(v *source.Vector) bool { return v.Valid != nil })
	}
	for i, v := range keys {
		k.loadPart(i, v, rows)
	}
	k.hash(n)
}

func fill[T any](words []T, word T) {
	for i := range words {
		words[i] = word
	}
}

// loadPart makes the words of one part of the key.
func (k *keySpace) loadPart(part int, v *source.Vector, rows []int32) {
	into := k.columns[1+part][:len(rows)]
	switch v.Kind {
	case source.String:
		k.texts[part].load(into, v, rows)
	case source.Float:
		for i, row := range rows {
			into[i] = math.Float64bits(v.Floats[row])
		}
	default:
		ints := v.Ints
		for i, row := range rows {
			into[i] = uint64(ints[row])
		}
	}
	if v.Valid == nil {
		return
	}
	zero := k.zero(part)
	for i, row := range rows {
		if !v.Valid[row] {
			into[i] = zero
		}
	}
	if k.types[part].nullable {
		for i, row := range rows {
			if !v.Valid[row] {
				k.columns[k.nulls][i] |= 1 << part
			}
		}
	}
}

// zero is the word of a part's zero value.
func (k *keySpace) zero(part int) uint64 {
	switch k.types[part].Kind {
	case source.String:
		return uint64(k.texts[part].code(""))
	case source.Time:
		return zeroTime
	}
	return 0
}

// zeroTime is the zero time.Time as a word.
var zeroTime = uint64(time.Time{}.UnixMicro())

const hashMultiplier = 0x9E3779B97F4A7C15 // 2^64 / the golden ratio

func mix(h, word uint64) uint64 {
	h = (h ^ word) * hashMultiplier
	return h ^ h>>29
}

// spread makes the low bits, which choose a slot, depend on all others. Without
// it keys whose low bits are zero (floats that are whole numbers) collide.
func spread(h uint64) uint64 {
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// hash makes the columns' hashes.
func (k *keySpace) hash(n int) {
	k.hashes = slices.Grow(k.hashes[:0], n)[:n]
	hashes, columns, first := k.hashes, k.columns, k.seed
	for len(columns) > 0 && k.even[len(k.columns)-len(columns)] && n > 0 {
		first = mix(first, columns[0][0])
		columns = columns[1:]
	}
	switch len(columns) {
	case 0:
		fill(hashes, spread(first))
		return
	case 1:
		for i, word := range columns[0][:n] {
			hashes[i] = spread(mix(first, word))
		}
		return
	}
	for i, word := range columns[0][:n] {
		hashes[i] = mix(first, word)
	}
	last := len(columns) - 1
	for _, column := range columns[1:last] {
		column = column[:len(hashes)]
		for i, h := range hashes {
			hashes[i] = mix(h, column[i])
		}
	}
	column := columns[last][:len(hashes)]
	for i, h := range hashes {
		hashes[i] = spread(mix(h, column[i]))
	}
}

// hashWords is the hash of one pair's words.
func (k *keySpace) hashWords(words []uint64) uint64 {
	h := k.seed
	for _, word := range words {
		h = mix(h, word)
	}
	return spread(h)
}
