package aggregate_test

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// foldLog folds events, each alone, at places of the log.
func foldLog[R any](t *testing.T, a aggregate.Aggregate[sale, R], events []sale, places [][2]int) R {
	b, err := source.NewBinder[sale]()
	require.NoError(t, err)
	maker, err := a.Bind(b)
	require.NoError(t, err)
	s, frame := maker(), b.NewFrame()
	s.Grow(1)
	for i := range events {
		builder := source.NewBuilder[sale](b.Schema(), nil)
		partition, offset := places[i][0], int64(places[i][1])
		builder.Append(&events[i], offset, nil)
		frame.Load(builder.Chunk(partition, offset, offset+1))
		s.Add([]uint32{0}, []int32{0}, frame)
	}
	got, err := resultOf(s, 0)
	require.NoError(t, err)
	return got
}

// Time decides first, then the partition, then the offset, in whatever order the
// events come.
func TestTiesAreBrokenByTheLog(t *testing.T) {
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	events := []sale{
		{Shop: "late", At: noon.Add(time.Hour)},
		{Shop: "early", At: noon.Add(-time.Hour), Units: 3},
		{Shop: "1/7", At: noon}, {Shop: "0/9", At: noon}, {Shop: "1/2", At: noon}, {Shop: "0/8", At: noon},
	}
	places := [][2]int{{0, 1}, {2, 50}, {1, 7}, {0, 9}, {1, 2}, {0, 8}}
	for range len(events) {
		events, places = append(events[1:], events[0]), append(places[1:], places[0])
		require.Equal(t, source.Some("early"), foldLog(t, aggregate.First(shop, at), events, places))
		require.Equal(t, source.Some("late"), foldLog(t, aggregate.Last(shop, at), events, places))
		require.Equal(t, source.Some("0/8"), foldLog(t, aggregate.ArgMin(shop, units, at), events, places))
		require.Equal(t, source.Some("early"), foldLog(t, aggregate.ArgMax(shop, units, at), events, places))
		ties := aggregate.Where(aggregate.First(shop, at), source.Equal(at, noon))
		require.Equal(t, source.Some("0/8"), foldLog(t, ties, events, places))
		ties = aggregate.Where(aggregate.Last(shop, at), source.Equal(at, noon))
		require.Equal(t, source.Some("1/7"), foldLog(t, ties, events, places))
	}
}

// Nulls never win, whatever their time.
func TestFirstAndLastSkipNulls(t *testing.T) {
	spring := "spring"
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	events := []sale{{At: day(1)}, {At: day(2), Coupon: &spring}, {At: day(3)}}
	groups := make([]uint32, 3)
	for _, a := range []aggregate.Aggregate[sale, source.Null[string]]{aggregate.First(coupon, at), aggregate.Last(coupon, at)} {
		got, err := resultOf(fold(t, a, 1, groups, events), 0)
		require.NoError(t, err)
		require.Equal(t, source.Some("spring"), got)
		got, err = resultOf(fold(t, a, 1, groups[:1], events[:1]), 0)
		require.NoError(t, err)
		require.Equal(t, source.Null[string]{}, got)
	}
}

func TestExtremesOfSpecialFloats(t *testing.T) {
	check := func(low, high float64, xs ...float64) {
		t.Helper()
		events := make([]sale, len(xs))
		for i, x := range xs {
			events[i].Price = x
		}
		got, err := resultOf(fold(t, aggregate.Min(price), 1, make([]uint32, len(xs)), events), 0)
		require.NoError(t, err)
		require.Equal(t, source.Some(low), got)
		got, err = resultOf(fold(t, aggregate.Max(price), 1, make([]uint32, len(xs)), events), 0)
		require.NoError(t, err)
		require.Equal(t, source.Some(high), got)
	}
	check(math.Inf(-1), math.Inf(1), 1, math.Inf(1), math.NaN(), math.Inf(-1), 0)
	check(-2, -1, -1, -2, math.NaN())
	check(-math.SmallestNonzeroFloat64, 0, math.Copysign(0, -1), -math.SmallestNonzeroFloat64)
	s := fold(t, aggregate.Max(price), 1, []uint32{0}, []sale{{Price: math.NaN()}})
	got, err := resultOf(s, 0)
	require.NoError(t, err)
	require.False(t, got.Valid)
}

