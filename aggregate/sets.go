package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// bindSets binds what keeps all the different values of a field, with a result
// made of them: one function for words and one for texts.
func bindSets[E, T, R any](b *source.Binder[E], f source.Field[E, T], codec string,
	ofWords func(s *wordSets[E, R], group uint32) (R, error), ofTexts func(s *textSets[E, R], group uint32) (R, error)) (Maker[E, R], error) {
	slot, err := f.Bind(b)
	if err != nil {
		return nil, err
	}
	switch kind := f.Kind(); kind {
	case source.String:
		return func() Results[E, R] {
			return &textSets[E, R]{slot: slot, codec: codec, set: newSet(), texts: newTexts(), result: ofTexts}
		}, nil
	case source.Bool, source.Int, source.Time, source.Float:
		return func() Results[E, R] {
			return &wordSets[E, R]{slot: slot, kind: kind, codec: codec, set: newSet(), result: ofWords}
		}, nil
	default:
		return nil, fmt.Errorf("%w: a %s can't be told apart", ErrKind, kind)
	}
}

// wordSets are sets where a value is a word: integers, times, bools, and the bits
// of floats.
type wordSets[E, R any] struct {
	slot    int
	kind    source.Kind
	codec   string
	set     set
	scratch []int64
	result  func(s *wordSets[E, R], group uint32) (R, error)
}

func (s *wordSets[E, R]) Grow(n int) { s.set.grow(n) }
func (s *wordSets[E, R]) Reset()     { s.set.reset() }

func (s *wordSets[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	switch {
	case s.kind == source.Float:
		for i, g := range groups {
			if row := rows[i]; !v.IsNull(row) {
				s.set.insert(g, math.Float64bits(source.CanonicalFloat(v.Floats[row])))
			}
		}
	case v.Valid == nil:
		ints := v.Ints
		for i, g := range groups {
			s.set.insert(g, uint64(ints[rows[i]]))
		}
	default:
		for i, g := range groups {
			if row := rows[i]; v.Valid[row] {
				s.set.insert(g, uint64(v.Ints[row]))
			}
		}
	}
}

func (s *wordSets[E, R]) Merge(groups []uint32, other States[E]) {
	from := &other.(*wordSets[E, R]).set
	for i, g := range groups {
		for at := from.groups[i].first; at != 0; {
			p := &from.pairs[at-1]
			s.set.insert(g, p.word)
			at = p.next
		}
	}
}

// A state is the number of values, the least as a zigzag varint, then how much
// more than one each next is above the one before: what is out of order or
// there twice can't be written.
func (s *wordSets[E, R]) AppendState(dst []byte, group uint32) []byte {
	s.scratch = s.set.words(s.scratch[:0], group)
	words := s.scratch
	slices.Sort(words)
	dst = binary.AppendUvarint(dst, uint64(len(words)))
	for i, word := range words {
		if i == 0 {
			dst = binary.AppendUvarint(dst, zigzag(word))
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(word-words[i-1])-1)
	}
	return dst
}

func (s *wordSets[E, R]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeUvarint(state)
	if !ok || n > uint64(len(rest)) {
		return notState(s.codec, "a count that the %d bytes don't hold", len(state))
	}
	var word int64
	for i := range n {
		var delta uint64
		if delta, rest, ok = takeUvarint(rest); !ok {
			return notState(s.codec, "value %d of %d ends early", i, n)
		}
		if i == 0 {
			word = unzigzag(delta)
		} else {
			// Between two words there is room for this much.
			if delta >= uint64(math.MaxInt64)-uint64(word) {
				return notState(s.codec, "value %d of %d is past 64 bits", i, n)
			}
			word += int64(delta) + 1
		}
		if !s.inKind(word) {
			return notState(s.codec, "value %d of %d is no %s", i, n, s.kind)
		}
		s.set.insert(group, uint64(word))
	}
	if len(rest) > 0 {
		return notState(s.codec, "%d bytes follow the last value", len(rest))
	}
	return nil
}

// inKind says whether the kind has the value.
func (s *wordSets[E, R]) inKind(word int64) bool {
	switch s.kind {
	case source.Bool:
		return word == 0 || word == 1
	case source.Float:
		return isCanonical(math.Float64frombits(uint64(word)))
	case source.Time:
		return isTime(word)
	}
	return true
}

func (s *wordSets[E, R]) Result(group uint32) (R, error) { return s.result(s, group) }
