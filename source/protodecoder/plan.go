package protodecoder

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/anabranch-go/anabranch/source"
)

// plan says which field of a message goes to which slot, and which slot to which
// column. A record may have a field twice, and then the last one counts: so
// fields are kept in slots until the record's end.
type plan struct {
	root    *message
	columns []column
	slots   int
}

// message is the fields of a message, as far as columns need them.
type message struct {
	descriptor protoreflect.MessageDescriptor
	present    int // the slot that says whether the record has it; -1 for the root
	fields     map[protowire.Number]*field
	small      [64]*field // those of the smaller numbers
}

// field is where a field goes.
type field struct {
	kind   protoreflect.Kind
	wire   protowire.Type
	list   bool // packed or not, whatever its wire type
	utf8   bool // invalid texts are refused
	raw    bool // kept as it came, with its tag: an opaque column's
	slot   int  // -1 where it's only here to end another of its oneof
	nested *message
	oneof  protoreflect.OneofDescriptor
	others []span // slots that it ends: of the others in its oneof
}

// span is some slots: [from, to).
type span struct{ from, to int }

// form is how a slot becomes a cell.
type form uint8

const (
	formInt form = iota
	formUnsigned
	formFloat
	formText
	formEnumName
	formTimestamp
)

type column struct {
	column             int
	name               string
	kind               source.Kind
	nullable, required bool

	slot    int
	within  int  // the slot that says whether the message around is there; -1 for the root
	tells   bool // the field itself says whether it's there
	absent  slot // the default
	form    form
	single  bool  // a 32-bit float
	scale   int64 // what an integer's wholes are multiplied by; 0 for none
	names   map[int32][]byte
	opaque  protoreflect.FieldDescriptor
	message protoreflect.MessageDescriptor // that has opaque
}