// A field that was narrowed may find values in old states that it can't hold.
func TestAResultThatItsTypeCannotHold(t *testing.T) {
	for _, s := range []aggregate.Results[sale, source.Null[int8]]{
		fold(t, aggregate.Max(units), 1, nil, nil),
		fold(t, aggregate.First(units, at), 1, nil, nil),
	} {
		state := []byte("\x80\x02") // 128
		if s.MergeState(0, state) != nil {
			state = append([]byte{0, 0, 0}, state...)
			require.NoError(t, s.MergeState(0, state))
		}
		_, err := resultOf(s, 0)
		require.ErrorIs(t, err, aggregate.ErrOverflow)
	}
	s := fold(t, aggregate.Set(serial), 1, nil, nil)
	require.NoError(t, s.MergeState(0, []byte("\x01\x01")))
	_, err := resultOf(s, 0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
}

func TestHistogramsOfUnusableBounds(t *testing.T) {
	inf := math.Inf(1)
	for _, bounds := range [][]float64{nil, {1, 1}, {1, 2, 1.5}, {math.NaN()}, {1, inf}, {-inf, 1}} {
		require.ErrorIs(t, bind(aggregate.Histogram(price, bounds...)), aggregate.ErrDefinition, "%v", bounds)
	}
	require.ErrorIs(t, bind(aggregate.Histogram(serial, math.MaxUint64)), aggregate.ErrDefinition)
	require.ErrorIs(t, bind(aggregate.Histogram(units)), aggregate.ErrDefinition)
	bounds := []int64{10, 20}
	a := aggregate.Histogram(cents, bounds...)
	bounds[0] = 5
	require.Equal(t, "histogram(cents:decimal(2),10,20)", a.String())
	require.Equal(t, "histogram(Price:float,-0.5,1e+21)", aggregate.Histogram(price, -0.5, 1e21).String())
}

// Whoever changes a result doesn't change the next.
func TestAHistogramsResultIsItsOwn(t *testing.T) {
	s := fold(t, aggregate.Histogram(cents, 10), 1, []uint32{0}, []sale{{Cents: 10}})
	for range 2 {
		got, err := resultOf(s, 0)
		require.NoError(t, err)
		require.Equal(t, aggregate.Buckets[int64]{Bounds: []int64{10}, Counts: []int64{1, 0}}, got)
		got.Bounds[0], got.Counts[0] = 7, 7
	}
}

func TestHistogramCountsDoNotWrap(t *testing.T) {
	s := fold(t, aggregate.Histogram(cents, 10), 1, nil, nil)
	largest := []byte("\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")
	for range 3 {
		require.NoError(t, s.MergeState(0, largest))
		_, err := resultOf(s, 0)
		require.ErrorIs(t, err, aggregate.ErrOverflow)
		require.Equal(t, largest, s.AppendState(nil, 0))
	}
}

func TestEveryBucketOfManyBounds(t *testing.T) {
	for n := 1; n <= 20; n++ {
		bounds := make([]int64, n)
		for i := range bounds {
			bounds[i] = int64(10 * i)
		}
		var events []sale
		for i := range bounds { // up to the bound, and just past it
			events = append(events, sale{Cents: bounds[i]}, sale{Cents: bounds[i] + 1})
		}
		got, err := resultOf(fold(t, aggregate.Histogram(cents, bounds...), 1, make([]uint32, 2*n), events), 0)
		require.NoError(t, err)
		want := slices.Repeat([]int64{2}, n+1)
		want[0], want[n] = 1, 1
		require.Equal(t, want, got.Counts)
	}
}

// keysOf gives n different keys, most of them in many events.
func keysOf(n int) (events []sale) {
	for i := range n {
		for times := range 1 + i%3 {
			events = append(events, sale{Shop: "shop " + strconv.Itoa(i), Serial: uint64(i), Cents: int64(10*i + times), At: time.UnixMicro(int64(times))})
		}
	}
	return events
}

// The sample of a few is the beginning of the sample of many, holds each key once,
// and its last value.
func TestASampleIsAPrefixOfALargerOne(t *testing.T) {
	events := keysOf(500)
	of := func(n int) []aggregate.Sampled[string, int64] {
		got, err := resultOf(fold(t, aggregate.Sample(shop, cents, at, n), 1, make([]uint32, len(events)), events), 0)
		require.NoError(t, err)
		require.Len(t, got, min(n, 500))
		return got
	}
	all := of(1000)
	keys := map[string]bool{}
	for _, one := range all {
		keys[one.Key] = true
		i, err := strconv.Atoi(one.Key[len("shop "):])
		require.NoError(t, err)
		require.EqualValues(t, 10*i+i%3, one.Value, one.Key)
	}
	require.Len(t, keys, 500)
	for _, n := range []int{1, 2, 10, 499} {
		require.Equal(t, all[:n], of(n))
	}
}

// The hash is pinned: another would make states of one codec that don't merge.
func TestTheSampleOfAlways(t *testing.T) {
	events := keysOf(100)
	groups := make([]uint32, len(events))
	texts, err := resultOf(fold(t, aggregate.Sample(shop, cents, at, 4), 1, groups, events), 0)
	require.NoError(t, err)
	words, err := resultOf(fold(t, aggregate.Sample(serial, cents, at, 4), 1, groups, events), 0)
	require.NoError(t, err)
	var keys []string
	for i := range texts {
		keys = append(keys, texts[i].Key, strconv.FormatUint(words[i].Key, 10))
	}
	require.Equal(t, []string{"shop 8", "48", "shop 21", "68", "shop 76", "21", "shop 66", "10"}, keys)
}

// Every key is as likely to be sampled: of many disjoint ranges of keys, each has
// its share, within five standard deviations.
func TestASampleIsFair(t *testing.T) {
	const keys, n, parts = 20_000, 2_000, 10
	events := make([]sale, keys)
	for i := range events {
		events[i] = sale{Shop: "user-" + strconv.Itoa(i), Serial: uint64(i)}
	}
	groups := make([]uint32, keys)
	check := func(name string, of func(i int) int) {
		var share [parts]int
		for i := range n {
			share[of(i)*parts/keys]++
		}
		for part, got := range share {
			require.InDelta(t, n/parts, got, 5*math.Sqrt(n/parts), "%s, part %d", name, part)
		}
	}
	texts, err := resultOf(fold(t, aggregate.Sample(shop, cents, at, n), 1, groups, events), 0)
	require.NoError(t, err)
	check("texts", func(i int) int {
		user, err := strconv.Atoi(texts[i].Key[len("user-"):])
		require.NoError(t, err)
		return user
	})
	words, err := resultOf(fold(t, aggregate.Sample(serial, cents, at, n), 1, groups, events), 0)
	require.NoError(t, err)
	check("integers", func(i int) int { return int(words[i].Key) })
}

func TestASampleOfNothingIsUnusable(t *testing.T) {
	require.ErrorIs(t, bind(aggregate.Sample(shop, cents, at, 0)), aggregate.ErrDefinition)
	require.ErrorIs(t, bind(aggregate.Sample(shop, cents, at, -1)), aggregate.ErrDefinition)
}

// Codecs and definitions are stored, so they don't change.
func TestDefinitionsOfTheOrdered(t *testing.T) {
	check := func(codec, definition string, a interface{ Codec() string }) {
		t.Helper()
		require.Equal(t, codec, a.Codec())
		require.Equal(t, definition, a.(interface{ String() string }).String())
	}
	check("min.string/1", "min(Coupon:string)", aggregate.Min(coupon))
	check("max.int/1", "max(cents:decimal(2))", aggregate.Max(cents))
	check("first.float/1", "first(Weight:float,At:time)", aggregate.First(weight, at))
	check("last.bool/1", "last(Paid:bool,Due:time)", aggregate.Last(paid, due))
	check("argmin.string.int/1", "argmin(Shop:string,Units:int,At:time)", aggregate.ArgMin(shop, units, at))
	check("argmax.time.float/1", "argmax(Due:time,Price:float,At:time)", aggregate.ArgMax(due, price, at))
	check("set.string/1", "set(Shop:string)", aggregate.Set(shop))
	check("histogram/1", "histogram(Units:int,-1,5)", aggregate.Histogram(units, -1, 5))
	check("sample.string.int/1", "sample(Shop:string,cents:decimal(2),At:time,7)", aggregate.Sample(shop, cents, at, 7))
	check("max.int/1", "max(cents:decimal(2))", aggregate.Map(aggregate.Max(cents), source.Null[int64].String))
}
