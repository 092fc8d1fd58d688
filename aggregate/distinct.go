package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// Distinct counts the different values of a field, exactly: it keeps them all.
// Nulls are skipped. The field may be of any kind; errors of it come from Bind.
// One vector of states holds up to 4 billion pairs of a group and a value.
func Distinct[E, T any](f source.Field[E, T]) Aggregate[E, int64] { return distinct[E, T]{f} }

type distinct[E, T any] struct{ field source.Field[E, T] }

func (a distinct[E, T]) Codec() string  { return fmt.Sprintf("distinct.%s/1", a.field.Kind()) }
func (a distinct[E, T]) String() string { return fmt.Sprintf("distinct(%s)", a.field) }
func (a distinct[E, T]) HasCode() bool  { return a.field.HasCode() }

func (a distinct[E, T]) Bind(b *source.Binder[E]) (Maker[E, int64], error) {
	slot, err := a.field.Bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	kind, codec := a.field.Kind(), a.Codec()
	switch kind {
	case source.String:
		return func() Results[E, int64] {
			return &distinctTexts[E]{slot: slot, set: newSet(), texts: newTexts()}
		}, nil
	case source.Bool, source.Int, source.Time, source.Float:
		return func() Results[E, int64] {
			return &distinctWords[E]{slot: slot, kind: kind, codec: codec, set: newSet()}
		}, nil
	}
	return nil, fmt.Errorf("cannot bind %s: %w: a %s can't be told apart", a, ErrKind, kind)
}

// distinctWords is Distinct where a value is a word: integers, times, bools, and
// the bits of floats.
type distinctWords[E any] struct {
	slot    int
	kind    source.Kind
	codec   string
	set     set
	scratch []int64
}

func (s *distinctWords[E]) Grow(n int) { s.set.grow(n) }
func (s *distinctWords[E]) Reset()     { s.set.reset() }

func (s *distinctWords[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
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

func (s *distinctWords[E]) Merge(groups []uint32, other States[E]) {
	from := &other.(*distinctWords[E]).set
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
func (s *distinctWords[E]) AppendState(dst []byte, group uint32) []byte {
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

func (s *distinctWords[E]) MergeState(group uint32, state []byte) error {
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
func (s *distinctWords[E]) inKind(word int64) bool {
	switch s.kind {
	case source.Bool:
		return word == 0 || word == 1
	case source.Float:
		x := math.Float64frombits(uint64(word))
		return math.Float64bits(source.CanonicalFloat(x)) == uint64(word)
	}
	return true
}

func (s *distinctWords[E]) Result(group uint32) (int64, error) {
	return int64(s.set.groups[group].n), nil
}
