package protodecoder

import (
	"fmt"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/anabranch-go/anabranch/source"
)

// New decodes records that are messages of a type, one event each. Generated code
// has its descriptor as new(pb.Order).ProtoReflect().Descriptor(). A column is the
// field of its name, or JSON name; a nested struct is a nested message. Fields
// that no column has are skipped, as unknown ones are.
//
//   - Integers and floats are the column's kind, an enum is its name for a string
//     (its number, where it has no name) and its number for an integer.
//   - A time is a google.protobuf.Timestamp, or a string in RFC 3339. A decimal is
//     an integer, which is a number of wholes, or a string ("12.50"). The empty
//     string is none.
//   - The wrappers, such as google.protobuf.StringValue, are what they wrap.
//   - Repeated fields, maps, bytes and messages are read into lists and maps by way
//     of JSON, as Go's JSON v2 reads it: with the fields' names of the .proto file,
//     names of enums, base64, and times in RFC 3339.
//
// A field that isn't in the record is null where the message can tell: where it's
// optional, a message or wrapper, or in a oneof, and where the message that has it
// is missing. A column that isn't nullable has the field's default then, unless
// it's required. Else it's the zero value, as Protocol Buffers have it.
//
// A column without a field, unless it's nullable, and one that its field can't be
// read as are [source.ErrSchema]. Bytes that are no message are [source.ErrValue],
// and go to quarantine; what is within fields that no column has isn't looked at.
func New[E any](message protoreflect.MessageDescriptor) (source.Decoder[E], error) {
	schema, err := source.SchemaOf[E]()
	if err != nil {
		return nil, err
	}
	if message == nil {
		return nil, fmt.Errorf("%w: no message to decode", source.ErrOptions)
	}
	p, err := newPlan(schema, message)
	if err != nil {
		return nil, fmt.Errorf("%w: %s as %T: %w", source.ErrSchema, message.FullName(), *new(E), err)
	}
	return &decoder[E]{plan: p}, nil
}

// decoder keeps what a record's reading needs between records.
type decoder[E any] struct {
	plan    *plan
	readers sync.Pool
}

// Decode implements [source.Decoder].
func (d *decoder[E]) Decode(record []byte, b *source.Builder[E]) error {
	r, _ := d.readers.Get().(*reader)
	if r == nil {
		r = &reader{slots: make([]slot, d.plan.slots)}
	}
	err := r.walk(d.plan.root, record)
	if err == nil {
		err = set(d.plan, r, b)
	}
	r.reset()
	d.readers.Put(r)
	return err
}

// set sets the cells of what was read.
func set[E any](p *plan, r *reader, b *source.Builder[E]) error {
	for i := range p.columns {
		c := &p.columns[i]
		s := &r.slots[c.slot]
		if c.opaque != nil {
			text := []byte("null")
			if s.set {
				var err error
				if text, err = c.json(s.text); err != nil {
					return fmt.Errorf("column %s: %w", c.name, err)
				}
			} else if c.required && !r.has(c) {
				text = nil
			}
			if err := setOpaque(b, c, text); err != nil {
				return err
			}
			continue
		}
		if !s.set && !r.has(c) && (c.nullable || c.required) {
			if err := b.Set(c.column, source.Value{Null: true}); err != nil {
				return err
			}
			continue
		}
		if !s.set {
			s = &c.absent
		}
		if err := setCell(c, s, r, b); err != nil {
			return err
		}
	}
	return nil
}

func setOpaque[E any](b *source.Builder[E], c *column, text []byte) error {
	if text == nil {
		return b.Set(c.column, source.Value{Null: true})
	}
	return b.SetJSON(c.column, text)
}

func setCell[E any](c *column, s *slot, r *reader, b *source.Builder[E]) error {
	v := source.Value{Kind: c.kind, Int: int64(s.bits)}
	switch c.form {
	case formText:
		if len(s.text) == 0 && c.kind != source.String {
			return b.Set(c.column, source.Value{Null: true})
		}
		return b.SetText(c.column, s.text)
	case formEnumName:
		if name, ok := c.names[int32(s.bits)]; ok {
			return b.SetText(c.column, name)
		}
		return b.SetText(c.column, fmt.Appendf(nil, "%d", int32(s.bits)))
	case formTimestamp:
		us, err := micros(int64(s.bits), int32(r.slots[c.slot+1].bits))
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		v.Int = us
	case formFloat:
		v.Float = s.float(c.single)
	case formUnsigned:
		if v.Int < 0 {
			return fmt.Errorf("%w: column %s: %d is past 64 signed bits", source.ErrValue, c.name, s.bits)
		}
	}
	if c.scale > 0 {
		units := v.Int * c.scale
		if units/c.scale != v.Int {
			return fmt.Errorf("%w: column %s: %d is past 64 bits", source.ErrValue, c.name, v.Int)
		}
		v.Int = units
	}
	return b.Set(c.column, v)
}

// micros is a Timestamp as a column has it, rounded down. What its specification
// calls invalid is ErrValue.
func micros(seconds int64, nanos int32) (int64, error) {
	const first, last = -62135596800, 253402300799 // of the years 1 to 9999
	if seconds < first || seconds > last || nanos < 0 || nanos > 999_999_999 {
		return 0, fmt.Errorf("%w: a timestamp of %d s and %d ns", source.ErrValue, seconds, nanos)
	}
	return seconds*1_000_000 + int64(nanos)/1000, nil
}
