package source

// group is the members of an object: those that are columns or groups of columns,
// and the strangers that records had beside them.
type group struct {
	parent    *group // nil for the record's own object
	members   []*member
	table     []*member // by hash of the name; a power of two
	strangers int
	first     spot  // after the brace
	begins    steps // that first has had
	goesOn    steps // that spots after a member have had
}

// member is one name of an object, and how its value is read.
type member struct {
	name    string
	group   *group         // of a nested object
	column  int            // where there's no group; -1 for a stranger
	cells   *columnBuilder // the column's
	reading reading
	turn    uint64 // the last record that had the member
	after   spot
	minute  minute
}

func (m *member) stranger() bool { return m.column < 0 && m.group == nil }

// reading is what the fast reader does first with a member's value.
type reading uint8

const (
	viaScan reading = iota
	viaGroup
	viaText
	viaInt
	viaFloat
	viaTime
)

func readingOf(c *Column) reading {
	switch c.Kind {
	case String:
		return viaText
	case Int, Decimal:
		return viaInt
	case Time:
		return viaTime
	case Float:
		if c.typ.Bits() == 64 {
			return viaFloat
		}
	}
	return viaScan
}

// spot is a place in a layout, from which a step leads to the next value: after an
// object's brace, or after a member's value.
type spot struct {
	group *group
	step  *step // that a record last took from here
}

func newGroup(s *Schema, columns []columnBuilder) *group {
	root := openGroup(nil)
	for i, c := range s.Columns {
		at := root
		for _, name := range c.Path[:len(c.Path)-1] {
			at = at.nested(name)
		}
		at.add(&member{name: c.Path[len(c.Path)-1], column: i, cells: &columns[i], reading: readingOf(&s.Columns[i])})
	}
	return root
}

func openGroup(parent *group) *group {
	g := &group{parent: parent}
	g.first = spot{g, nowhere}
	return g
}

func (g *group) nested(name string) *group {
	if m := g.find([]byte(name)); m != nil {
		return m.group
	}
	m := &member{name: name, column: -1, group: openGroup(g), reading: viaGroup}
	g.add(m)
	return m.group
}

func (g *group) add(m *member) {
	m.after = spot{g, nowhere}
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

func (g *group) slot(name []byte) int {
	return int(keyOf(viewText(name)).hash()) & (len(g.table) - 1)
}

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

// What is remembered of members that no column has. A record that has more is left
// to the complete reader.
const (
	maxStrangers = 64
	maxName      = 128
)

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
