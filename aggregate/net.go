package aggregate

import (
	"fmt"

	"github.com/anabranch-go/anabranch/source"
)

// Net folds events into a, and takes away those that refund selects: the sum of
// the sales less that of the refunds, the mean of what wasn't given back. An
// event that's taken away must look to a as the one that it undoes: a refund of 5
// undoes a sale of 5, not one of -5. Its states are a's, and it needs an a with
// inverses (see [Inverter]): another is ErrDefinition from Bind, as is nil. Other
// errors of a and of refund come from Bind, too.
func Net[E, R any](a Aggregate[E, R], refund source.Predicate[E]) Aggregate[E, R] {
	return net[E, R]{usable(a, "a Net"), refund}
}

type net[E, R any] struct {
	Aggregate[E, R]
	refund source.Predicate[E]
}

func (a net[E, R]) String() string { return fmt.Sprintf("net(%s,%s)", a.Aggregate, a.refund) }
func (a net[E, R]) HasCode() bool  { return a.Aggregate.HasCode() || a.refund.HasCode() }

func (a net[E, R]) Bind(b *source.Binder[E]) (Maker[E, R], error) {
	filter, err := a.refund.Bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	make, err := a.Aggregate.Bind(b)
	if err != nil {
		return nil, err
	}
	if !canInvert(make) {
		return nil, fmt.Errorf("%w: %s: nothing can be taken away from %s", ErrDefinition, a, a.Aggregate)
	}
	return func() Results[E, R] {
		return &netStates[E, R]{Results: make(), taken: make(), filter: filter}
	}, nil
}

// netStates folds a chunk's refunds apart, each into a group of its own, and
// merges their inverses.
type netStates[E, R any] struct {
	Results[E, R]
	taken  States[E]
	filter *source.Filter[E]

	refunds []int32 // rows that the filter selects
	groups  []uint32
	rows    []int32
	from    []uint32 // the refunds' groups
	own     []uint32 // 0, 1, 2…
}

func (s *netStates[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	s.refunds = s.filter.Keep(f, rows, s.refunds[:0])
	refunds := s.refunds
	if len(refunds) == 0 {
		s.Results.Add(groups, rows, f)
		return
	}
	s.groups, s.rows, s.from = s.groups[:0], s.rows[:0], s.from[:0]
	for i, row := range rows {
		if len(s.from) < len(refunds) && refunds[len(s.from)] == row {
			s.from = append(s.from, groups[i])
			continue
		}
		s.groups, s.rows = append(s.groups, groups[i]), append(s.rows, row)
	}
	if len(s.rows) > 0 {
		s.Results.Add(s.groups, s.rows, f)
	}
	s.takeAway(f)
}

func (s *netStates[E, R]) takeAway(f *source.Frame[E]) {
	n := len(s.from)
	for len(s.own) < n {
		s.own = append(s.own, uint32(len(s.own)))
	}
	s.taken.Reset()
	s.taken.Grow(n)
	s.taken.Add(s.own[:n], s.refunds, f)
	for _, g := range s.own[:n] {
		invert(s.taken, g)
	}
	s.Results.Merge(s.from, s.taken)
}

func (s *netStates[E, R]) Merge(groups []uint32, other States[E]) {
	s.Results.Merge(groups, other.(*netStates[E, R]).Results)
}

// Invert implements [Inverter].
func (s *netStates[E, R]) Invert(group uint32) bool { return invert[E](s.Results, group) }
