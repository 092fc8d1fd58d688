package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// JSON decodes records that are JSON objects, one event each, with the columns'
// names. A nested struct is a nested object. Members that no column has are
// skipped: [StrictJSON] refuses them. Missing ones, and null, are null, or zero
// where the column isn't nullable; where it's required, as every time.Time is,
// the record goes to quarantine.
//
//   - Integers are exact, whatever their form: 1000, 1e3 and 1000.0 are one, 1.5
//     is refused. Decimals too, and they may be strings ("12.50").
//   - Times are strings in RFC 3339, or integers: microseconds since 1970.
//   - Lists and maps are read as Go's JSON v2 reads them into the field's type.
//
// The text must be strict JSON: valid UTF-8, no name twice in one object, nothing
// after the object, no deeper than 10,000 levels.
func JSON[E any]() Decoder[E] { return &jsonDecoder[E]{} }

// StrictJSON is [JSON], but a record with a member that no column has goes to
// quarantine. A misspelt tag is noticed then: else its column is zero, or null,
// in every event.
func StrictJSON[E any]() Decoder[E] { return &jsonDecoder[E]{strict: true} }

// jsonDecoder keeps what a record's reading needs between records.
type jsonDecoder[E any] struct {
	strict  bool
	readers sync.Pool
}

// Decode implements [Decoder].
func (d *jsonDecoder[E]) Decode(record []byte, b *Builder[E]) error {
	r, _ := d.readers.Get().(*jsonReader[E])
	if r == nil {
		r = &jsonReader[E]{strict: d.strict, root: newGroup(b.schema)}
		r.text = jsontext.NewDecoder(&r.input)
	}
	err := r.read(record, b)
	r.input, r.builder = bytes.Buffer{}, nil
	d.readers.Put(r)
	return err
}

// group is the columns at one level of an event, by name. Records of one maker
// have their members in one order, so each member says which came next the last
// time.
type group struct {
	members []member
	byName  map[string]int
}

type member struct {
	name   string
	quoted string // as it stands in most records
	column int    // where there's no group
	group  *group // of a nested object
	next   int    // the member that followed
}

func newGroup(s *Schema) *group {
	root := &group{byName: map[string]int{}}
	for i, c := range s.Columns {
		at := root
		for _, name := range c.Path[:len(c.Path)-1] {
			at = at.nested(name)
		}
		at.add(member{name: c.Path[len(c.Path)-1], column: i})
	}
	return root
}

func (g *group) nested(name string) *group {
	if i, ok := g.byName[name]; ok {
		return g.members[i].group
	}
	inner := &group{byName: map[string]int{}}
	g.add(member{name: name, group: inner})
	return inner
}

func (g *group) add(m member) {
	g.byName[m.name] = len(g.members)
	m.next = len(g.members) + 1
	if quoted, err := jsontext.AppendQuote(nil, m.name); err == nil {
		m.quoted = string(quoted)
	}
	g.members = append(g.members, m)
}

// jsonReader reads one record after another.
type jsonReader[E any] struct {
	strict  bool
	root    *group
	builder *Builder[E]
	input   bytes.Buffer
	text    *jsontext.Decoder
	scratch []byte
}

func (r *jsonReader[E]) read(record []byte, b *Builder[E]) error {
	r.builder, r.input = b, *bytes.NewBuffer(record)
	r.text.Reset(&r.input)
	if kind := r.text.PeekKind(); kind != '{' {
		if _, err := r.text.ReadToken(); err != nil {
			return jsonError(err)
		}
		return fmt.Errorf("%w: a JSON %s where an object belongs", ErrValue, kindName(kind))
	}
	if err := r.object(r.root); err != nil {
		return err
	}
	if _, err := r.text.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the JSON object", ErrValue)
	}
	return nil
}