func newPlan(schema *source.Schema, root protoreflect.MessageDescriptor) (*plan, error) {
	p := &plan{root: newMessage(root, -1)}
	for i := range schema.Columns {
		c := &schema.Columns[i]
		if err := p.add(i, c); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	p.endOneofs(p.root)
	return p, nil
}

func newMessage(d protoreflect.MessageDescriptor, present int) *message {
	return &message{descriptor: d, present: present, fields: map[protowire.Number]*field{}}
}

var errMissing = errors.New("the message doesn't have the field")

// add finds the field of a column.
func (p *plan) add(i int, c *source.Column) error {
	at := p.root
	for _, name := range c.Path[:len(c.Path)-1] {
		fd := find(at.descriptor, name)
		if fd == nil {
			return optional(c)
		}
		if fd.IsList() || fd.IsMap() || fd.Message() == nil {
			return fmt.Errorf("the field %s is no single message", fd.Name())
		}
		var err error
		if at, err = p.nested(at, fd); err != nil {
			return err
		}
	}
	fd := find(at.descriptor, c.Path[len(c.Path)-1])
	if fd == nil {
		return optional(c)
	}
	out := column{column: i, name: c.Name, kind: c.Kind, nullable: c.Nullable, required: c.Required}
	if c.Kind == source.Opaque {
		out.opaque, out.message = fd, at.descriptor
		out.tells, out.within = fd.HasPresence(), at.present
		f, err := p.leaf(at, fd)
		if err != nil {
			return err
		}
		f.raw, out.slot = true, f.slot
		p.columns = append(p.columns, out)
		return nil
	}
	if fd.IsList() || fd.IsMap() {
		return fmt.Errorf("the field is repeated, and a %s isn't", c.Kind)
	}
	if fd.Message() != nil {
		inner := wrapped(fd.Message())
		if inner == nil {
			return fmt.Errorf("the field is a %s, and no %s", fd.Message().FullName(), c.Kind)
		}
		var err error
		if at, err = p.nested(at, fd); err != nil {
			return err
		}
		fd = inner
	}
	if err := out.read(c, fd, at); err != nil {
		return err
	}
	f, err := p.leaf(at, fd)
	if err != nil {
		return err
	}
	out.slot, out.within, out.tells = f.slot, at.present, fd.HasPresence()
	if out.form == formTimestamp {
		if _, err := p.leaf(at, at.descriptor.Fields().ByName("nanos")); err != nil {
			return err
		}
	}
	p.columns = append(p.columns, out)
	return nil
}

// optional refuses a column that a field should be there for.
func optional(c *source.Column) error {
	if c.Nullable {
		return nil
	}
	return errMissing
}

// find gives a field by its name or JSON name, or nil.
func find(m protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if fd := m.Fields().ByName(protoreflect.Name(name)); fd != nil {
		return fd
	}
	return m.Fields().ByJSONName(name)
}

// wrapped gives the field that stands for a well-known message, or nil.
func wrapped(m protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	name, ok := strings.CutPrefix(string(m.FullName()), "google.protobuf.")
	switch {
	case !ok:
		return nil
	case name == "Timestamp":
		return m.Fields().ByName("seconds")
	case strings.HasSuffix(name, "Value") && m.Fields().Len() == 1:
		return m.Fields().ByName("value") // not Value or ListValue, which have other fields
	}
	return nil
}

// read says how the column is read from a field.
func (out *column) read(c *source.Column, fd protoreflect.FieldDescriptor, at *message) error {
	kind, ok := fd.Kind(), false
	if c.Kind == source.Decimal {
		out.scale = int64(math.Pow10(c.Scale))
	}
	if fd.ContainingMessage().FullName() == "google.protobuf.Timestamp" && fd.Name() == "seconds" && c.Kind == source.Time {
		out.form = formTimestamp
		return nil
	}
	switch kind {
	case protoreflect.BoolKind:
		ok = c.Kind == source.Bool
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		out.form, out.single, ok = formFloat, kind == protoreflect.FloatKind, c.Kind == source.Float
	case protoreflect.StringKind:
		out.form, out.scale = formText, 0
		ok = c.Kind == source.String || c.Kind == source.Time || c.Kind == source.Decimal
	case protoreflect.EnumKind:
		ok = c.Kind == source.Int || c.Kind == source.String
		if c.Kind == source.String {
			out.form, out.names = formEnumName, map[int32][]byte{}
			for i := range fd.Enum().Values().Len() {
				v := fd.Enum().Values().Get(i)
				if _, ok := out.names[int32(v.Number())]; !ok { // the first of aliases
					out.names[int32(v.Number())] = []byte(v.Name())
				}
			}
		}
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		out.form, ok = formUnsigned, c.Kind == source.Int || c.Kind == source.Decimal
	case protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.GroupKind:
	default:
		ok = c.Kind == source.Int || c.Kind == source.Decimal
	}
	if !ok {
		return fmt.Errorf("the field is a %s, and no %s", kind, c.Kind)
	}
	out.absent = defaultOf(fd)
	return nil
}

// defaultOf is what a field that a record doesn't have reads as.
func defaultOf(fd protoreflect.FieldDescriptor) slot {
	switch v := fd.Default(); fd.Kind() {
	case protoreflect.BoolKind:
		return slot{bits: protowire.EncodeBool(v.Bool())}
	case protoreflect.EnumKind:
		return slot{bits: uint64(int64(v.Enum()))}
	case protoreflect.FloatKind:
		return slot{bits: uint64(math.Float32bits(float32(v.Float())))}
	case protoreflect.DoubleKind:
		return slot{bits: math.Float64bits(v.Float())}
	case protoreflect.StringKind:
		return slot{text: []byte(v.String())}
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return slot{bits: v.Uint()}
	default:
		return slot{bits: uint64(v.Int())}
	}
}

// nested gives a field's message, to be walked.
func (p *plan) nested(at *message, fd protoreflect.FieldDescriptor) (*message, error) {
	if f, ok := at.fields[fd.Number()]; ok && f.nested != nil {
		return f.nested, nil
	}
	f, err := p.leaf(at, fd)
	if err != nil {
		return nil, err
	}
	f.nested = newMessage(fd.Message(), f.slot)
	return f.nested, nil
}

// leaf gives a field its slot.
func (p *plan) leaf(at *message, fd protoreflect.FieldDescriptor) (*field, error) {
	if _, ok := at.fields[fd.Number()]; ok {
		return nil, fmt.Errorf("another column has the field %s", fd.Name())
	}
	f := newField(fd, p.slots)
	p.slots++
	at.put(fd.Number(), f)
	return f, nil
}

func newField(fd protoreflect.FieldDescriptor, slot int) *field {
	return &field{kind: fd.Kind(), wire: wireType(fd.Kind()), list: fd.IsList(), slot: slot,
		utf8: enforcesUTF8(fd), oneof: fd.ContainingOneof()}
}

func (m *message) put(n protowire.Number, f *field) {
	m.fields[n] = f
	if int(n) < len(m.small) {
		m.small[n] = f
	}
}

func (m *message) find(n protowire.Number) *field {
	if int(n) < len(m.small) {
		return m.small[n]
	}
	return m.fields[n]
}

// enforcesUTF8 says whether a string must be valid, as in proto3.
func enforcesUTF8(fd protoreflect.FieldDescriptor) bool {
	if fd, ok := fd.(interface{ EnforceUTF8() bool }); ok {
		return fd.EnforceUTF8()
	}
	return fd.Syntax() == protoreflect.Proto3
}

// endOneofs says which slots each member of a oneof ends: also the members that
// no column has.
func (p *plan) endOneofs(m *message) {
	members := map[protoreflect.OneofDescriptor][]*field{}
	for _, f := range m.fields {
		if f.nested != nil {
			p.endOneofs(f.nested)
		}
		if f.oneof != nil {
			members[f.oneof] = append(members[f.oneof], f)
		}
	}
	for oneof, mapped := range members {
		for i := range oneof.Fields().Len() {
			fd := oneof.Fields().Get(i)
			f := m.fields[fd.Number()]
			if f == nil {
				f = newField(fd, -1)
				m.put(fd.Number(), f)
			}
			for _, other := range mapped {
				if other != f {
					f.others = append(f.others, other.slots()...)
				}
			}
		}
	}
}

// slots is all that a field fills.
func (f *field) slots() []span {
	out := []span{{f.slot, f.slot + 1}}
	if f.nested != nil {
		for _, inner := range f.nested.fields {
			if inner.slot >= 0 {
				out = append(out, inner.slots()...)
			}
		}
	}
	return out
}

func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	}
	return protowire.VarintType
}
