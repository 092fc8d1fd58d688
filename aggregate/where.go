package aggregate

import (
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// Where folds into a only the events that the predicate selects. Its states are
// a's. Errors of both come from Bind.
func Where[E, R any](a Aggregate[E, R], p source.Predicate[E]) Aggregate[E, R] {
	return where[E, R]{usable(a, "a Where"), p}
}

type where[E, R any] struct {
	Aggregate[E, R]
	predicate source.Predicate[E]
}

func (a where[E, R]) String() string { return fmt.Sprintf("where(%s,%s)", a.Aggregate, a.predicate) }
func (a where[E, R]) HasCode() bool  { return a.Aggregate.HasCode() || a.predicate.HasCode() }

func (a where[E, R]) Bind(b *source.Binder[E]) (Maker[E, R], error) {
	filter, err := a.predicate.Bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	make, err := a.Aggregate.Bind(b)
	if err != nil || filter.All() {
		return make, err
	}
	return func() Results[E, R] { return &whereStates[E, R]{Results: make(), filter: filter} }, nil
}

type whereStates[E, R any] struct {
	Results[E, R]
	filter *source.Filter[E]

	kept   []int32  // rows that the filter selects
	groups []uint32 // theirs
}

func (s *whereStates[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	s.kept = s.filter.Keep(f, rows, s.kept[:0])
	if kept := s.kept; len(kept) > 0 {
		s.groups = groupsOf(s.groups, groups, rows, kept)
		s.Results.Add(s.groups, kept, f)
	}
}

// groupsOf gives the groups of those rows that were kept, in memory that may be
// dst's. What comes to the place of the next one is written before it's known
// whether it stays: the processor has nothing to guess.
func groupsOf(dst, groups []uint32, rows, kept []int32) []uint32 {
	dst = slices.Grow(dst[:0], len(kept))[:len(kept)]
	groups, at := groups[:len(rows)], 0
	for i, row := range rows {
		if at == len(kept) {
			break
		}
		dst[at] = groups[i]
		next := at + 1
		if kept[at] != row {
			next = at
		}
		at = next
	}
	return dst
}

func (s *whereStates[E, R]) Merge(groups []uint32, other States[E]) {
	s.Results.Merge(groups, other.(*whereStates[E, R]).Results)
}

// Invert implements [Inverter], if the inner aggregate does.
func (s *whereStates[E, R]) Invert(group uint32) bool { return invert[E](s.Results, group) }
