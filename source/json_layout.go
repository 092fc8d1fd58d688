package source

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// group is the members of an object: those that are columns or groups of columns,
// and the strangers that records had beside them.
type group struct {
	members   []*member
	table     []*member // by hash of the name; a power of two
	strangers int
	first     *member // that an object last began with
}

type member struct {
	name   string
	column int     // where there's no group; -1 for a stranger
	group  *group  // of a nested object
	turn   uint64  // the last record that had the member
	next   *member // that last came after it
	lead   lead
}

func (m *member) stranger() bool { return m.column < 0 && m.group == nil }

// lead is the text that last stood between a member's brace or comma and its
// value, such as `"price": `. One of up to 16 bytes is found in a record as two
// words, which may overlap: the second begins at skip.
type lead struct {
	text             []byte
	mask, head, tail uint64
	skip             int
}

// What is remembered of members that no column has, and of leads. A record that
// has more is left to the complete reader.
const (
	maxStrangers = 64
	maxName      = 128
	maxLead      = 256
)

func (l *lead) learn(text []byte) {
	if string(text) == string(l.text) {
		return
	}
	n := len(text)
	if n > maxLead {
		n = 0
	}
	l.text = append(l.text[:0], text[:n]...)
	if n > 16 {
		return
	}
	var padded [16]byte
	copy(padded[:], l.text)
	l.mask, l.skip = math.MaxUint64, max(n, 8)-8
	if n < 8 {
		l.mask = 1<<(8*n) - 1
	}
	l.head, l.tail = binary.LittleEndian.Uint64(padded[:]), binary.LittleEndian.Uint64(padded[l.skip:])
}

// at says whether the lead stands at a place.
func (l *lead) at(s []byte, at int) bool {
	n := len(l.text)
	if n > 16 || n == 0 || at+l.skip+8 > len(s) {
		return n > 0 && at+n <= len(s) && string(s[at:at+n]) == string(l.text)
	}
	return binary.LittleEndian.Uint64(s[at:])&l.mask == l.head && binary.LittleEndian.Uint64(s[at+l.skip:])&l.mask == l.tail
}

func newGroup(s *Schema) *group {
	root := &group{}
	for i, c := range s.Columns {
		at := root
		for _, name := range c.Path[:len(c.Path)-1] {
			at = at.nested(name)
		}
		at.add(&member{name: c.Path[len(c.Path)-1], column: i})
	}
	return root
}

func (g *group) nested(name string) *group {
	if m := g.find([]byte(name)); m != nil {
		return m.group
	}
	m := &member{name: name, column: -1, group: &group{}}
	g.add(m)
	return m.group
}

func (g *group) add(m *member) {
	g.members = append(g.members, m)
	if 2*len(g.members) <= len(g.table) {
		g.place(m)
		return
	}
	g.table = make([]*member, max(8, 4*len(g.table)))
	for _, m := range g.members {
		g.place(m)
	}
}

func (g *group) place(m *member) {
	i := g.slot([]byte(m.name))
	for g.table[i] != nil {
		i = (i + 1) & (len(g.table) - 1)
	}
	g.table[i] = m
}

func (g *group) slot(name []byte) int { return int(textHash(name)>>32) & (len(g.table) - 1) }

// find gives the member of a name, or nil.
func (g *group) find(name []byte) *member {
	if len(g.table) == 0 {
		return nil
	}
	for i := g.slot(name); g.table[i] != nil; i = (i + 1) & (len(g.table) - 1) {
		if g.table[i].name == string(name) {
			return g.table[i]
		}
	}
	return nil
}

// stranger is find for a name that a record has, in valid UTF-8: it gets to be
// known. Nil if there are too many.
func (g *group) stranger(name []byte) *member {
	if g.strangers == maxStrangers || len(name) > maxName {
		return nil
	}
	g.strangers++
	m := &member{name: string(name), column: -1}
	g.add(m)
	return m
}

// textHash is a quick hash of a text's ends and length, for tables that can bear
// texts that collide. Its middle bits are the good ones.
func textHash(text []byte) uint64 {
	h, n := uint64(0), len(text)
	switch {
	case n >= 8:
		h = binary.LittleEndian.Uint64(text) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(text[n-8:]), 23)
	case n >= 4:
		h = uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	default:
		for _, c := range text {
			h = h<<8 | uint64(c)
		}
	}
	return (h ^ uint64(n)<<59) * 0x9E3779B97F4A7C15
}
