package topk_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/aggregate/topk"
)

// equal compares results; a NaN equals a NaN.
func equal[R any](a, b R) bool {
	return reflect.DeepEqual(a, b) || fmt.Sprint(a) == fmt.Sprint(b)
}

// exact is what a summary is held against.
type exact[T comparable] struct {
	weights map[T]int64
	total   int64
}

func (x *exact[T]) add(value T, weight int64) {
	if x.weights == nil {
		x.weights = map[T]int64{}
	}
	if weight > 0 {
		x.weights[value] += weight
		x.total += weight
	}
}

// check holds a result that lists every counter to the guarantee.
func (x *exact[T]) check(t require.TestingT, items []topk.Item[T], capacity int) {
	require.LessOrEqual(t, len(items), capacity)
	width := int64(0)
	listed := map[T]bool{}
	for i, item := range items {
		truth := x.weights[item.Value]
		require.LessOrEqual(t, item.Lower, truth, "value %v", item.Value)
		require.GreaterOrEqual(t, item.Upper, truth, "value %v", item.Value)
		require.True(t, item.Lower <= item.Estimate && item.Estimate <= item.Upper, "%+v", item)
		if i > 0 {
			require.Equal(t, width, item.Upper-item.Lower)
			require.GreaterOrEqual(t, items[i-1].Estimate, item.Estimate)
		}
		width = item.Upper - item.Lower
		listed[item.Value] = true
	}
	require.LessOrEqual(t, width, x.total/int64(capacity+1))
	if len(x.weights) <= capacity {
		require.Zero(t, width)
		require.Len(t, items, len(x.weights))
	}
	for value, weight := range x.weights {
		if weight*int64(capacity) > x.total {
			require.True(t, listed[value], "%v has %d of %d, and isn't there", value, weight, x.total)
		}
	}
}

func result[R any](t require.TestingT, v *Vector[R]) R {
	got, err := v.Result(0)
	require.NoError(t, err)
	return got
}

// Whatever is folded, merged and encoded, in whatever order, the bounds hold, and
// what is read back says the same.
func TestBoundsHoldHoweverItsMerged(t *testing.T) {
	a := topk.Weighted(Text, Size, 3, topk.Options{Capacity: 3})
	type part struct {
		*Vector[[]topk.Item[string]]
		exact exact[string]
	}
	rapid.Check(t, func(rt *rapid.T) {
		parts := make([]*part, rapid.IntRange(1, 6).Draw(rt, "parts"))
		event := rapid.Custom(func(t *rapid.T) Event {
			return Event{Text: strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "text")), Size: rapid.Uint64Range(0, 20).Draw(t, "size")}
		})
		fold := func(p *part) {
			events := rapid.SliceOfN(event, 0, 20).Draw(rt, "events")
			p.FoldAll(events)
			for _, e := range events {
				p.exact.add(e.Text, int64(e.Size))
			}
		}
		for i := range parts {
			parts[i] = &part{Vector: New(t, a, 1)}
			fold(parts[i])
		}
		for len(parts) > 1 {
			x, y := parts[0], parts[1]
			state := y.AppendState(nil, 0)
			other := New(t, a, 1)
			require.NoError(rt, other.MergeState(0, x.AppendState(nil, 0)))
			require.NoError(rt, other.MergeState(0, state))
			x.Merge([]uint32{0}, y.Results)
			require.Equal(rt, state, y.AppendState(nil, 0), "the other is changed")
			require.Equal(rt, x.AppendState(nil, 0), other.AppendState(nil, 0), "merging vectors isn't merging bytes")
			require.Equal(rt, result(rt, x.Vector), result(rt, other))
			for text, weight := range y.exact.weights {
				x.exact.add(text, weight)
			}
			if rapid.Bool().Draw(rt, "go on") {
				fold(x)
			}
			x.exact.check(rt, result(rt, x.Vector), 3)
			parts = append(rapid.Permutation(parts[2:]).Draw(rt, "order"), x)
		}
		parts[0].exact.check(rt, result(rt, parts[0].Vector), 3)
	})
}

