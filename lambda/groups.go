package lambda

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// groups numbers the (window, key) pairs of a table, which are words of its space.
// Words that all groups have alike, as the window of a table of one window, aren't
// stored: what's looked up at random should be small.
type groups struct {
	*keySpace
	n      int
	alike  []uint64 // by column of words: the one of all groups, where it isn't stored
	stored []int    // the columns that are
	place  []int    // by column: its place in stored, or notStored
	words  []uint64 // of the stored columns, for each group
	slots  []uint32 // open addressing: group+1, 0 where free; a power of two
}

const minSlots, notStored = 16, -1

func newGroups(space *keySpace) *groups {
	g := &groups{keySpace: space, slots: make([]uint32, minSlots), alike: make([]uint64, space.width), place: make([]int, space.width)}
	fill(g.place, notStored)
	return g
}

func (g *groups) len() int { return g.n }

// reset forgets every group, and keeps the memory and the texts.
func (g *groups) reset() {
	g.n, g.words, g.stored = 0, g.words[:0], g.stored[:0]
	fill(g.place, notStored)
	clear(g.slots)
	if g.codes.table == g {
		g.codes.table = nil
	}
}

// word gives a word of a group.
func (g *groups) word(group uint32, column int) uint64 {
	if at := g.place[column]; at != notStored {
		return g.words[int(group)*len(g.stored)+at]
	}
	return g.alike[column]
}

// gather gives a column's words of some groups.
func (g *groups) gather(words []uint64, groups []uint32, column int) {
	at, stride, stored := g.place[column], len(g.stored), g.words
	switch {
	case at == notStored:
		fill(words, g.alike[column])
	case stride == 1:
		for i, group := range groups {
			words[i] = stored[group]
		}
	default:
		for i, group := range groups {
			words[i] = stored[int(group)*stride+at]
		}
	}
}

// oneWindow says that all groups have one window, for sure.
func (g *groups) oneWindow() bool { return g.place[0] == notStored }

// read gives all words of a group.
func (g *groups) read(words []uint64, group uint32) {
	for column := range words {
		words[column] = g.word(group, column)
	}
}

func (g *groups) window(group uint32) int64 { return int64(g.word(group, 0)) }

// storeWhatDiffers stores the columns whose words aren't all alike any more.
func (g *groups) storeWhatDiffers(n int) {
	if n == 0 {
		return
	}
	for column, at := range g.place {
		if at != notStored {
			continue
		}
		words := g.columns[column][:n]
		if g.even[column] {
			words = words[:1]
		}
		if g.n == 0 {
			g.alike[column] = words[0]
		}
		alike := g.alike[column]
		for _, word := range words {
			if word != alike {
				g.store(column)
				break
			}
		}
	}
}

// store lays the words out anew, with one more column.
func (g *groups) store(column int) {
	before, stride := g.words, len(g.stored)
	g.place[column] = stride
	g.stored = append(g.stored, column)
	if g.n == 0 {
		return
	}
	g.words = make([]uint64, 0, max(2*g.n, 64)*(stride+1))
	for group := range g.n {
		g.words = append(append(g.words, before[group*stride:(group+1)*stride]...), g.alike[column])
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
	if len(g.stored) == 1 {
		return g.words[group] == g.columns[g.stored[0]][i]
	}
	words := g.words[int(group)*len(g.stored):]
	for at, column := range g.stored {
		if words[at] != g.columns[column][i] {
			return false
		}
	}
	return true
}

func (g *groups) add(slot uint64, i int) uint32 {
	group := uint32(g.n)
	for _, column := range g.stored {
		g.words = append(g.words, g.columns[column][i])
	}
	g.n++
	g.slots[slot] = group + 1
	if 2*g.n > len(g.slots) {
		g.rehash()
	}
	return group
}

func (g *groups) rehash() {
	g.slots = make([]uint32, 2*len(g.slots))
	mask := uint64(len(g.slots) - 1)
	for group := range uint32(g.n) {
		g.read(g.parsed, group)
		slot := g.hashWords(g.parsed) & mask
		for g.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		g.slots[slot] = group + 1
	}
}

// one finds or makes the group of the words in g.parsed.
func (g *groups) one() uint32 {
	for i, word := range g.parsed {
		g.columns[i] = append(g.columns[i][:0], word)
		g.even[i] = true
	}
	g.storeWhatDiffers(1)
	return g.group(g.hashWords(g.parsed), 0)
}

// merge appends to out the group here of every group of other.
func (g *groups) merge(out []uint32, other *groups) []uint32 {
	const batch = 4096
	for from := 0; from < other.len(); from += batch {
		n := min(batch, other.len()-from)
		for i := range g.columns {
			g.columns[i] = slices.Grow(g.columns[i][:0], n)[:n]
			for at := range n {
				g.columns[i][at] = other.word(uint32(from+at), i)
			}
			g.even[i] = other.place[i] == notStored
		}
		for i := range g.texts {
			g.texts[i].translate(g.columns[1+i], other.texts[i].textWords)
		}
		g.hash(n)
		out = g.findAll(out, n)
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
			g.parsed[1+i] = uint64(g.texts[i].code(v.Text))
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
	for i, kind := range g.types {
		word := g.word(group, 1+i)
		switch {
		case kind.nullable && g.word(group, g.nulls)>>i&1 == 1:
			dst = append(dst, keyNull)
		case kind.Kind == source.String:
			dst = appendKeyText(append(dst, keyValue), g.texts[i].text(word))
		case kind.Kind == source.Float:
			dst = appendKeyValue(dst, source.Value{Kind: source.Float, Float: math.Float64frombits(word)})
		default:
			dst = binary.BigEndian.AppendUint64(append(dst, keyValue), word^(1<<63))
		}
	}
	return dst
}

// isNull says whether a part of a group's key is null. Its word is the zero value then.
func (g *groups) isNull(group uint32, part int) bool {
	return g.nulls > 0 && g.word(group, g.nulls)>>part&1 == 1
}

// value gives a part of a group's key.
func (g *groups) value(group uint32, part int) source.Value {
	word := g.word(group, 1+part)
	v := source.Value{Kind: g.types[part].Kind, Null: g.isNull(group, part)}
	switch v.Kind {
	case source.String:
		v.Text = g.texts[part].text(word)
	case source.Float:
		v.Float = math.Float64frombits(word)
	default:
		v.Int = int64(word)
	}
	return v
}
