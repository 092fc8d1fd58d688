package lambda

import (
	"math/bits"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// keyCodes finds the groups of keys that can have few values: texts of small
// dictionaries, and integers of a small range. Such a key is a small number, and
// the number of its group stands in a list, where nothing has to be hashed. It
// serves one table and window at a time.
type keyCodes struct {
	table  *groups // whose groups places has
	window int64
	parts  []codePart
	places []uint32 // by code: the group, +1
	codes  []uint32 // by selected row: the chunk's own, or in memory
	memory []uint32
	pass   int // so many chunks aren't tried
}

// codePart is a part of a key: its values are numbers from 0 to less than 1<<bits, and
// where there are nulls one more bit says which.
type codePart struct {
	dict  uint64 // of a text, or
	low   int64  // what stands for 0
	bits  uint
	nulls bool
	from  uint // the place of its bits in a code
}

// width is how many bits the part has in a code.
func (p *codePart) width() uint {
	if p.nulls {
		return p.bits + 1
	}
	return p.bits
}

// A list has codeRoom places for each row that's looked up, since it may have to
// be cleared for them, and maxCodes at most: more lie in no cache.
const codeRoom, maxCodes = 32, 1 << 18

// load makes the rows' codes, or says that the keys can have too many values.
func (k *keyCodes) load(g *groups, window int64, keys []*source.Vector, rows []int32) bool {
	if k.pass > 0 {
		k.pass--
		return false
	}
	if len(k.parts) != len(keys) {
		k.parts, k.table = make([]codePart, len(keys)), nil
	}
	changed, width := k.table != g || k.window != window, uint(0)
	for i, v := range keys {
		before := k.parts[i]
		if !k.parts[i].fit(v, rows) {
			k.pass, k.table = 64, nil
			return false
		}
		k.parts[i].from = width
		width += k.parts[i].width()
		changed = changed || k.parts[i] != before
	}
	if size := 1 << width; width > 32 || size > min(maxCodes, codeRoom*len(rows)) && (changed || size > maxCodes) {
		k.pass, k.table = 64, nil
		return false
	}
	if changed {
		k.table, k.window = g, window
		k.places = slices.Grow(k.places[:0], 1<<width)[:1<<width]
		clear(k.places)
	}
	if len(keys) == 1 && keys[0].Kind == source.String && keys[0].Valid == nil && len(rows) == len(keys[0].Codes) {
		k.codes = keys[0].Codes // the rows are all there are
		return true
	}
	k.memory = slices.Grow(k.memory[:0], len(rows))[:len(rows)]
	if k.codes = k.memory; len(keys) == 0 {
		clear(k.codes)
	}
	for i := range k.parts {
		k.parts[i].load(k.codes, keys[i], rows)
		k.parts[i].loadNulls(k.codes, keys[i], rows)
	}
	return true
}

// fit makes room for a chunk's values, beside those that there is room for if
// that's cheap. It says whether they can be few.
func (p *codePart) fit(v *source.Vector, rows []int32) bool {
	p.nulls = p.nulls || v.Valid != nil
	switch {
	case v.Kind == source.Float || v.Kind == source.Opaque:
		return false
	case v.Kind == source.String:
		if need := uint(bits.Len(uint(len(v.Dict.Values)))); p.dict != v.Dict.ID || need > p.bits {
			*p = codePart{dict: v.Dict.ID, bits: need, nulls: p.nulls}
		}
		return true
	}
	low, high := v.Ints[rows[0]], v.Ints[rows[0]]
	for _, row := range rows {
		low, high = min(low, v.Ints[row]), max(high, v.Ints[row])
	}
	if low >= p.low && uint64(high)-uint64(p.low) < 1<<p.bits && p.bits > 0 {
		return true
	}
	if low >= 0 && low < maxCodes {
		low = 0 // so that later chunks may fit as well
	}
	if p.bits = uint(bits.Len64(uint64(high) - uint64(low))); p.bits == 0 {
		p.bits = 1
	}
	p.low = low
	return 1<<p.bits <= maxCodes && p.bits < 32
}

// load adds the part's bits to the rows' codes, or begins them.
func (p *codePart) load(codes []uint32, v *source.Vector, rows []int32) {
	codes = codes[:len(rows)]
	switch {
	case v.Kind == source.String && p.from == 0:
		for i, row := range rows {
			codes[i] = v.Codes[row]
		}
	case v.Kind == source.String:
		for i, row := range rows {
			codes[i] |= v.Codes[row] << p.from
		}
	case p.from == 0:
		for i, row := range rows {
			codes[i] = uint32(v.Ints[row] - p.low)
		}
	default:
		for i, row := range rows {
			codes[i] |= uint32(v.Ints[row]-p.low) << p.from
		}
	}
}

// loadNulls adds the bit of those that are null. Their values are zeros, or a text's first
// code.
func (p *codePart) loadNulls(codes []uint32, v *source.Vector, rows []int32) {
	if v.Valid == nil {
		return
	}
	bit := uint32(1) << (p.from + p.bits)
	for i, row := range rows {
		if !v.Valid[row] {
			codes[i] |= bit
		}
	}
}

// byCodes is find for the rows that codes were made for.
func (g *groups) byCodes(out []uint32, window int64, keys []*source.Vector, rows []int32) []uint32 {
	codes, places := g.codes.codes, g.codes.places
	out = slices.Grow(out, len(codes))[:len(codes)]
	for i, code := range codes {
		place := places[code]
		if place == 0 {
			place = g.ofRow(window, keys, rows[i]) + 1
			places[code] = place
		}
		out[i] = place - 1
	}
	return out
}

// ofRow finds or makes the group of one row.
func (g *groups) ofRow(window int64, keys []*source.Vector, row int32) uint32 {
	clear(g.parsed)
	g.parsed[0] = uint64(window)
	for i, v := range keys {
		switch {
		case v.IsNull(row):
			g.parsed[1+i] = g.zero(i)
			if g.types[i].nullable {
				g.parsed[g.nulls] |= 1 << i
			}
		case v.Kind == source.String:
			g.parsed[1+i] = uint64(g.texts[i].code(v.Dict.Values[v.Codes[row]]))
		default:
			g.parsed[1+i] = uint64(v.Ints[row])
		}
	}
	return g.one()
}