// stream is a named way to make events.
type stream struct {
	name string
	draw func(i int) Event
}

func streams(random *rand.Rand) []stream {
	skewed, heavy := rand.NewZipf(random, 1.1, 1, 1<<40), rand.NewZipf(random, 2, 1, 1<<40)
	text := func(n uint64) Event {
		return Event{Text: "user-" + strconv.FormatUint(n, 10), Size: 1 + random.Uint64N(1000)}
	}
	return []stream{
		{"zipf 1.1", func(int) Event { return text(skewed.Uint64()) }},
		{"zipf 2", func(int) Event { return text(heavy.Uint64()) }},
		{"no two the same", func(i int) Event { return text(uint64(i)) }},
		{"all the same", func(int) Event { return text(0) }},
		{"one among many", func(i int) Event { return text(uint64(i) * uint64(min(1, i%50))) }},
		{"a turn each", func(i int) Event { return text(uint64(i % 150)) }},
	}
}

// One fold, and thousands of merges in random order, keep what is promised.
func TestErrorOnAllStreams(t *testing.T) {
	const seed = 1
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, s := range streams(random) {
		for _, n := range []int{1, 10, 40_000} {
			for _, capacity := range []int{10, 100} {
				events := make([]Event, n)
				var counts, weights exact[string]
				for i := range events {
					events[i] = s.draw(i)
					counts.add(events[i].Text, 1)
					weights.add(events[i].Text, int64(events[i].Size))
				}
				o := topk.Options{Capacity: capacity}
				both := func(x exact[string], a aggregate.Aggregate[Event, []topk.Item[string]]) {
					whole := New(t, a, 1)
					whole.Fold(n, func(i int) (uint32, Event) { return 0, events[i] })
					x.check(t, result(t, whole), capacity)
					merged := Merged(t, random, a, min(n, 2500), n, func(i int) Event { return events[i] })
					x.check(t, result(t, merged), capacity)
					if len(x.weights) <= capacity {
						require.Equal(t, whole.AppendState(nil, 0), merged.AppendState(nil, 0))
					}
					if got := result(t, whole); n > 10 && len(got) > 0 {
						t.Logf("%s, capacity %d: bounds %.4f%% of the total apart, at most %.4f%%; first %+v", s.name, capacity,
							100*float64(got[0].Upper-got[0].Lower)/float64(x.total), 100/float64(capacity+1), got[0])
					}
				}
				both(counts, topk.Frequent(Text, capacity, o))
				both(weights, topk.Weighted(Text, Size, capacity, o))
			}
		}
	}
}

func TestErrorOnMillions(t *testing.T) {
	const seed, n, capacity = 2, 2_000_000, 1024
	t.Log("seed", seed)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(seed, 0)), 1.1, 1, 1<<40)
	var counts exact[int64]
	v := New(t, topk.Frequent(Int, capacity, topk.Options{}), 1)
	v.Fold(n, func(int) (uint32, Event) {
		x := int64(zipf.Uint64())
		counts.add(x, 1)
		return 0, Event{Int: x}
	})
	counts.check(t, result(t, v), capacity)
}

// Texts that have no counter any more are forgotten, and the others keep theirs.
func TestForgottenTextsDoNoHarm(t *testing.T) {
	const n = 300_000
	a := topk.Frequent(Text, 10, topk.Options{Capacity: 10})
	v, other := New(t, a, 1), New(t, a, 1)
	event := func(i int) (uint32, Event) {
		if i%3 == 0 {
			return 0, Event{Text: "often"}
		}
		return 0, Event{Text: strconv.Itoa(i)}
	}
	v.Fold(n, event)
	other.Fold(n, event)
	v.Merge([]uint32{0}, other.Results)
	first := result(t, v)[0]
	require.Equal(t, "often", first.Value)
	require.True(t, first.Lower <= 2*n/3 && first.Upper >= 2*n/3, "%+v", first)
	require.False(t, bytes.Contains(v.AppendState(nil, 0), []byte("100000")))
}
