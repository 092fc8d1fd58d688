package protodecoder

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/anabranch-go/anabranch/source"
)

// json reads the occurrences of a field, with their tags, which are a message that
// has nothing else, and gives the field's value as JSON that Go's types read:
// protojson would make strings of 64-bit integers.
func (c *column) json(fields []byte) ([]byte, error) {
	m := dynamicpb.NewMessage(c.message)
	if err := (proto.UnmarshalOptions{DiscardUnknown: true, AllowPartial: true}).Unmarshal(fields, m); err != nil {
		return nil, fmt.Errorf("%w: no message: %w", source.ErrValue, err)
	}
	return appendField(nil, c.opaque, m.Get(c.opaque))
}

func appendField(b []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) ([]byte, error) {
	switch {
	case fd.IsMap():
		return appendMap(b, fd, v.Map())
	case !fd.IsList():
		return appendValue(b, fd, v)
	}
	list := v.List()
	b = append(b, '[')
	for i := range list.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendValue(b, fd, list.Get(i)); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// appendMap writes a map in the order of its keys as texts.
func appendMap(b []byte, fd protoreflect.FieldDescriptor, m protoreflect.Map) ([]byte, error) {
	var keys []protoreflect.MapKey
	for key := range m.Range {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		b = appendText(b, key.String())
		if b, err = appendValue(append(b, ':'), fd.MapValue(), m.Get(key)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendValue(b []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) ([]byte, error) {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return strconv.AppendBool(b, v.Bool()), nil
	case protoreflect.StringKind:
		return appendText(b, v.String()), nil
	case protoreflect.BytesKind:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v.Bytes()), '"'), nil
	case protoreflect.EnumKind:
		if name := fd.Enum().Values().ByNumber(v.Enum()); name != nil {
			return appendText(b, string(name.Name())), nil
		}
		return appendText(b, strconv.Itoa(int(v.Enum()))), nil
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%w: JSON has no %g", source.ErrValue, f)
		}
		bits := 64
		if fd.Kind() == protoreflect.FloatKind {
			bits = 32
		}
		return strconv.AppendFloat(b, v.Float(), 'g', -1, bits), nil
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return appendMessage(b, v.Message())
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return strconv.AppendUint(b, v.Uint(), 10), nil
	}
	return strconv.AppendInt(b, v.Int(), 10), nil
}

// appendMessage writes the fields that a message has, by their names.
func appendMessage(b []byte, m protoreflect.Message) ([]byte, error) {
	fields := m.Descriptor().Fields()
	if inner := wrapped(m.Descriptor()); inner != nil && inner.Name() == "value" {
		return appendValue(b, inner, m.Get(inner))
	} else if inner != nil {
		us, err := micros(m.Get(inner).Int(), int32(m.Get(fields.ByName("nanos")).Int()))
		if err != nil {
			return nil, err
		}
		return source.FromMicros(us).AppendFormat(b, `"2006-01-02T15:04:05.999999Z07:00"`), nil
	}
	b = append(b, '{')
	first := true
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !m.Has(fd) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		var err error
		b = appendText(b, string(fd.Name()))
		if b, err = appendField(append(b, ':'), fd, m.Get(fd)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendText appends a text. Its only error says that bytes of it aren't UTF-8:
// each became U+FFFD, as when an event is written by its Go value.
func appendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text)
	return b
}
