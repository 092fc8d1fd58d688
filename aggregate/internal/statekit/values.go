package statekit

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Values holds a V for each pair of a group and a value of a field. A value is a
// word: an integer, a time, a bool, the bits of a float, or the number of a text.
// Texts that no group holds any more are forgotten.
type Values[V any] struct {
	*Map[V]
	kind     source.Kind
	interner *source.Interner
	numbers  Cache[uint32] // plus one; 0 isn't known yet
}

// Telling says whether values of a kind can be told apart; if not, it's ErrKind.
func Telling(kind source.Kind) error {
	switch kind {
	case source.Bool, source.Int, source.Time, source.Float, source.String:
		return nil
	}
	return fmt.Errorf("%w: a %s can't be told apart", aggregate.ErrKind, kind)
}

// NewValues makes a map of no groups, of values of a kind that Telling lets pass.
func NewValues[V any](kind source.Kind) *Values[V] {
	return &Values[V]{Map: NewMap[V](), kind: kind, interner: source.NewInterner()}
}

// Reset forgets every group, and keeps the memory.
func (s *Values[V]) Reset() {
	s.Map.Reset()
	s.Tidy()
}

// maxTexts is how many texts may outlive their groups.
const maxTexts = 1 << 16

// Tidy forgets texts where most are no longer used. Words from before are no
// longer good after it.
func (s *Values[V]) Tidy() {
	if n := s.interner.Len(); n < maxTexts || n < 4*s.Live() {
		return
	}
	texts := s.interner.Dictionary().Values
	s.interner = source.NewInterner()
	s.numbers.Forget()
	s.Rename(func(word uint64) uint64 { return uint64(s.interner.Code(texts[word])) })
}

// Words appends the words of rows of a vector to dst, something for a null.
func (s *Values[V]) Words(dst []uint64, v *source.Vector, rows []int32) []uint64 {
	switch s.kind {
	case source.String:
		numbers := s.numbers.Of(v.Dict)
		for _, row := range rows {
			if v.IsNull(row) {
				dst = append(dst, 0)
				continue
			}
			dst = append(dst, s.number(numbers, v.Dict.Values, v.Codes[row]))
		}
	case source.Float:
		for _, row := range rows {
			dst = append(dst, math.Float64bits(source.CanonicalFloat(v.Floats[row])))
		}
	default:
		for _, row := range rows {
			dst = append(dst, uint64(v.Ints[row]))
		}
	}
	return dst
}

func (s *Values[V]) number(numbers []uint32, texts []string, code uint32) uint64 {
	if n := numbers[code]; n != 0 {
		return uint64(n - 1)
	}
	n := s.interner.Code(texts[code])
	numbers[code] = n + 1
	return uint64(n)
}

// Translator gives what another map's words are here.
type Translator[V any] struct {
	s       *Values[V]
	numbers []uint32
	texts   []string
}

// Translator begins with the words of other. It's good until the next one.
func (s *Values[V]) Translator(other *Values[V]) Translator[V] {
	t := Translator[V]{s: s}
	if s.kind == source.String {
		d := other.interner.Dictionary()
		t.numbers, t.texts = s.numbers.Of(d), d.Values
	}
	return t
}

// Word is what the other's word is here.
func (t *Translator[V]) Word(word uint64) uint64 {
	if t.s.kind != source.String {
		return word
	}
	return t.s.number(t.numbers, t.texts, uint32(word))
}

// Text is the text of a word of a text field.
func (s *Values[V]) Text(word uint64) string { return s.interner.Dictionary().Values[word] }

// Value gives a word as a value of the field.
func (s *Values[V]) Value(word uint64) source.Value {
	switch s.kind {
	case source.String:
		return source.Value{Kind: s.kind, Text: s.Text(word)}
	case source.Float:
		return source.Value{Kind: s.kind, Float: math.Float64frombits(word)}
	}
	return source.Value{Kind: s.kind, Int: int64(word)}
}

// Compare orders words as states list them: texts as bytes, others as signed
// integers.
func (s *Values[V]) Compare(a, b uint64) int {
	if s.kind == source.String {
		return strings.Compare(s.Text(a), s.Text(b))
	}
	return cmp.Compare(int64(a), int64(b))
}

// CompareValues orders words by value: floats as numbers, a NaN first.
func (s *Values[V]) CompareValues(a, b uint64) int {
	if s.kind == source.Float {
		return cmp.Compare(math.Float64frombits(a), math.Float64frombits(b))
	}
	return s.Compare(a, b)
}

// Sorted appends a group's words to dst, in Compare's order.
func (s *Values[V]) Sorted(dst []uint64, group uint32) []uint64 {
	from := len(dst)
	for word := range s.All(group) {
		dst = append(dst, word)
	}
	slices.SortFunc(dst[from:], s.Compare)
	return dst
}

// AppendWord appends the encoding of a word of a sorted list: the first, or the
// one after before. A text has its length before it; of other words the first is
// a zigzag varint, and each next is how much more than one it's above the one
// before: what is out of order or there twice can't be written.
func (s *Values[V]) AppendWord(dst []byte, first bool, before, word uint64) []byte {
	switch {
	case s.kind == source.String:
		text := s.Text(word)
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		return append(dst, text...)
	case first:
		return binary.AppendUvarint(dst, Zigzag(int64(word)))
	}
	return binary.AppendUvarint(dst, word-before-1)
}

// Reader reads what AppendWord wrote, one word after the other.
type Reader[V any] struct {
	s    *Values[V]
	any  bool
	last int64
	text []byte
}

// Reader begins a list.
func (s *Values[V]) Reader() Reader[V] { return Reader[V]{s: s} }

// Take takes a word off b. wrong says what is wrong, or is empty.
func (r *Reader[V]) Take(b []byte) (word uint64, rest []byte, wrong string) {
	n, rest, ok := TakeUvarint(b)
	if !ok {
		return 0, b, "ends early"
	}
	first := !r.any
	r.any = true
	if r.s.kind == source.String {
		if n > uint64(len(rest)) {
			return 0, b, "ends early"
		}
		text := rest[:n]
		if !first && bytes.Compare(text, r.text) <= 0 {
			return 0, b, "isn't past the one before"
		}
		r.text = text
		return uint64(r.s.interner.CodeBytes(text)), rest[n:], ""
	}
	if first {
		r.last = Unzigzag(n)
	} else {
		// Between two words there is room for this much.
		if n >= uint64(math.MaxInt64)-uint64(r.last) {
			return 0, b, "is past 64 bits"
		}
		r.last += int64(n) + 1
	}
	if !r.s.inKind(r.last) {
		return 0, b, "is no " + r.s.kind.String()
	}
	return uint64(r.last), rest, ""
}

func (s *Values[V]) inKind(word int64) bool {
	switch s.kind {
	case source.Bool:
		return word == 0 || word == 1
	case source.Float:
		x := math.Float64frombits(uint64(word))
		return math.Float64bits(source.CanonicalFloat(x)) == uint64(word)
	}
	return true
}
