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
func (r *jsonReader[E]) fast(record []byte) bool {
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
func (r *jsonReader[E]) undo(g *group) {
	for _, m := range g.members {
		switch {
		case m.turn != r.turn:
		case m.group != nil:
			r.undo(m.group)
		case m.column >= 0:
			r.builder.columns[m.column].truncate(r.builder.Len())
		}
	}
}

// group reads an object from its brace on. It gives the place after it, as all
// these do, or -1.
func (r *jsonReader[E]) group(g *group, at int) int {
	f := &g.start
	for {
		m := f.member
		if next := at + len(f.text); len(f.text) > 0 && next <= len(r.record) && string(r.record[at:next]) == string(f.text) {
			at = next
		} else if m, at = r.follow(g, f, at); at < 0 {
			return -1
		}
		if m == nil {
			return at
		}
		if at = r.value(m, at); at < 0 {
			return -1
		}
		f = &m.next
	}
}

// follow finds the next member where it isn't the remembered one, and remembers
// it: nil is the object's end.
func (r *jsonReader[E]) follow(g *group, f *follower, from int) (*member, int) {
	text, first := r.record, f == &g.start
	at := skipSpace(text, from)
	if first {
		if !isAt(text, at, '{') {
			return nil, -1
		}
		at = skipSpace(text, at+1)
	}
	if isAt(text, at, '}') {
		f.learn(text[from:at+1], nil)
		return nil, at + 1
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
	at = skipSpace(text, at+1)
	f.learn(text[from:at], m)
	return m, at
}

func (r *jsonReader[E]) find(g *group, name []byte, ascii bool) *member {
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
func (r *jsonReader[E]) value(m *member, at int) int {
	if at < len(r.record) && r.record[at] <= ' ' {
		at = skipSpace(r.record, at)
	}
	if at >= len(r.record) || m.turn == r.turn {
		return -1
	}
	if m.column >= 0 {
		c := &r.builder.columns[m.column]
		if c.set(r.builder.Len()) {
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
func (r *jsonReader[E]) scan(c *columnBuilder, at int) int {
	switch first := r.record[at]; {
	case first == 'n':
		if at = literal(r.record, at, "null"); at < 0 || c.missing() != nil {
			return -1
		}
		return at
	case c.Kind == Opaque:
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
	case first == '"':
		text, end := r.string(at + 1)
		if end < 0 || !addText(c, text) {
			return -1
		}
		return end
	case c.Kind == Bool && first == 't':
		at = literal(r.record, at, "true")
	case c.Kind == Bool && first == 'f':
		at = literal(r.record, at, "false")
	case c.Kind == Float:
		return scanFloat(c, r.record, at)
	case c.Kind != Bool && c.Kind != String:
		return scanInt(c, r.record, at)
	default:
		return -1
	}
	if at >= 0 {
		addBool(c, r.record[at-2] == 'u')
	}
	return at
}

// addText adds a JSON string's text, in valid UTF-8, if the column takes it.
func addText(c *columnBuilder, text []byte) bool {
	switch c.Kind {
	case String:
		c.textBytes(text)
		return true
	case Time:
		if us, ok := parseTime(text); ok {
			c.int(us)
			return true
		}
		return parseText(c, text) == nil
	}
	return c.Kind == Decimal && parseInt(c, text) == nil
}

// string reads a JSON string from after its first quote on: its text is in the
// record's memory or in scratch.
func (r *jsonReader[E]) string(from int) ([]byte, int) {
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
func (r *jsonReader[E]) escaped(from, at int) ([]byte, int) {
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
func (r *jsonReader[E]) skip(at int) int {
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
