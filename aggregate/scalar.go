package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/anabranch-go/anabranch/source"
)

// scalar is a bound field whose values states hold. A value is a word, an int64
// in the values' own order, or a text.
type scalar struct {
	slot int
	kind source.Kind
}

// bindScalar binds a field for an aggregate, whatever its kind.
func bindScalar[E, T any](b *source.Binder[E], f source.Field[E, T]) (scalar, error) {
	slot, err := f.Bind(b)
	return scalar{slot, f.Kind()}, err
}

func (s scalar) isText() bool { return s.kind == source.String }

// wordOf gives a row's word; the column isn't of texts.
func wordOf(v *source.Vector, row int32) int64 {
	if v.Kind == source.Float {
		return floatWord(v.Floats[row])
	}
	return v.Ints[row]
}

// textOf gives a row's text.
func textOf(v *source.Vector, row int32) string { return v.Dict.Values[v.Codes[row]] }

// isNaN says whether a row holds what has no place in the order.
func isNaN(v *source.Vector, row int32) bool {
	return v.Kind == source.Float && v.Floats[row] != v.Floats[row]
}

// floatWord gives integers in the order of floats: the bits of an IEEE 754
// number are in it already, but for those below zero, which run backwards. The
// one NaN comes after all.
func floatWord(x float64) int64 {
	b := int64(math.Float64bits(source.CanonicalFloat(x)))
	return b ^ int64(uint64(b>>63)>>1)
}

func wordFloat(w int64) float64 {
	return math.Float64frombits(uint64(w ^ int64(uint64(w>>63)>>1)))
}

// nanWord is the word of the one NaN.
var nanWord = floatWord(math.NaN())

// append encodes a value: a float as its 8 bytes, little end first, a text after
// its length, and all else as a zigzag varint.
func (s scalar) append(dst []byte, word int64, text string) []byte {
	switch s.kind {
	case source.String:
		return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	case source.Float:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(wordFloat(word)))
	}
	return binary.AppendUvarint(dst, zigzag(word))
}

// take reads what append wrote, and refuses what no column of the kind holds. The
// text belongs to b.
func (s scalar) take(b []byte) (word int64, text, rest []byte, ok bool) {
	switch s.kind {
	case source.String:
		n, rest, ok := takeUvarint(b)
		if !ok || n > uint64(len(rest)) || !utf8.Valid(rest[:n]) {
			return 0, nil, b, false
		}
		return 0, rest[:n], rest[n:], true
	case source.Float:
		if len(b) < 8 {
			return 0, nil, b, false
		}
		x := math.Float64frombits(binary.LittleEndian.Uint64(b))
		return floatWord(x), nil, b[8:], isCanonical(x)
	}
	u, rest, ok := takeUvarint(b)
	word = unzigzag(u)
	switch s.kind {
	case source.Bool:
		ok = ok && word&^1 == 0
	case source.Time:
		ok = ok && isTime(word)
	}
	return word, nil, rest, ok
}

func isCanonical(x float64) bool {
	return math.Float64bits(source.CanonicalFloat(x)) == math.Float64bits(x)
}

// The times that events may have: the years 1 to 9999.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	latest   = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

func isTime(us int64) bool { return earliest <= us && us <= latest }

// scalarTo gives a held value as the field's type.
func scalarTo[T any](s scalar, word int64, text string) (out T, err error) {
	v := source.Value{Kind: s.kind, Int: word, Text: text}
	if s.kind == source.Float {
		v.Float = wordFloat(word)
	}
	err = setResult(&out, v)
	return out, err
}

// setResult writes a value into a result. A state from elsewhere, or from before
// the field was narrowed, may hold one that the field's type doesn't.
func setResult[T any](into *T, v source.Value) error {
	if err := source.SetValue(into, v); err != nil {
		return fmt.Errorf("%w: %w", ErrOverflow, err)
	}
	return nil
}
