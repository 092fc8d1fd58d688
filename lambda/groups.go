package lambda

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// groups numbers the (window, key) pairs of a view. A pair is a row of words:
// the window's start, then one for each part of the key. Texts are words too:
// places in a dictionary of the table's own, looked up once for each text of a
// chunk's dictionary. A null is the zero value of its part; where a part keeps
// nulls apart, one more word has a bit for each part that is null.
type groups struct {
	types []keyType
	nulls int // which word has the nulls' bits; 0 without one
	width int
	seed  uint64   // so that nobody can choose keys that collide
	words []uint64 // width for each group
	slots []uint32 // open addressing: group+1, 0 where free; a power of two
	texts []keyTexts

	// Scratch, by selected row.
	columns [][]uint64 // width of them
	hashes  []uint64
	parsed  []uint64
}

// keyTexts is the dictionary of one text part of a key.
type keyTexts struct {
	*source.Interner
	from uint64   // the chunk dictionary that codes belongs to
	code []uint32 // that dictionary's code to ours, +1
}

func newGroups(types []keyType) *groups {
	g := &groups{seed: rand.Uint64(), types: types, width: 1 + len(types), slots: make([]uint32, 64), texts: make([]keyTexts, len(types))}
	for i, kind := range types {
		if kind.Kind == source.String {
			g.texts[i].Interner = source.NewInterner()
		}
		if kind.nullable {
			g.nulls = 1 + len(types)
			g.width = g.nulls + 1
		}
	}
	g.columns = make([][]uint64, g.width)
	g.parsed = make([]uint64, g.width)
	return g
}

func (g *groups) len() int { return len(g.words) / g.width }

// reset forgets every group, and keeps the memory and the texts.
func (g *groups) reset() {
	g.words = g.words[:0]
	clear(g.slots)
	for i := range g.texts {
		if g.texts[i].Interner != nil && g.texts[i].Len() > maxKeyTexts {
			g.texts[i] = keyTexts{Interner: source.NewInterner()}
		}
	}
}

// maxKeyTexts is how many texts a table keeps for its next use.
const maxKeyTexts = 1 << 20

func (g *groups) window(group uint32) int64 { return int64(g.words[int(group)*g.width]) }

// find appends to out the group of each selected row, making new ones.
func (g *groups) find(out []uint32, windows []int64, keys []*source.Vector, rows []int32) []uint32 {
	n := len(rows)
	for i := range g.columns {
		g.columns[i] = slices.Grow(g.columns[i][:0], n)[:n]
	}
	for i, w := range windows {
		g.columns[0][i] = uint64(w)
	}
	if g.nulls > 0 {
		clear(g.columns[g.nulls])
	}
	for i, v := range keys {
		g.load(i, v, rows)
	}
	g.hash(n)
	for i := range n {
		out = append(out, g.group(spread(g.hashes[i]), i))
	}
	return out
}

// load makes the words of one part of the key.
func (g *groups) load(part int, v *source.Vector, rows []int32) {
	into := g.columns[1+part]
	switch v.Kind {
	case source.String:
		g.loadTexts(&g.texts[part], into, v, rows)
	case source.Float:
		for i, row := range rows {
			into[i] = math.Float64bits(v.Floats[row])
		}
	default:
		for i, row := range rows {
			into[i] = uint64(v.Ints[row])
		}
	}
	if v.Valid == nil {
		return
	}
	zero := g.zero(part)
	for i, row := range rows {
		if !v.Valid[row] {
			into[i] = zero
		}
	}
	if g.types[part].nullable {
		for i, row := range rows {
			if !v.Valid[row] {
				g.columns[g.nulls][i] |= 1 << part
			}
		}
	}
}

// zero is the word of a part's zero value.
func (g *groups) zero(part int) uint64 {
	switch g.types[part].Kind {
	case source.String:
		return uint64(g.texts[part].Code(""))
	case source.Time:
		return zeroTime
	}
	return 0
}

// zeroTime is the zero time.Time as a word.
var zeroTime = uint64(time.Time{}.UnixMicro())

func (g *groups) loadTexts(texts *keyTexts, into []uint64, v *source.Vector, rows []int32) {
	if texts.from != v.Dict.ID {
		texts.from = v.Dict.ID
		texts.code = texts.code[:0]
	}
	// Codes are filled in at first use: of a large dictionary a filter may select
	// few.
	if grow := len(v.Dict.Values) - len(texts.code); grow > 0 {
		old := len(texts.code)
		texts.code = slices.Grow(texts.code, grow)[:old+grow]
		clear(texts.code[old:])
	}
	for i, row := range rows {
		code := v.Codes[row]
		ours := texts.code[code]
		if ours == 0 {
			ours = texts.Code(v.Dict.Values[code]) + 1
			texts.code[code] = ours
		}
		into[i] = uint64(ours - 1)
	}
}

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

