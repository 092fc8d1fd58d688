package source

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// fast reads a record by its schema, and by the layout that records had before
// it: where the same member follows, with the same text between the values, one
// comparison finds it. False is anything unexpected, be it right or wrong: then
// the builder is as it was, and the record is [jsonReader.read]'s.
//
// The dictionaries may have got texts by then, but those that read will add,
// in its order.
func (r *jsonReader) fast(record []byte) bool {
	r.record, r.turn = record, r.turn+1
	at := r.group(r.root, skipSpace(record, 0))
	r.record = nil
	if at >= 0 && skipSpace(record, at) == len(record) {
		return true
	}
	r.undo(r.root)
	return false
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
			r.columns[m.column].truncate(r.row)
		}
	}
}

// group reads an object from its brace on. It gives the place after it, as all
// these do, or -1.
func (r *jsonReader) group(g *group, at int) int {
	if !isAt(r.record, at, '{') {
		return -1
	}
	at++
	for likely := &g.first; ; {
		m := *likely
		if m != nil && m.lead.at(r.record, at) {
			at += len(m.lead.text)
		} else if m, at = r.follow(g, likely, at); m == nil {
			return at
		}
		if at = r.value(m, at); at < 0 {
			return -1
		}
		if at < len(r.record) && r.record[at] <= ' ' {
			at = skipSpace(r.record, at)
		}
		switch {
		case isAt(r.record, at, ','):
		case isAt(r.record, at, '}'):
			return at + 1
		default:
			return -1
		}
		at, likely = at+1, &m.next
	}
}

// follow finds the member after a brace or comma where it isn't the likely one,
// and remembers it. None, with a place, is the end of an object that is empty.
func (r *jsonReader) follow(g *group, likely **member, from int) (*member, int) {
	text := r.record
	at := skipSpace(text, from)
	if likely == &g.first && isAt(text, at, '}') {
		return nil, at + 1
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
	at = skipSpace(text, at+1)
	m.lead.learn(text[from:at])
	*likely = m
	return m, at
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

// value reads what a member has.
func (r *jsonReader) value(m *member, at int) int {
	if at < len(r.record) && r.record[at] <= ' ' {
		at = skipSpace(r.record, at)
	}
	if at >= len(r.record) || m.turn == r.turn {
		return -1
	}
	if m.column >= 0 {
		c := &r.columns[m.column]
		if c.set(r.row) {
			return -1
		}
		m.turn = r.turn
		return r.scan(c, at)
	}
	m.turn = r.turn
	switch {
	case m.group == nil:
		return r.skip(at)
	case r.record[at] == 'n':
		return literal(r.record, at, "null")
	}
	return r.group(m.group, at)
}

// scan adds a column's cell. What the column doesn't take is left.
func (r *jsonReader) scan(c *columnBuilder, at int) int {
	first := r.record[at]
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
