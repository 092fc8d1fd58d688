package lambda

import (
	"fmt"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// groups numbers the (window, key) pairs of a table, which are words of its space.
type groups struct {
	*keySpace
	words []uint64 // width for each group
	slots []uint32 // open addressing: group+1, 0 where free; a power of two
}

const minSlots = 16

func newGroups(space *keySpace) *groups {
	return &groups{keySpace: space, slots: make([]uint32, minSlots)}
}

func (g *groups) len() int { return len(g.words) / g.width }

// reset forgets every group, and keeps the memory and the texts.
func (g *groups) reset() {
	g.words = g.words[:0]
	clear(g.slots)
	if g.codes.table == g {
		g.codes.table = nil
	}
}

func (g *groups) window(group uint32) int64 { return int64(g.words[int(group)*g.width]) }

// find appends to out the group of each selected row, making new ones. windows has
// the window of each, or the one of all.
func (g *groups) find(out []uint32, windows []int64, keys []*source.Vector, rows []int32) []uint32 {
	if len(windows) == 1 && g.codes.load(g, windows[0], keys, rows) {
		return g.byCodes(out, windows[0], keys, rows)
	}
	g.load(windows, keys, rows)
	if len(g.slots) < farSlots {
		for i, h := range g.hashes[:len(rows)] {
			out = append(out, g.group(h, i))
		}
		return out
	}
	return g.findFar(out, len(rows))
}

// farSlots is how many slots no longer lie in the nearest caches, and farRows how
// many rows are looked up at once then.
const farSlots, farRows = 1 << 13, 128

// findFar is find in a table that is larger than the caches: it touches all places
// of some rows first, so that the waits for memory overlap.
func (g *groups) findFar(out []uint32, n int) []uint32 {
	var places [farRows]uint32
	for from := 0; from < n; from += farRows {
		hashes := g.hashes[from:min(from+farRows, n)]
		mask := uint64(len(g.slots) - 1)
		for i, h := range hashes {
			places[i&(farRows-1)] = g.slots[h&mask]
		}
		touched := uint64(0)
		for _, place := range places[:len(hashes)] {
			if place > 0 {
				touched += g.words[int(place-1)*g.width]
			}
		}
		g.touched = touched
		for i, h := range hashes {
			out = append(out, g.group(h, from+i))
		}
	}
	return out
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

// same compares a group's words with those at place i, the key's first: of a table
// of one window these tell the groups apart.
func (g *groups) same(group uint32, i int) bool {
	words := g.words[int(group)*g.width:][:len(g.columns)]
	for j := len(words) - 1; j >= 0; j-- {
		if words[j] != g.columns[j][i] {
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
		slot := g.hashWords(g.words[group*g.width:][:g.width]) & mask
		for g.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		g.slots[slot] = uint32(group) + 1
	}
}

// one finds or makes the group of the words in g.parsed.
func (g *groups) one() uint32 {
	for i, word := range g.parsed {
		g.columns[i] = append(g.columns[i][:0], word)
	}
	return g.group(g.hashWords(g.parsed), 0)
}

// merge appends to out the group here of every group of other.
func (g *groups) merge(out []uint32, other *groups) []uint32 {
	const batch = 4096
	for from := 0; from < other.len(); from += batch {
		words := other.words[from*g.width : min(from+batch, other.len())*g.width]
		n := len(words) / g.width
		for i := range g.columns {
			g.columns[i] = slices.Grow(g.columns[i][:0], n)[:n]
			for group := range n {
				g.columns[i][group] = words[group*g.width+i]
			}
		}
		if g.keySpace != other.keySpace {
			g.translate(other.keySpace)
		}
		g.hash(n, false)
		out = g.findFar(out, n)
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
	for i := range g.types {
		dst = appendKeyValue(dst, g.value(group, i))
	}
	return dst
}

// value gives a part of a group's key.
func (g *groups) value(group uint32, part int) source.Value {
	words := g.words[int(group)*g.width:][:g.width]
	v := source.Value{Kind: g.types[part].Kind, Null: g.nulls > 0 && words[g.nulls]>>part&1 == 1}
	switch v.Kind {
	case source.String:
		v.Text = g.texts[part].Dictionary().Values[words[1+part]]
	case source.Float:
		v.Float = math.Float64frombits(words[1+part])
	default:
		v.Int = int64(words[1+part])
	}
	return v
}
