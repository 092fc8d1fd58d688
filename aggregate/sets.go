package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"

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
			return &textSets[E, R]{slot: slot, codec: codec, texts: newTexts(), result: ofTexts}
		}, nil
	case source.Bool, source.Int, source.Time, source.Float:
		return func() Results[E, R] {
			return &wordSets[E, R]{slot: slot, kind: kind, codec: codec, result: ofWords}
		}, nil
	default:
		return nil, fmt.Errorf("%w: a %s can't be told apart", ErrKind, kind)
	}
}

// wordSets are sets where a value is a word: integers, times, bools, and the bits
// of floats.
type wordSets[E, R any] struct {
	slot   int
	kind   source.Kind
	codec  string
	set    set
	lent   []int64 // for sortWords
	result func(s *wordSets[E, R], group uint32) (R, error)
}

func (s *wordSets[E, R]) Grow(n int) { s.set.grow(n) }
func (s *wordSets[E, R]) Reset()     { s.set.reset() }

// gathered is how many of a chunk's values are brought together at a time.
const gathered = 256

func (s *wordSets[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	var to [gathered]uint32
	var words [gathered]int64
	for len(rows) > 0 {
		n := min(len(rows), gathered)
		some := gather(&words, v, rows[:n])
		if v.Valid == nil {
			s.set.add(groups[:n], some)
		} else {
			kept := 0
			for i, row := range rows[:n] {
				if v.Valid[row] {
					to[kept], some[kept] = groups[i], some[i]
					kept++
				}
			}
			s.set.add(to[:kept], some[:kept])
		}
		groups, rows = groups[n:], rows[n:]
	}
}

// gather gives the words of some rows, something for a null.
func gather(dst *[gathered]int64, v *source.Vector, rows []int32) []int64 {
	words := dst[:len(rows)]
	if v.Kind == source.Float {
		for i, row := range rows {
			words[i] = int64(math.Float64bits(source.CanonicalFloat(v.Floats[row])))
		}
		return words
	}
	ints := v.Ints
	for i, row := range rows {
		words[i] = ints[row]
	}
	return words
}

func (s *wordSets[E, R]) Merge(groups []uint32, other States[E]) {
	s.set.merge(groups, &other.(*wordSets[E, R]).set, nil)
}

// A state is the number of values, the least as a zigzag varint, then how much
// more than one each next is above the one before: what is out of order or
// there twice can't be written.
func (s *wordSets[E, R]) AppendState(dst []byte, group uint32) []byte {
	words := s.set.words(group)
	s.lent = sortWords(words, s.lent)
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
	into := merging{into: &s.set}
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
		into.add(group, word)
	}
	into.flush()
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

func (s *wordSets[E, R]) Read(groups []uint32, into []R) (int, error) {
	return readEach(groups, into, func(group uint32) (R, error) { return s.result(s, group) })
}
