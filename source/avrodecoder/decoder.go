package avrodecoder

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/twmb/avro"

	"github.com/anabranch-go/anabranch/source"
)

// Options are the options of the decoders. The zero value reads records as they
// were written.
type Options struct {
	// Reader is a reader's schema, as JSON: records are resolved to it, so that the
	// defaults and aliases in it hold, and columns are those of its fields. If empty
	// it's the writer's.
	Reader string
}

// New decodes records in Avro's binary encoding, one event each. schema is the one
// that they were written with, a record's, as JSON. A column is the field of its
// name; a nested struct is a nested record, which may be nullable. Fields that no
// column has are passed over.
//
//   - Integers and floats are the column's kind; an enum is a string, or its
//     ordinal for an integer; a uuid is a string.
//   - A time is a timestamp-millis, -micros or -nanos, local or not (UTC then), or a
//     date, at midnight UTC; nanoseconds are rounded down. A string may be RFC 3339.
//   - A decimal is a decimal, an integer, which is a number of wholes, or a string
//     ("12.50"). One that has more digits after the point than the column's scale,
//     but for zeros, is refused.
//   - Arrays, maps, bytes, and what else a list or map can take, are read by way of
//     JSON, as Go's JSON v2 reads it: with base64, times in RFC 3339 and decimals as
//     numbers.
//   - A union of null and a type is a pointer. Without a pointer null is the zero
//     value, or sends the event to quarantine where the column is required.
//
// A column without a field, unless it's nullable, one that its field can't be read
// as, and a reader's schema that doesn't fit are [source.ErrSchema]. A record that
// isn't of the schema is [source.ErrValue], and goes to quarantine.
func New[E any](schema string, opts Options) (source.Decoder[E], error) {
	return newDecoder[E](schema, opts)
}

func newDecoder[E any](schema string, opts Options) (*decoder[E], error) {
	columns, err := source.SchemaOf[E]()
	if err != nil {
		return nil, err
	}
	wire, err := parse("the schema", schema)
	if err != nil {
		return nil, err
	}
	reads := wire
	if opts.Reader != "" {
		reader, err := parse("the reader's schema", opts.Reader)
		if err != nil {
			return nil, err
		}
		if wire, err = avro.Resolve(wire, reader); err != nil {
			return nil, fmt.Errorf("%w: cannot read one schema as the other: %w", source.ErrSchema, err)
		}
		reads = reader
	}
	typ, fields, err := plan(columns, reads.Root().ExpandReferences())
	if err != nil {
		return nil, fmt.Errorf("%w: %T: %w", source.ErrSchema, *new(E), err)
	}
	return &decoder[E]{wire: wire, typ: typ, fields: fields}, nil
}

func parse(what, schema string) (*avro.Schema, error) {
	s, err := avro.Parse(schema)
	if err != nil {
		return nil, fmt.Errorf("%w: cannot parse %s: %w", source.ErrSchema, what, err)
	}
	return s, nil
}

// decoder reads a record into a struct with the fields that columns need, and
// keeps the struct between records.
type decoder[E any] struct {
	wire   *avro.Schema
	typ    reflect.Type
	fields []field
	pool   sync.Pool
}

// target is such a struct.
type target struct {
	value reflect.Value
	into  any // its address
}

// The struct's strings are the record's memory while it's being read.
var options = []avro.Opt{avro.AliasInput(), avro.SkipUnknown()}

// Decode implements [source.Decoder].
func (d *decoder[E]) Decode(record []byte, b *source.Builder[E]) error {
	t, _ := d.pool.Get().(*target)
	if t == nil {
		v := reflect.New(d.typ)
		t = &target{v.Elem(), v.Interface()}
	}
	err := d.read(record, t, b)
	t.value.SetZero()
	d.pool.Put(t)
	return err
}

func (d *decoder[E]) read(record []byte, t *target, b *source.Builder[E]) error {
	rest, err := d.wire.Decode(record, t.into, options...)
	if err != nil {
		return fmt.Errorf("%w: %w", source.ErrValue, err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: %d bytes follow the record", source.ErrValue, len(rest))
	}
	return set(d.fields, t.value, b)
}

// set sets the cells of a record's fields. A record that is null sets none.
func set[E any](fields []field, record reflect.Value, b *source.Builder[E]) error {
	for i := range fields {
		f := &fields[i]
		v := record.Field(i)
		if f.nullable {
			if v.IsNil() {
				if f.nested == nil {
					if err := b.Set(f.column, source.Value{Null: true}); err != nil {
						return err
					}
				}
				continue
			}
			v = v.Elem()
		}
		var err error
		if f.nested != nil {
			err = set(f.nested, v, b)
		} else {
			err = setCell(f, v, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setCell[E any](f *field, v reflect.Value, b *source.Builder[E]) error {
	out := source.Value{Kind: f.kind}
	var err error
	switch f.form {
	case formBool:
		if v.Bool() {
			out.Int = 1
		}
	case formInt:
		out.Int = v.Int()
	case formFloat:
		out.Float = v.Float()
	case formString:
		out.Text = v.String()
	case formText:
		return b.SetText(f.column, v.Bytes())
	case formScaled:
		out.Int, err = f.scaled(v.Int())
	case formDecimal:
		out.Int, err = f.decimal(v.Bytes())
	case formJSON:
		text, err := appendJSON(nil, v.Interface())
		if err != nil {
			return fmt.Errorf("column %s: %w", f.name, err)
		}
		return b.SetJSON(f.column, text)
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", f.name, err)
	}
	return b.Set(f.column, out)
}
