package source

// group is the members of an object: those that are columns or groups of columns,
// and the strangers that records had beside them.
type group struct {
	members   []*member
	table     []*member // by hash of the name; a power of two
	strangers int
	start     follower // what an object begins with
}

type member struct {
	name   string
	column int      // where there's no group; -1 for a stranger
	group  *group   // of a nested object
	next   follower // what came after the value
	turn   uint64   // the last record that had the member
}

func (m *member) stranger() bool { return m.column < 0 && m.group == nil }

// follower is what came after a value the last time, or at an object's beginning:
// the text up to the next value, such as `, "price": `, or up to the object's end.
type follower struct {
	text   []byte  // none: nothing is remembered
	member *member // nil at the object's end
}

// What is remembered of members that no column has, and of the texts between
// values. A record that has more is left to the complete reader.
const (
	maxStrangers = 64
	maxName      = 128
	maxFollower  = 256
)

// learn keeps what came this time. Its memory is that of the last time.
func (f *follower) learn(text []byte, m *member) {
	f.member, f.text = m, f.text[:0]
	if len(text) <= maxFollower {
		f.text = append(f.text, text...)
	}
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
