package source

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// fast reads a record by its schema, and by the layouts that records had before
// it: it goes from value to value, by a step that is known or by one that it has
// to find out. False is anything unexpected, be it right or wrong: then the builder
// is as it was, and the record is [jsonReader.read]'s.
//
// The dictionaries may have got texts by then, but those that read will add,
// in its order.
func (r *jsonReader) fast(record []byte) bool {
	r.record, r.turn = record, r.turn+1
	done := r.walk()
	r.record = nil
	if !done {
		r.undo(r.root)
	}
	return done
}

// undo forgets the cells that this turn has set: those alone, since a decoder
// around this one may have set others before.
func (r *jsonReader) undo(g *group) {
	for _, m := range g.members {
		switch {
		case m.turn != r.turn:
		case m.group != nil:
			r.undo(m.group)
		case m.column >= 0:
			m.cells.truncate(r.row)
		}
	}
}

func (r *jsonReader) walk() bool {
	s := r.record
	at := skipSpace(s, 0)
	if !isAt(s, at, '{') {
		return false
	}
	at++
	for from := &r.root.first; ; {
		step := from.step
		m, end := step.to, at+step.length
		if start := at + step.headAt; start < 0 || end > len(s) ||
			((wordOf(s, start)^step.head)|(wordOf(s, at+step.tailAt)^step.tail))&step.mask != 0 ||
			step.length > 16 && !step.isAt(s, at) {
			if m, end = r.follow(from, at); end < 0 {
				return false
			}
		}
		if at = end; m == nil {
			return skipSpace(s, at) == len(s)
		}
		if at >= len(s) || m.turn == r.turn || m.cells != nil && m.cells.set(r.row) {
			return false
		}
		m.turn = r.turn
		switch m.reading {
		case viaText:
			end = m.cells.shortText(s, at)
		case viaInt:
			end = m.cells.shortInt(s, at)
		case viaFloat:
			end = m.cells.shortFloat(s, at)
		case viaTime:
			end = m.shortTime(s, at)
		case viaGroup:
			if at = skipSpace(s, at); isAt(s, at, '{') {
				at, from = at+1, &m.group.first
				continue
			}
			end = literal(s, at, "null")
		default:
			end = -1
		}
		if end < 0 {
			if end = r.value(m, at); end < 0 {
				return false
			}
		}
		at, from = end, &m.after
	}
}

// follow is a step that isn't the likely one. It gives the member that it leads
// to, none at the end of the record, and the place after it, as all these do, or
// -1.
func (r *jsonReader) follow(from *spot, at int) (*member, int) {
	known := &from.group.goesOn
	if from == &from.group.first {
		known = &from.group.begins
	}
	if step := known.find(r.record, at); step != nil {
		from.step = step
		return step.to, at + step.length
	}
	m, end := r.explore(from, at)
	if end >= 0 && end-at <= maxStep {
		from.step = newStep(r.record[at:end], m)
		known.add(stepKey(r.record, at), from.step)
	}
	return m, end
}

// explore reads the text of a step, from a spot on.
func (r *jsonReader) explore(from *spot, at int) (*member, int) {
	text, g, first := r.record, from.group, from == &from.group.first
	for at = skipSpace(text, at); isAt(text, at, '}'); first = false {
		at = skipSpace(text, at+1)
		if g = g.parent; g == nil {
			return nil, at
		}
	}
	if !first {
		if !isAt(text, at, ',') {
			return nil, -1
		}
		at = skipSpace(text, at+1)
	}
	if !isAt(text, at, '"') {
		return nil, -1
	}
	end, ascii := textEnd(text, at+1)
	if !isAt(text, end, '"') {
		return nil, -1
	}
	m := r.find(g, text[at+1:end], ascii)
	if at = skipSpace(text, end+1); m == nil || !isAt(text, at, ':') {
		return nil, -1
	}
	return m, skipSpace(text, at+1)
}

func (r *jsonReader) find(g *group, name []byte, ascii bool) *member {
	if !ascii && !utf8.Valid(name) {
		return nil
	}
	m := g.find(name)
	switch {
	case m == nil && !r.strict:
		return g.stranger(name)
	case m != nil && r.strict && m.stranger():
		return nil
	}
	return m
}

// value reads what a member has that no quicker way took.
func (r *jsonReader) value(m *member, at int) int {
	if at = skipSpace(r.record, at); at >= len(r.record) {
		return -1
	}
	switch {
	case m.group != nil:
		return -1
	case m.column < 0:
		return r.skip(at)
	}
	return r.scan(m, at)
}

// scan adds a column's cell. What the column doesn't take is left.
func (r *jsonReader) scan(m *member, at int) int {
	c, first := m.cells, r.record[at]
	if first == 'n' {
		if at = literal(r.record, at, "null"); at < 0 || c.missing() != nil {
			return -1
		}
		return at
	}
	switch c.Kind {
	case String:
		if first != '"' {
			return -1
		}
		text, end := r.string(at + 1)
		if end >= 0 {
			c.text(viewText(text))
		}
		return end
	case Int:
		return scanInt(c, r.record, at)
	case Float:
		return scanFloat(c, r.record, at)
	case Bool:
		return scanBool(c, r.record, at)
	case Opaque:
		return r.opaque(c, at)
	}
	if first != '"' {
		return scanInt(c, r.record, at)
	}
	text, end := r.string(at + 1)
	if end < 0 {
		return -1
	}
	if c.Kind == Time {
		if us, ok := parseTime(text); ok {
			c.int(us)
			m.minute.learn(text, us)
			return end
		}
	}
	if parseText(c, text) != nil {
		return -1
	}
	return end
}

func scanBool(c *columnBuilder, s []byte, at int) int {
	end := literal(s, at, "true")
	yes := end >= 0
	if !yes {
		end = literal(s, at, "false")
	}
	if end >= 0 {
		addBool(c, yes)
	}
	return end
}

func (r *jsonReader) opaque(c *columnBuilder, at int) int {
	end := r.skip(at)
	if end < 0 {
		return -1
	}
	text, err := canonicalOpaque(r.record[at:end], c.typ)
	if err != nil {
		return -1
	}
	c.text(text)
	return end
}

// string reads a JSON string from after its first quote on: its text is in the
// record's memory or in scratch.
func (r *jsonReader) string(from int) ([]byte, int) {
	end, ascii := textEnd(r.record, from)
	switch {
	case isAt(r.record, end, '"') && (ascii || utf8.Valid(r.record[from:end])):
		return r.record[from:end], end + 1
	case isAt(r.record, end, '\\'):
		return r.escaped(from, end)
	}
	return nil, -1
}

// escaped is string for one with its first escape at a place.
func (r *jsonReader) escaped(from, at int) ([]byte, int) {
	for isAt(r.record, at, '\\') {
		at, _ = textEnd(r.record, min(at+2, len(r.record)))
	}
	if !isAt(r.record, at, '"') {
		return nil, -1
	}
	var err error
	r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], r.record[from-1:at+1])
	if err != nil {
		return nil, -1
	}
	return r.scratch, at + 1
}

// skip passes over a value of any kind, having made sure that it's right.
func (r *jsonReader) skip(at int) int {
	switch r.record[at] {
	case '"':
		_, at = r.string(at + 1)
		return at
	case 'n':
		return literal(r.record, at, "null")
	case 't':
		return literal(r.record, at, "true")
	case 'f':
		return literal(r.record, at, "false")
	case '{', '[':
		end := bracketsEnd(r.record, at)
		if end < 0 || !jsontext.Value(r.record[at:end]).IsValid() {
			return -1
		}
		return end
	}
	return numberEnd(r.record, at)
}
