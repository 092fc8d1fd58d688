package lambda

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// Keys are encoded so that bytes order as values do: state files are sorted by
// them, and a prefix of fields is a prefix of bytes. The layout is that of the
// tuple layers of ordered key-value stores:
//
//	bool, int, …   0x01, then 8 bytes big-endian with the sign flipped
//	float          0x01, then 8 bytes of order-preserving bits
//	string         0x01, the bytes with 0x00 as 0x00 0xFF, then 0x00 0x01
//
// A null, of a part that keeps them, is the byte 0x00 alone: it sorts before
// every value.
const keyNull, keyValue = 0x00, 0x01

var errKeyBytes = errors.New("lambda: not a key's bytes")

func appendKeyValue(dst []byte, v source.Value) []byte {
	if v.Null {
		return append(dst, keyNull)
	}
	dst = append(dst, keyValue)
	switch v.Kind {
	case source.String:
		return appendKeyText(dst, v.Text)
	case source.Float:
		return binary.BigEndian.AppendUint64(dst, floatOrder(v.Float))
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int)^(1<<63))
}

func appendKeyText(dst []byte, text string) []byte {
	for {
		zero := strings.IndexByte(text, 0)
		if zero < 0 {
			return append(append(dst, text...), 0, 1)
		}
		dst = append(append(dst, text[:zero]...), 0, 0xFF)
		text = text[zero+1:]
	}
}

func readKeyValue(b []byte, kind keyType) (source.Value, []byte, error) {
	v := source.Value{Kind: kind.Kind}
	if len(b) == 0 {
		return v, nil, fmt.Errorf("%w: it ends early", errKeyBytes)
	}
	tag, b := b[0], b[1:]
	if tag == keyNull && kind.nullable {
		v.Null = true
		return v, b, nil
	}
	if tag != keyValue {
		return v, nil, fmt.Errorf("%w: tag %#x", errKeyBytes, tag)
	}
	if kind.Kind == source.String {
		text, rest, err := readKeyText(b)
		v.Text = text
		return v, rest, err
	}
	if len(b) < 8 {
		return v, nil, fmt.Errorf("%w: it ends early", errKeyBytes)
	}
	word := binary.BigEndian.Uint64(b)
	if kind.Kind == source.Float {
		v.Float = floatOfOrder(word)
	} else {
		v.Int = int64(word ^ (1 << 63))
	}
	return v, b[8:], nil
}

func readKeyText(b []byte) (string, []byte, error) {
	var text []byte
	for {
		end := bytes.IndexByte(b, 0)
		if end < 0 || end+1 >= len(b) {
			return "", nil, fmt.Errorf("%w: a text doesn't end", errKeyBytes)
		}
		text = append(text, b[:end]...)
		mark := b[end+1]
		b = b[end+2:]
		switch mark {
		case 1:
			return string(text), b, nil
		case 0xFF:
			text = append(text, 0)
		default:
			return "", nil, fmt.Errorf("%w: %#x after a zero byte", errKeyBytes, mark)
		}
	}
}

// floatOrder maps floats to words that order the same way.
func floatOrder(f float64) uint64 {
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		return ^bits
	}
	return bits | 1<<63
}

func floatOfOrder(word uint64) float64 {
	if word>>63 == 1 {
		return math.Float64frombits(word &^ (1 << 63))
	}
	return math.Float64frombits(^word)
}

// deref gives what a key's address points to.
func deref(address any) any { return reflect.ValueOf(address).Elem().Interface() }