func (r *jsonReader[E]) object(g *group) error {
	if _, err := r.text.ReadToken(); err != nil {
		return jsonError(err)
	}
	last := -1
	for {
		if r.text.PeekKind() == '}' {
			_, err := r.text.ReadToken()
			return jsonError(err)
		}
		name, err := r.text.ReadValue()
		if err != nil {
			return jsonError(err)
		}
		i, err := r.find(g, name, last)
		if err != nil {
			return err
		}
		if i < 0 {
			err = jsonError(r.text.SkipValue())
		} else {
			last = i
			err = r.member(&g.members[i])
		}
		if err != nil {
			return err
		}
	}
}

// find gives the place of a member by its quoted name, or -1. last is the member
// before.
func (r *jsonReader[E]) find(g *group, quoted []byte, last int) (int, error) {
	expected := 0
	if last >= 0 {
		expected = g.members[last].next
	}
	if expected < len(g.members) && g.members[expected].quoted == string(quoted) {
		return expected, nil
	}
	name, err := r.unquote(quoted)
	if err != nil {
		return 0, err
	}
	i, ok := g.byName[string(name)]
	if !ok {
		if r.strict {
			return 0, fmt.Errorf("%w: no column has the member %s", ErrValue, brief(name))
		}
		return -1, nil
	}
	if last >= 0 {
		g.members[last].next = i
	}
	return i, nil
}

func (r *jsonReader[E]) member(m *member) error {
	if m.group != nil {
		return r.nested(m)
	}
	c := &r.builder.columns[m.column]
	if c.set(r.builder.Len()) {
		return fmt.Errorf("%w: column %s is there twice", ErrValue, c.Name)
	}
	value, err := r.text.ReadValue()
	if err != nil {
		return jsonError(err)
	}
	kind := value.Kind()
	if kind == 'n' {
		err = c.missing()
	} else {
		err = r.cell(c, kind, value)
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	return nil
}

func (r *jsonReader[E]) nested(m *member) error {
	switch kind := r.text.PeekKind(); kind {
	case '{':
		return r.object(m.group)
	case 'n':
		return jsonError(r.text.SkipValue())
	default:
		if err := r.text.SkipValue(); err != nil {
			return jsonError(err)
		}
		return fmt.Errorf("%w: member %s: a JSON %s where an object belongs", ErrValue, m.name, kindName(kind))
	}
}

// cell adds a value that isn't null.
func (r *jsonReader[E]) cell(c *columnBuilder, kind jsontext.Kind, value []byte) error {
	switch {
	case c.Kind == Opaque:
		text, err := canonicalOpaque(value, c.typ)
		if err != nil {
			return err
		}
		c.text(text)
		return nil
	case c.Kind == String && kind == '"':
		text, err := r.unquote(value)
		if err == nil {
			c.textBytes(text)
		}
		return err
	case c.Kind == Bool && (kind == 't' || kind == 'f'):
		addBool(c, kind == 't')
		return nil
	case c.Kind == Float && kind == '0':
		return parseFloat(c, string(value))
	case kind == '0' && c.Kind != String && c.Kind != Bool:
		return parseInt(c, value)
	case kind == '"' && (c.Kind == Decimal || c.Kind == Time):
		text, err := r.unquote(value)
		if err != nil {
			return err
		}
		return parseText(c, text)
	}
	return fmt.Errorf("%w: a JSON %s where a %s belongs", ErrValue, kindName(kind), c.Kind)
}

// unquote gives a JSON string's text, in the value's memory or in scratch.
func (r *jsonReader[E]) unquote(quoted []byte) ([]byte, error) {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1], nil
	}
	var err error
	r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], quoted)
	return r.scratch, jsonError(err)
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 't', 'f':
		return "bool"
	case '"':
		return "string"
	case '0':
		return "number"
	case '[':
		return "list"
	case '{':
		return "object"
	}
	return "null"
}

// jsonError says what is wrong with a text, and where. The place is kept as it
// is: it's a JSON pointer and a byte offset.
func jsonError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %s", ErrValue, strings.TrimPrefix(err.Error(), "jsontext: "))
}
