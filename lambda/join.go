package lambda

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// join merges what the workers of a computation have: each of them its own tables, and
// all together those in lots. They are of no use to the workers then. It gives, in the
// order of their windows, the tables of each place, no two of which have a group in
// common. A panic of the view's own code is a stoppedError.
func (s *shared[E]) join(ctx context.Context, each []*tables[E], workers int) ([][]*table[E], error) {
	byPlace := map[int64]*atPlace[E]{}
	if err := s.view.guard(noPartition, func() error {
		byPlace = s.putTogether(each)
		return nil
	}); err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var joined [][]*table[E]
	for _, place := range slices.Sorted(maps.Keys(byPlace)) {
		at := byPlace[place]
		if len(at.lots) == 0 {
			joined = append(joined, at.own[:1])
		} else {
			joined = append(joined, at.lots)
		}
		if len(at.lots) == 0 && len(at.own) == 1 {
			continue
		}
		group.Go(func() error {
			return s.view.guard(noPartition, func() error {
				if len(at.lots) > 0 {
					return s.intoLots(ctx, place, at.own)
				}
				return s.intoOne(ctx, at.own)
			})
		})
	}
	return joined, group.Wait()
}

// atPlace is the tables of one place.
type atPlace[E any] struct {
	own  []*table[E] // to be merged into the first, or where there are lots into these
	lots []*table[E]
}

// intoOne merges tables into the first.
func (s *shared[E]) intoOne(ctx context.Context, own []*table[E]) error {
	own[0].groups.keySpace = s.space.lane() // its worker may have other tables, which are merged now
	for _, other := range own[1:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		own[0].merge(other)
	}
	return nil
}

func (s *shared[E]) intoLots(ctx context.Context, place int64, own []*table[E]) error {
	for _, table := range own {
		if err := ctx.Err(); err != nil {
			return err
		}
		table.groups.keySpace = s.space.lane()
		if err := s.handIn(place, table); err != nil {
			return err
		}
	}
	return nil
}

// putTogether brings workers' tables to one width, and puts together those of a
// place.
func (s *shared[E]) putTogether(each []*tables[E]) map[int64]*atPlace[E] {
	width := int64(0)
	for _, t := range each {
		width = max(width, t.width)
	}
	byPlace := map[int64]*atPlace[E]{}
	get := func(place int64) *atPlace[E] {
		if byPlace[place] == nil {
			byPlace[place] = &atPlace[E]{}
		}
		return byPlace[place]
	}
	for _, t := range each {
		if t.width < width {
			t.widen(width)
		}
		for place, table := range t.open {
			at := get(place)
			at.own = append(at.own, table)
		}
	}
	for place := range s.places {
		lots := s.lotsOf(place)
		if len(lots) == 0 {
			continue
		}
		at := get(each[0].place(place))
		if width > 0 || slices.ContainsFunc(at.own, func(t *table[E]) bool { return t.len() > 2*s.from }) {
			at.own = append(at.own, lots...) // it's less to merge a few lots than many states of one table
		} else {
			at.lots = lots
		}
	}
	return byPlace
}

// lotsOf lists the lots' tables of a place.
func (s *shared[E]) lotsOf(place int64) (lots []*table[E]) {
	for i := range s.lots {
		if tables := s.lots[i].tables; tables != nil && tables.open[place] != nil {
			lots = append(lots, tables.open[place])
		}
	}
	return lots
}
