package topk_test

import (
	"encoding/hex"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/aggregate/topk"
	"github.com/anabranch-go/anabranch/source"
)

func TestCodecsAndDefinitions(t *testing.T) {
	a := topk.Frequent(Text, 3, topk.Options{})
	require.Equal(t, "topk.string.1024/1", a.Codec())
	require.Equal(t, "topk(Text:string,3,capacity=1024)", a.String())
	require.False(t, a.HasCode())
	require.Equal(t, "topk.string.2000/1", topk.Frequent(Text, 2000, topk.Options{}).Codec())
	b := topk.Weighted(Int, Size, 3, topk.Options{Capacity: 10})
	require.Equal(t, "topk.int.10/1", b.Codec())
	require.Equal(t, "topk(Int:int,3,weight=Size:int,capacity=10)", b.String())
	require.False(t, b.HasCode())
	require.True(t, topk.Frequent(Odd, 1, topk.Options{}).HasCode())
	require.True(t, topk.Weighted(Text, Odd, 1, topk.Options{}).HasCode())
}

func TestBindReportsWhatIsUnusable(t *testing.T) {
	bind := func(a aggregate.Aggregate[Event, []topk.Item[string]]) error {
		b, err := source.NewBinder[Event]()
		require.NoError(t, err)
		_, err = a.Bind(b)
		return err
	}
	none := topk.Options{}
	require.NoError(t, bind(topk.Frequent(Text, topk.MaxCapacity, none)))
	require.ErrorIs(t, bind(topk.Frequent(source.Field[Event, string]{}, 1, none)), source.ErrField)
	require.ErrorIs(t, bind(topk.Weighted(Text, source.Field[Event, int64]{}, 1, none)), source.ErrField)
	for _, err := range []error{
		bind(topk.Frequent(Text, 0, none)), bind(topk.Frequent(Text, -1, none)), bind(topk.Frequent(Text, 11, topk.Options{Capacity: 10})),
		bind(topk.Frequent(Text, 1, topk.Options{Capacity: -1})), bind(topk.Frequent(Text, topk.MaxCapacity+1, none)),
	} {
		require.ErrorIs(t, err, aggregate.ErrDefinition)
	}
}

func TestOrderOfEquals(t *testing.T) {
	v := New(t, topk.Frequent(Float, 3, topk.Options{}), 1)
	v.FoldAll([]Event{{Float: 2}, {Float: -1}, {Float: 1}, {Float: 2}, {Float: -3}})
	require.Equal(t, []topk.Item[float64]{{2, 2, 2, 2}, {-3, 1, 1, 1}, {-1, 1, 1, 1}}, result(t, v))
}

func TestResultsOfOddWeights(t *testing.T) {
	fold := func(events ...Event) ([]topk.Item[string], error) {
		v := New(t, topk.Weighted(Text, Maybe, 2, topk.Options{}), 1)
		v.FoldAll(events)
		again := New(t, topk.Weighted(Text, Maybe, 2, topk.Options{}), 1)
		require.NoError(t, again.MergeState(0, v.AppendState(nil, 0)))
		return again.Result(0)
	}
	n := func(n int64) *int64 { return &n }
	got, err := fold()
	require.NoError(t, err)
	require.Empty(t, got)
	got, err = fold(Event{Text: "none", Maybe: n(0)}, Event{Text: "null"}, Event{Text: "some", Maybe: n(7)})
	require.NoError(t, err)
	require.Equal(t, []topk.Item[string]{{"some", 7, 7, 7}}, got)
	_, err = fold(Event{Text: "back", Maybe: n(-1)}, Event{Text: "some", Maybe: n(7)})
	require.ErrorIs(t, err, topk.ErrWeight)
	_, err = fold(Event{Text: "all", Maybe: n(math.MaxInt64)}, Event{Text: "some", Maybe: n(7)})
	require.ErrorIs(t, err, aggregate.ErrOverflow)
}

// Another field's states have the same codec, so a value may not fit.
func TestAValueThatDoesNotFitIsAnError(t *testing.T) {
	v := New(t, topk.Frequent(Small, 1, topk.Options{}), 1)
	state, err := hex.DecodeString("0001" + "800400") // 256, once
	require.NoError(t, err)
	require.NoError(t, v.MergeState(0, state))
	_, err = v.Result(0)
	require.ErrorIs(t, err, source.ErrValue)
}

func TestStatesAreThese(t *testing.T) {
	state := func(a aggregate.Aggregate[Event, []topk.Item[string]], events ...Event) string {
		v := New(t, a, 1)
		v.FoldAll(events)
		return hex.EncodeToString(v.AppendState(nil, 0))
	}
	o := topk.Options{Capacity: 2}
	require.Equal(t, "0000", state(topk.Frequent(Text, 1, o)))
	require.Equal(t, "0002"+"016101"+"016200", state(topk.Frequent(Text, 1, o), Event{Text: "b"}, Event{Text: "a"}, Event{Text: "a"}))
	require.Equal(t, "020401"+"016100", state(topk.Frequent(Text, 1, o), Event{Text: "b"}, Event{Text: "a"}, Event{Text: "a"}, Event{Text: "c"}),
		"lost 1 of each, 4 in all, and one counter is left")
	require.Equal(t, "0100", state(topk.Weighted(Text, Small, 1, o), Event{Small: -1}))
}

func TestSizesOfStates(t *testing.T) {
	var sizes []int
	for _, n := range []int{0, 1, 10, 100, 1024, 10_000, 300_000} {
		sizes = append(sizes, StateSize(t, topk.Frequent(Int, 10, topk.Options{}), n, func(i int) Event { return Event{Int: int64(i) * 1000} }))
	}
	t.Log(sizes)
	for i, limit := range []int{2, 5, 35, 310, 3100, 3100, 3100} {
		require.LessOrEqual(t, sizes[i], limit)
	}
}

func TestManySmallGroupsCostLittleMemory(t *testing.T) {
	per := AllocatedPerGroup(t, topk.Frequent(Int, 10, topk.Options{Capacity: topk.MaxCapacity}))
	t.Log(per, "bytes for a group of one value")
	require.Less(t, per, 400)
}

func TestASecondPassAllocatesNothing(t *testing.T) {
	a := topk.Weighted(Text, Size, 5, topk.Options{Capacity: 20})
	v, other := New(t, a, 0), New(t, a, 10)
	other.Fold(1000, func(i int) (uint32, Event) { return uint32(i % 10), Event{Text: strconv.Itoa(i), Size: uint64(i)} })
	groups, rows := make([]uint32, 1000), make([]int32, 1000)
	for i := range groups {
		groups[i], rows[i] = uint32(i%10), int32(i)
	}
	var state []byte
	pass := func() {
		v.Reset()
		v.Grow(10)
		v.Add(groups, rows, other.Frame)
		v.Merge(groups[:10], other.Results)
		state = v.AppendState(state[:0], 3)
	}
	pass()
	require.Zero(t, testing.AllocsPerRun(5, pass))
}
