package lambda

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// joinTables merges the tables that some workers have of one place into one, places
// side by side. They are of no use to the workers then. It gives them in the order of
// their windows. A panic of the view's own code is a stoppedError.
func joinTables[E any](ctx context.Context, view *definition[E], each []*tables[E], workers int) ([]*table[E], error) {
	byPlace := map[int64][]*table[E]{}
	if err := view.guard(noPartition, func() error {
		byPlace = putTogether(each)
		return nil
	}); err != nil {
		return nil, err
	}
	var joined []*table[E]
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, place := range slices.Sorted(maps.Keys(byPlace)) {
		same := byPlace[place]
		joined = append(joined, same[0])
		if len(same) == 1 {
			continue
		}
		group.Go(func() error {
			return view.guard(noPartition, func() error {
				same[0].groups.keySpace = same[0].groups.lane()
				for _, other := range same[1:] {
					if err := ctx.Err(); err != nil {
						return err
					}
					same[0].merge(other)
				}
				return nil
			})
		})
	}
	return joined, group.Wait()
}

// putTogether brings workers' tables to one width, and puts together those of a
// place. The first of each has the texts of the others then.
func putTogether[E any](each []*tables[E]) map[int64][]*table[E] {
	width := int64(0)
	for _, t := range each {
		width = max(width, t.width)
	}
	byPlace := map[int64][]*table[E]{}
	for _, t := range each {
		if t.width < width {
			t.widen(width)
		}
		for place, table := range t.open {
			byPlace[place] = append(byPlace[place], table)
		}
	}
	known := map[[2]*keySpace]bool{}
	for _, same := range byPlace {
		for _, other := range same[1:] {
			pair := [2]*keySpace{same[0].groups.keySpace, other.groups.keySpace}
			if !known[pair] {
				known[pair] = true
				pair[0].know(pair[1])
			}
		}
	}
	return byPlace
}
