package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

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

type jsonDecoder[E any] struct{ strict bool }

// Decode implements [Decoder].
func (d *jsonDecoder[E]) Decode(record []byte, b *Builder[E]) error {
	r := b.json
	if r == nil || r.strict != d.strict {
		r = &jsonReader{strict: d.strict, root: newGroup(b.schema, b.columns)}
		b.json = r
	}
	if r.row = b.Len(); r.fast(record) {
		return nil
	}
	return r.read(record)
}

// jsonReader reads one record after another into a builder, which keeps it: what
// it remembers of the records' layout is of that builder's log.
//
// It has two ways. [jsonReader.fast] reads what it can be sure of, which is nearly
// every record there is, and leaves the others. [jsonReader.read] is complete, and
// by jsontext: what it accepts, and what it says of what it refuses, decides. Both
// add the same to the builder.
type jsonReader struct {
	strict  bool
	root    *group
	row     int // that is being read
	scratch []byte

	record []byte // that fast reads
	turn   uint64 // its number, from 1

	input bytes.Buffer
	text  *jsontext.Decoder // nil until a record needs it
}

func (r *jsonReader) read(record []byte) error {
	if r.text == nil {
		r.text = jsontext.NewDecoder(&r.input)
	}
	r.input = *bytes.NewBuffer(record)
	defer func() { r.input = bytes.Buffer{} }()
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

func (r *jsonReader) object(g *group) error {
	if _, err := r.text.ReadToken(); err != nil {
		return jsonError(err)
	}
	for {
		if r.text.PeekKind() == '}' {
			_, err := r.text.ReadToken()
			return jsonError(err)
		}
		quoted, err := r.text.ReadValue()
		if err != nil {
			return jsonError(err)
		}
		name, err := r.unquote(quoted)
		if err != nil {
			return err
		}
		m := g.find(name)
		switch {
		case m != nil && !m.stranger():
			err = r.member(m)
		case r.strict:
			err = fmt.Errorf("%w: no column has the member %s", ErrValue, brief(name))
		default:
			err = jsonError(r.text.SkipValue())
		}
		if err != nil {
			return err
		}
	}
}

func (r *jsonReader) member(m *member) error {
	if m.group != nil {
		return r.nested(m)
	}
	c := m.cells
	if c.set(r.row) {
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

func (r *jsonReader) nested(m *member) error {
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
func (r *jsonReader) cell(c *columnBuilder, kind jsontext.Kind, value []byte) error {
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
			c.text(viewText(text))
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
func (r *jsonReader) unquote(quoted []byte) ([]byte, error) {
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