func (g *groups) hash(n int) {
	g.hashes = slices.Grow(g.hashes[:0], n)[:n]
	for i := range g.hashes {
		g.hashes[i] = g.seed
	}
	for _, column := range g.columns {
		for i, word := range column[:n] {
			g.hashes[i] = mix(g.hashes[i], word)
		}
	}
}

// group finds or makes the group whose words stand at place i of the columns.
func (g *groups) group(hash uint64, i int) uint32 {
	mask := uint64(len(g.slots) - 1)
	for slot := hash & mask; ; slot = (slot + 1) & mask {
		found := g.slots[slot]
		if found == 0 {
			return g.add(slot, i)
		}
		if g.same(found-1, i) {
			return found - 1
		}
	}
}

func (g *groups) same(group uint32, i int) bool {
	words := g.words[int(group)*g.width:][:g.width]
	for j, column := range g.columns {
		if words[j] != column[i] {
			return false
		}
	}
	return true
}

func (g *groups) add(slot uint64, i int) uint32 {
	group := uint32(g.len())
	for _, column := range g.columns {
		g.words = append(g.words, column[i])
	}
	g.slots[slot] = group + 1
	if uint64(g.len())*8 > uint64(len(g.slots))*5 {
		g.rehash()
	}
	return group
}

func (g *groups) rehash() {
	g.slots = make([]uint32, 2*len(g.slots))
	mask := uint64(len(g.slots) - 1)
	for group := range g.len() {
		hash := g.seed
		for _, word := range g.words[group*g.width:][:g.width] {
			hash = mix(hash, word)
		}
		slot := spread(hash) & mask
		for g.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		g.slots[slot] = uint32(group) + 1
	}
}

// one finds or makes the group of the words in g.parsed.
func (g *groups) one() uint32 {
	hash := g.seed
	for i, word := range g.parsed {
		g.columns[i] = append(g.columns[i][:0], word)
		hash = mix(hash, word)
	}
	return g.group(spread(hash), 0)
}

// merge appends to out the group here of every group of other.
func (g *groups) merge(out []uint32, other *groups) []uint32 {
	var texts [][]uint32 // other's places to ours, by part
	for i := range g.types {
		var places []uint32
		if g.texts[i].Interner != nil {
			for _, text := range other.texts[i].Dictionary().Values {
				places = append(places, g.texts[i].Code(text))
			}
		}
		texts = append(texts, places)
	}
	for group := range other.len() {
		copy(g.parsed, other.words[group*g.width:])
		for i, places := range texts {
			if places != nil {
				g.parsed[1+i] = uint64(places[g.parsed[1+i]])
			}
		}
		out = append(out, g.one())
	}
	return out
}

// decode finds or makes the group of a window and an encoded key.
func (g *groups) decode(window int64, key []byte) (uint32, error) {
	g.parsed[0] = uint64(window)
	if g.nulls > 0 {
		g.parsed[g.nulls] = 0
	}
	for i, kind := range g.types {
		v, rest, err := readKeyValue(key, kind)
		if err != nil {
			return 0, err
		}
		key = rest
		switch {
		case v.Null:
			g.parsed[1+i] = g.zero(i)
			g.parsed[g.nulls] |= 1 << i
		case kind.Kind == source.String:
			g.parsed[1+i] = uint64(g.texts[i].Code(v.Text))
		case kind.Kind == source.Float:
			g.parsed[1+i] = math.Float64bits(v.Float)
		default:
			g.parsed[1+i] = uint64(v.Int)
		}
	}
	if len(key) > 0 {
		return 0, fmt.Errorf("%w: %d bytes after a key", errKeyBytes, len(key))
	}
	return g.one(), nil
}

// appendKey appends a group's encoded key.
func (g *groups) appendKey(dst []byte, group uint32) []byte {
	words := g.words[int(group)*g.width:][:g.width]
	for i, kind := range g.types {
		v := source.Value{Kind: kind.Kind, Null: g.nulls > 0 && words[g.nulls]>>i&1 == 1}
		switch kind.Kind {
		case source.String:
			v.Text = g.texts[i].Dictionary().Values[words[1+i]]
		case source.Float:
			v.Float = math.Float64frombits(words[1+i])
		default:
			v.Int = int64(words[1+i])
		}
		dst = appendKeyValue(dst, v)
	}
	return dst
}
