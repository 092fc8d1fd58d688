package statetest

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Vector is a vector of states with what's needed to fold events into it.
type Vector[R any] struct {
	aggregate.Results[Event, R]
	Maker   aggregate.Maker[Event, R]
	Frame   *source.Frame[Event]
	builder *source.Builder[Event]
}

// New makes a vector of n groups.
func New[R any](tb testing.TB, a aggregate.Aggregate[Event, R], n int) *Vector[R] {
	tb.Helper()
	b, err := source.NewBinder[Event]()
	require.NoError(tb, err)
	maker, err := a.Bind(b)
	require.NoError(tb, err)
	v := &Vector[R]{maker(), maker, b.NewFrame(), source.NewBuilder[Event](b.Schema(), nil)}
	v.Grow(n)
	return v
}

// Result reads a group's result.
func (v *Vector[R]) Result(group uint32) (R, error) {
	var into [1]R
	_, err := v.Read([]uint32{group}, into[:])
	return into[0], err
}

// ChunkRows is how many events a chunk has at most.
const ChunkRows = 4096

// Fold folds n events into groups, some thousands at a time.
func (v *Vector[R]) Fold(n int, event func(i int) (group uint32, e Event)) {
	var groups []uint32
	var rows []int32
	for i := 0; i < n; {
		v.builder.Reset()
		groups, rows = groups[:0], rows[:0]
		for ; i < n && len(rows) < ChunkRows; i++ {
			g, e := event(i)
			v.builder.Append(&e, int64(len(rows)), nil)
			groups, rows = append(groups, g), append(rows, int32(len(rows)))
		}
		v.Frame.Load(v.builder.Chunk(0, 0, int64(len(rows))))
		v.Add(groups, rows, v.Frame)
	}
}

// FoldAll folds events into group 0.
func (v *Vector[R]) FoldAll(events []Event) {
	v.Fold(len(events), func(i int) (uint32, Event) { return 0, events[i] })
}

// Merged deals events to parts at random, and merges the parts' states in a random
// tree, half of them as bytes. It gives a vector of one group.
func Merged[R any](tb testing.TB, random *rand.Rand, a aggregate.Aggregate[Event, R], parts int, n int, event func(i int) Event) *Vector[R] {
	tb.Helper()
	v := New(tb, a, parts)
	v.Fold(n, func(i int) (uint32, Event) { return uint32(random.IntN(parts)), event(i) })
	states := make([][]byte, parts)
	for i := range states {
		states[i] = v.AppendState(nil, uint32(i))
	}
	x, y := v.Maker(), v.Maker()
	load := func(s aggregate.Results[Event, R], state []byte) {
		s.Reset()
		s.Grow(1)
		require.NoError(tb, s.MergeState(0, state))
	}
	for len(states) > 1 {
		i, last := random.IntN(len(states)-1), len(states)-1
		load(x, states[i])
		if random.IntN(2) == 0 {
			load(y, states[last])
			x.Merge([]uint32{0}, y)
		} else {
			require.NoError(tb, x.MergeState(0, states[last]))
		}
		states[i], states = x.AppendState(states[i][:0], 0), states[:last]
	}
	load(x, states[0])
	v.Results = x
	return v
}

// StateSize is the number of bytes of a state of n events.
func StateSize[R any](tb testing.TB, a aggregate.Aggregate[Event, R], n int, event func(i int) Event) int {
	v := New(tb, a, 1)
	v.Fold(n, func(i int) (uint32, Event) { return 0, event(i) })
	return len(v.AppendState(nil, 0))
}

// AllocatedPerGroup is the number of bytes that a vector of many groups of one
// event each allocates for each of them, all that it grew out of included.
func AllocatedPerGroup[R any](tb testing.TB, a aggregate.Aggregate[Event, R]) int {
	const n = 100_000
	var groups []uint32
	var rows []int32
	v := New(tb, a, 0)
	for i := range n {
		v.builder.Append(&Event{Int: int64(i), Float: float64(i), Size: 1}, int64(i), nil)
		groups, rows = append(groups, uint32(i)), append(rows, int32(i))
	}
	v.Frame.Load(v.builder.Chunk(0, 0, n))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := v.Maker()
	s.Grow(n)
	s.Add(groups, rows, v.Frame)
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc-before.TotalAlloc) / n
}
