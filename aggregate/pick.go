package aggregate

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// pick is First, Last, ArgMin and ArgMax: of all events it keeps one, the least
// in an order that no two share, and of that one a value. What flips turns its
// part of the order around.
type pick[E, T, B any] struct {
	name              string
	value             source.Field[E, T]
	by                *source.Field[E, B] // nil where the time alone decides
	at                source.Field[E, time.Time]
	flipBy, flipEvent int64
}

func (a pick[E, T, B]) Codec() string {
	if a.by == nil {
		return fmt.Sprintf("%s.%s/1", a.name, a.value.Kind())
	}
	return fmt.Sprintf("%s.%s.%s/1", a.name, a.value.Kind(), a.by.Kind())
}

func (a pick[E, T, B]) String() string {
	if a.by == nil {
		return fmt.Sprintf("%s(%s,%s)", a.name, a.value, a.at)
	}
	return fmt.Sprintf("%s(%s,%s,%s)", a.name, a.value, a.by, a.at)
}

func (a pick[E, T, B]) HasCode() bool {
	return a.value.HasCode() || a.by != nil && a.by.HasCode() || a.at.HasCode()
}

func (a pick[E, T, B]) Bind(b *source.Binder[E]) (Maker[E, source.Null[T]], error) {
	p := picks[E, T]{hasBy: a.by != nil, flipBy: a.flipBy, flipEvent: a.flipEvent, codec: a.Codec()}
	var err error
	if p.value, err = bindScalar(b, a.value); err == nil {
		p.at, err = bindScalar(b, a.at)
	}
	if err == nil && a.by != nil {
		p.by, err = bindScalar(b, *a.by)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return func() Results[E, source.Null[T]] {
		s := p
		return &s
	}, nil
}

type picks[E, T any] struct {
	value, by, at     scalar
	hasBy             bool
	flipBy, flipEvent int64
	codec             string

	kept []picked
	// By group, where the fields are texts; else they stay empty.
	byTexts, texts []string
}

// picked is the event that one group keeps, its rank flipped.
type picked struct {
	rank
	value int64
	has   bool
}

// rank is an event's place in the order, but for a text of by.
type rank struct {
	by int64
	moment
}

func (s *picks[E, T]) Grow(n int) {
	s.kept = grow(s.kept, n)
	if s.hasBy && s.by.isText() {
		s.byTexts = grow(s.byTexts, n)
	}
	if s.value.isText() {
		s.texts = grow(s.texts, n)
	}
}

func (s *picks[E, T]) Reset() {
	clear(s.byTexts) // the texts can go
	clear(s.texts)
	s.kept, s.byTexts, s.texts = s.kept[:0], s.byTexts[:0], s.texts[:0]
}

func (s *picks[E, T]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	value, at, rows := f.Vector(s.value.slot), f.Vector(s.at.slot), rows[:len(groups)]
	by := at
	if s.hasBy {
		by = f.Vector(s.by.slot)
	}
	partition, offsets := int64(f.Chunk().Partition), f.Chunk().Offsets
	for i, g := range groups {
		row := rows[i]
		if value.IsNull(row) || at.IsNull(row) || by.IsNull(row) || isNaN(by, row) {
			continue
		}
		r, byText := rank{moment: moment{at.Ints[row], partition, offsets[row]}.flip(s.flipEvent)}, ""
		switch {
		case !s.hasBy:
		case s.by.isText():
			byText = textOf(by, row)
		default:
			r.by = wordOf(by, row) ^ s.flipBy
		}
		order := s.compare(g, r, byText)
		if order > 0 {
			continue
		}
		if s.value.isText() {
			s.put(g, order, picked{r, 0, true}, byText, textOf(value, row))
		} else {
			s.put(g, order, picked{r, wordOf(value, row), true}, byText, "")
		}
	}
}

// compare says where an event stands beside the one that a group has: below 0 it
// comes in its place.
func (s *picks[E, T]) compare(group uint32, r rank, byText string) int {
	p := &s.kept[group]
	switch {
	case !p.has:
		return -1
	case r.by != p.by:
		return cmp.Compare(r.by, p.by)
	case len(s.byTexts) > 0 && byText != s.byTexts[group]:
		return strings.Compare(byText, s.byTexts[group]) * int(1+2*s.flipBy)
	}
	return r.moment.compare(p.moment)
}

// put keeps an event that compares so. The same event with another value comes
// only from damaged or foreign states; the least value counts then, so that the
// order of merging never shows.
func (s *picks[E, T]) put(group uint32, order int, p picked, byText, text string) {
	if order == 0 {
		had := s.kept[group].value
		if p.value > had || p.value == had && (len(s.texts) == 0 || text >= s.texts[group]) {
			return
		}
	}
	s.kept[group] = p
	if len(s.byTexts) > 0 {
		s.byTexts[group] = byText
	}
	if len(s.texts) > 0 {
		s.texts[group] = text
	}
}

// held gives a group's texts.
func (s *picks[E, T]) held(group uint32) (byText, text string) {
	if len(s.byTexts) > 0 {
		byText = s.byTexts[group]
	}
	if len(s.texts) > 0 {
		text = s.texts[group]
	}
	return byText, text
}

func (s *picks[E, T]) Merge(groups []uint32, other States[E]) {
	o := other.(*picks[E, T])
	for i, g := range groups {
		p := o.kept[i]
		if !p.has {
			continue
		}
		byText, text := o.held(uint32(i))
		if order := s.compare(g, p.rank, byText); order <= 0 {
			s.put(g, order, p, byText, text)
		}
	}
}

// A state is the value of by, if there's such a field, the event's time,
// partition and offset, and the value; or empty where there is no event.
func (s *picks[E, T]) AppendState(dst []byte, group uint32) []byte {
	p := s.kept[group]
	if !p.has {
		return dst
	}
	byText, text := s.held(group)
	if s.hasBy {
		dst = s.by.append(dst, p.by^s.flipBy, byText)
	}
	return s.value.append(p.moment.flip(s.flipEvent).appendTo(dst), p.value, text)
}

func (s *picks[E, T]) MergeState(group uint32, state []byte) error {
	if len(state) == 0 {
		return nil
	}
	p, rest, ok := picked{has: true}, state, true
	var byText, text []byte
	if s.hasBy {
		if p.by, byText, rest, ok = s.by.take(rest); !ok || s.by.kind == source.Float && p.by == nanWord {
			return notState(s.codec, "it doesn't begin with what it's ordered by")
		}
		if !s.by.isText() {
			p.by ^= s.flipBy
		}
	}
	if p.moment, rest, ok = takeMoment(rest); !ok {
		return notState(s.codec, "it has no time, partition and offset")
	}
	if p.value, text, rest, ok = s.value.take(rest); !ok || len(rest) > 0 {
		return notState(s.codec, "it doesn't end with one value")
	}
	p.moment = p.moment.flip(s.flipEvent)
	if order := s.compare(group, p.rank, string(byText)); order <= 0 {
		s.put(group, order, p, string(byText), string(text))
	}
	return nil
}

func (s *picks[E, T]) Read(groups []uint32, into []source.Null[T]) (int, error) {
	return readEach(groups, into, s.result)
}

func (s *picks[E, T]) result(group uint32) (source.Null[T], error) {
	p := s.kept[group]
	if !p.has {
		return source.Null[T]{}, nil
	}
	_, text := s.held(group)
	return some[T](s.value, p.value, text)
}
