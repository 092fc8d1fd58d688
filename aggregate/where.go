package aggregate

import (
	"fmt"

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

	kept   []int32 // rows that the filter selects
	groups []uint32
	rows   []int32
}

func (s *whereStates[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	s.kept = s.filter.Keep(f, rows, s.kept[:0])
	s.groups, s.rows = s.groups[:0], s.rows[:0]
	kept := s.kept
	for i, row := range rows {
		for len(kept) > 0 && kept[0] < row {
			kept = kept[1:]
		}
		if len(kept) == 0 {
			break
		}
		if kept[0] == row {
			s.groups, s.rows = append(s.groups, groups[i]), append(s.rows, row)
		}
	}
	if len(s.rows) > 0 {
		s.Results.Add(s.groups, s.rows, f)
	}
}

func (s *whereStates[E, R]) Merge(groups []uint32, other States[E]) {
	s.Results.Merge(groups, other.(*whereStates[E, R]).Results)
}

// Invert implements [Inverter], if the inner aggregate does.
func (s *whereStates[E, R]) Invert(group uint32) bool { return invert[E](s.Results, group) }
