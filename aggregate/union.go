package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// Set collects the different values of a field, all of them, sorted: false before
// true, texts by bytes, and NaN before all other floats, as [slices.Sort] does.
// Nulls are skipped; the set of none is empty. The field may be of any kind;
// errors of it come from Bind. One vector of states holds up to 4 billion pairs of
// a group and a value.
func Set[E, T any](f source.Field[E, T]) Aggregate[E, []T] { return union[E, T]{f} }

type union[E, T any] struct{ field source.Field[E, T] }

func (a union[E, T]) Codec() string  { return fmt.Sprintf("set.%s/1", a.field.Kind()) }
func (a union[E, T]) String() string { return fmt.Sprintf("set(%s)", a.field) }
func (a union[E, T]) HasCode() bool  { return a.field.HasCode() }

func (a union[E, T]) Bind(b *source.Binder[E]) (Maker[E, []T], error) {
	make, err := bindSets(b, a.field, a.Codec(), listWords[E, T], listTexts[E, T])
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return make, nil
}

func listWords[E, T any](s *wordSets[E, []T], group uint32) ([]T, error) {
	words := s.set.words(group)
	if s.kind == source.Float {
		slices.SortFunc(words, func(a, b int64) int {
			return cmp.Compare(math.Float64frombits(uint64(a)), math.Float64frombits(uint64(b)))
		})
	} else {
		s.lent = sortWords(words, s.lent)
	}
	out := make([]T, len(words))
	for i, word := range words {
		v := source.Value{Kind: s.kind, Int: word, Float: math.Float64frombits(uint64(word))}
		if err := setResult(&out[i], v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func listTexts[E, T any](s *textSets[E, []T], group uint32) ([]T, error) {
	sorted := s.values(group)
	out := make([]T, len(sorted))
	for i, text := range sorted {
		if err := setResult(&out[i], source.Value{Kind: source.String, Text: text}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
