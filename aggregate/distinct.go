package aggregate

import (
	"fmt"

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
	make, err := bindSets(b, a.field, a.Codec(), countWords[E], countTexts[E])
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return make, nil
}

func countWords[E any](s *wordSets[E, int64], group uint32) (int64, error) {
	return int64(s.set.size(group)), nil
}

func countTexts[E any](s *textSets[E, int64], group uint32) (int64, error) {
	return int64(s.set.size(group)), nil
}
