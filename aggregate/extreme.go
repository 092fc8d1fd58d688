package aggregate

import (
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// extreme is Min, or Max where flip is -1: every bit of a word flipped turns the
// order around, so that both keep the least.
type extreme[E, T any] struct {
	name  string
	field source.Field[E, T]
	flip  int64
}

func (a extreme[E, T]) Codec() string  { return fmt.Sprintf("%s.%s/1", a.name, a.field.Kind()) }
func (a extreme[E, T]) String() string { return fmt.Sprintf("%s(%s)", a.name, a.field) }
func (a extreme[E, T]) HasCode() bool  { return a.field.HasCode() }

func (a extreme[E, T]) Bind(b *source.Binder[E]) (Maker[E, source.Null[T]], error) {
	value, err := bindScalar(b, a.field)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	codec := a.Codec()
	if value.isText() {
		return func() Results[E, source.Null[T]] {
			return &extremeTexts[E, T]{value: value, sign: 1 + 2*int(a.flip), codec: codec}
		}, nil
	}
	return func() Results[E, source.Null[T]] {
		return &extremeWords[E, T]{value: value, flip: a.flip, codec: codec}
	}, nil
}

type extremeWords[E, T any] struct {
	value scalar
	flip  int64
	codec string
	kept  []leastWord
}

type leastWord struct {
	word int64 // flipped
	has  bool
}

func (s *extremeWords[E, T]) Grow(n int) { s.kept = grow(s.kept, n) }
func (s *extremeWords[E, T]) Reset()     { s.kept = s.kept[:0] }

func (s *extremeWords[E, T]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.value.slot), rows[:len(groups)]
	if s.value.kind == source.Float {
		s.addFloats(groups, rows, v)
		return
	}
	ints, valid, flip := v.Ints, v.Valid, s.flip
	for i, g := range groups {
		if row := rows[i]; valid == nil || valid[row] {
			s.offer(g, ints[row]^flip)
		}
	}
}

func (s *extremeWords[E, T]) addFloats(groups []uint32, rows []int32, v *source.Vector) {
	for i, g := range groups {
		if x := v.Floats[rows[i]]; x == x && !v.IsNull(rows[i]) {
			s.offer(g, floatWord(x)^s.flip)
		}
	}
}

// offer takes a word, flipped, if it's less than what the group has.
func (s *extremeWords[E, T]) offer(group uint32, word int64) {
	if p := &s.kept[group]; !p.has || word < p.word {
		*p = leastWord{word, true}
	}
}

func (s *extremeWords[E, T]) Merge(groups []uint32, other States[E]) {
	from := other.(*extremeWords[E, T]).kept
	for i, g := range groups {
		if from[i].has {
			s.offer(g, from[i].word)
		}
	}
}

// A state is the value, or empty where there is none.
func (s *extremeWords[E, T]) AppendState(dst []byte, group uint32) []byte {
	p := s.kept[group]
	if !p.has {
		return dst
	}
	return s.value.append(dst, p.word^s.flip, "")
}

func (s *extremeWords[E, T]) MergeState(group uint32, state []byte) error {
	if len(state) == 0 {
		return nil
	}
	word, _, rest, ok := s.value.take(state)
	if !ok || len(rest) > 0 || s.value.kind == source.Float && word == nanWord {
		return notState(s.codec, "%d bytes that aren't one value", len(state))
	}
	s.offer(group, word^s.flip)
	return nil
}

func (s *extremeWords[E, T]) Read(groups []uint32, into []source.Null[T]) (int, error) {
	switch into := any(into).(type) {
	case []source.Null[int64]:
		if s.value.kind == source.Int {
			for i, g := range groups {
				into[i] = source.Null[int64]{}
				if p := s.kept[g]; p.has {
					into[i] = source.Some(p.word ^ s.flip)
				}
			}
			return len(groups), nil
		}
	case []source.Null[float64]:
		for i, g := range groups {
			into[i] = source.Null[float64]{}
			if p := s.kept[g]; p.has {
				into[i] = source.Some(wordFloat(p.word ^ s.flip))
			}
		}
		return len(groups), nil
	}
	return readEach(groups, into, s.result)
}

func (s *extremeWords[E, T]) result(group uint32) (source.Null[T], error) {
	p := s.kept[group]
	if !p.has {
		return source.Null[T]{}, nil
	}
	return some[T](s.value, p.word^s.flip, "")
}

// extremeTexts is Min or Max of texts. It keeps the texts of dictionaries, which
// nothing changes.
type extremeTexts[E, T any] struct {
	value scalar
	sign  int // -1 to keep the greatest
	codec string
	kept  []leastText
}

type leastText struct {
	text string
	has  bool
}

func (s *extremeTexts[E, T]) Grow(n int) { s.kept = grow(s.kept, n) }

func (s *extremeTexts[E, T]) Reset() {
	clear(s.kept) // the texts can go
	s.kept = s.kept[:0]
}

func (s *extremeTexts[E, T]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.value.slot), rows[:len(groups)]
	for i, g := range groups {
		if row := rows[i]; !v.IsNull(row) {
			s.offer(g, textOf(v, row))
		}
	}
}

func (s *extremeTexts[E, T]) offer(group uint32, text string) {
	if p := &s.kept[group]; !p.has || s.sign*strings.Compare(text, p.text) < 0 {
		*p = leastText{text, true}
	}
}

func (s *extremeTexts[E, T]) Merge(groups []uint32, other States[E]) {
	from := other.(*extremeTexts[E, T]).kept
	for i, g := range groups {
		if from[i].has {
			s.offer(g, from[i].text)
		}
	}
}

// A state is the text with its length before it, or empty where there is none.
func (s *extremeTexts[E, T]) AppendState(dst []byte, group uint32) []byte {
	p := s.kept[group]
	if !p.has {
		return dst
	}
	return s.value.append(dst, 0, p.text)
}

func (s *extremeTexts[E, T]) MergeState(group uint32, state []byte) error {
	if len(state) == 0 {
		return nil
	}
	_, text, rest, ok := s.value.take(state)
	if !ok || len(rest) > 0 {
		return notState(s.codec, "%d bytes that aren't one text", len(state))
	}
	s.offer(group, string(text))
	return nil
}

func (s *extremeTexts[E, T]) Read(groups []uint32, into []source.Null[T]) (int, error) {
	return readEach(groups, into, s.result)
}

func (s *extremeTexts[E, T]) result(group uint32) (source.Null[T], error) {
	p := s.kept[group]
	if !p.has {
		return source.Null[T]{}, nil
	}
	return some[T](s.value, 0, p.text)
}

// some gives a held value as a result that exists.
func some[T any](s scalar, word int64, text string) (source.Null[T], error) {
	v, err := scalarTo[T](s, word, text)
	if err != nil {
		return source.Null[T]{}, err
	}
	return source.Some(v), nil
}
