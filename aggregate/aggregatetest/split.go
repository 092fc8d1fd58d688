package aggregatetest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// shard is a vector of states with a numbering of the groups of its own, as each
// partition has.
type shard[E, R any] struct {
	states aggregate.Results[E, R]
	place  []uint32 // by group
}

// split deals records out to groups and shards, folds each shard's in an order
// and in chunks of its own, and merges the shards in a tree that's drawn.
func split[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	n := rapid.IntRange(1, 4).Draw(t, "groups")
	groups := draw(t, "group", len(records), n)
	shards := make([]shard[E, R], rapid.IntRange(1, 5).Draw(t, "shards"))
	dealt, grouped := make([][]record[E], len(shards)), make([][]record[E], n)
	for i, to := range draw(t, "shard", len(records), len(shards)) {
		r := records[i]
		r.group = groups[i]
		dealt[to], grouped[r.group] = append(dealt[to], r), append(grouped[r.group], r)
	}
	for i := range shards {
		shards[i] = k.newShard(t, n)
		k.foldChunks(t, shards[i], shuffled(t, dealt[i]))
	}
	for len(shards) > 1 {
		shards = shuffled(t, shards)
		if err := shards[0].merge(shards[1], rapid.Bool().Draw(t, "encoded")); err != nil {
			return err
		}
		shards = append(shards[:1:1], shards[2:]...)
	}
	for g := range n {
		if err := k.differs(fmt.Sprintf("group %d as a whole", g), k.folded(grouped[g]), 0,
			"split and merged", shards[0].states, shards[0].place[g]); err != nil {
			return fmt.Errorf("%w\ngroups of the events: %v", err, groups)
		}
	}
	return nil
}

func draw(t *rapid.T, label string, n, below int) []int {
	return rapid.SliceOfN(rapid.IntRange(0, below-1), n, n).Draw(t, label)
}

func shuffled[T any](t *rapid.T, s []T) []T {
	if len(s) < 2 {
		return s
	}
	return rapid.Permutation(s).Draw(t, "order")
}

func (k *kit[E, R]) newShard(t *rapid.T, n int) shard[E, R] {
	place := make([]uint32, n)
	for i := range place {
		place[i] = uint32(i)
	}
	return shard[E, R]{k.states(n), shuffled(t, place)}
}

// foldChunks folds records, some at a time, in a chunk of each partition, and of a
// chunk some rows first and the others after.
func (k *kit[E, R]) foldChunks(t *rapid.T, s shard[E, R], records []record[E]) {
	builder := source.NewBuilder[E](k.schema, nil)
	for len(records) > 0 {
		n := rapid.IntRange(1, len(records)).Draw(t, "some")
		for _, chunk := range byPartition(records[:n]) {
			k.frame.Load(k.chunk(builder, chunk))
			turns := draw(t, "turn", len(chunk), 2)
			for turn := range 2 {
				var to []uint32
				var rows []int32
				for i, r := range chunk {
					if turns[i] == turn {
						to, rows = append(to, s.place[r.group]), append(rows, int32(i))
					}
				}
				s.states.Add(to, rows, k.frame)
			}
		}
		records = records[n:]
	}
}

// merge folds other into s, as vectors or as bytes.
func (s shard[E, R]) merge(other shard[E, R], encoded bool) error {
	to := make([]uint32, len(s.place))
	for group, place := range other.place {
		to[place] = s.place[group]
	}
	if !encoded {
		s.states.Merge(to, other.states)
		return nil
	}
	for i, group := range to {
		if err := s.states.MergeState(group, other.states.AppendState(nil, uint32(i))); err != nil {
			return fmt.Errorf("a state is refused: %w", err)
		}
	}
	return nil
}
