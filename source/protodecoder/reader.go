package protodecoder

import (
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/anabranch-go/anabranch/source"
)

// slot is what a record has for a field.
type slot struct {
	set  bool
	bits uint64 // of a number: two's complement, or a float's
	text []byte // in the record; of an opaque field the fields themselves, copied
}

func (s *slot) float(single bool) float64 {
	if single {
		return float64(math.Float32frombits(uint32(s.bits)))
	}
	return math.Float64frombits(s.bits)
}

// reader reads one record after another.
type reader struct{ slots []slot }

// reset forgets the record, whose memory isn't ours.
func (r *reader) reset() { clear(r.slots) }

// has says whether a record says anything of a column whose slot isn't set: where
// the field can't tell, whether the message around it is there.
func (r *reader) has(c *column) bool {
	return !c.tells && (c.within < 0 || r.slots[c.within].set)
}

// walk reads a message's fields into their slots.
func (r *reader) walk(m *message, b []byte) error {
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return malformed(n)
		}
		f := m.find(number)
		size := protowire.ConsumeFieldValue(number, wire, b[n:])
		if size < 0 {
			return malformed(size)
		}
		value, whole := b[n:n+size], b[:n+size]
		b = b[n+size:]
		if f == nil || wire != f.wire && !f.list {
			continue // unknown
		}
		for _, other := range f.others {
			clear(r.slots[other.from:other.to])
		}
		if f.slot < 0 {
			continue
		}
		if err := r.put(m, f, number, value, whole); err != nil {
			return err
		}
	}
	return nil
}

func malformed(code int) error {
	return fmt.Errorf("%w: no message: %w", source.ErrValue, protowire.ParseError(code))
}

// put reads a field. It's whole with its tag, and well-formed.
func (r *reader) put(m *message, f *field, number protowire.Number, value, whole []byte) error {
	s := &r.slots[f.slot]
	s.set = true
	switch {
	case f.raw:
		s.text = append(s.text, whole...)
		return nil
	case f.nested != nil && f.wire == protowire.StartGroupType:
		inner, _ := protowire.ConsumeGroup(number, value)
		return r.walk(f.nested, inner)
	}
	switch f.wire {
	case protowire.VarintType:
		bits, _ := protowire.ConsumeVarint(value)
		s.bits = integer(f.kind, bits)
	case protowire.Fixed32Type:
		bits, _ := protowire.ConsumeFixed32(value)
		s.bits = uint64(bits)
		if f.kind == protoreflect.Sfixed32Kind {
			s.bits = uint64(int64(int32(bits)))
		}
	case protowire.Fixed64Type:
		s.bits, _ = protowire.ConsumeFixed64(value)
	case protowire.BytesType:
		text, _ := protowire.ConsumeBytes(value)
		if f.nested != nil {
			return r.walk(f.nested, text)
		}
		if f.utf8 && !utf8.Valid(text) {
			return fmt.Errorf("%w: field %d of %s isn't valid UTF-8", source.ErrValue, number, m.descriptor.FullName())
		}
		s.text = text
	}
	return nil
}

// integer is a varint as its kind reads it.
func integer(kind protoreflect.Kind, bits uint64) uint64 {
	switch kind {
	case protoreflect.BoolKind:
		return protowire.EncodeBool(protowire.DecodeBool(bits))
	case protoreflect.Int32Kind, protoreflect.EnumKind:
		return uint64(int64(int32(bits)))
	case protoreflect.Uint32Kind:
		return uint64(uint32(bits))
	case protoreflect.Sint32Kind:
		return uint64(int64(int32(protowire.DecodeZigZag(bits & math.MaxUint32))))
	case protoreflect.Sint64Kind:
		return uint64(protowire.DecodeZigZag(bits))
	}
	return bits
}
