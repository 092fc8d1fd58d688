package ddsketch_test

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/source"
)

func TestCodecsAndDefinitions(t *testing.T) {
	a := ddsketch.Quantiles(Float, ddsketch.Options{}, 0.5, 0.99)
	require.Equal(t, "ddsketch.0.01.2048/1", a.Codec())
	require.Equal(t, "quantiles(Float:float,0.5,0.99,accuracy=0.01,bins=2048)", a.String())
	require.False(t, a.HasCode())
	b := ddsketch.Quantile(Odd, ddsketch.Options{RelativeAccuracy: 0.001, MaxBins: 100}, 1)
	require.Equal(t, "ddsketch.0.001.100/1", b.Codec())
	require.True(t, b.HasCode())
}

func TestBindReportsWhatIsUnusable(t *testing.T) {
	bind := func(f source.Field[Event, int64], o ddsketch.Options, q ...float64) error {
		b, err := source.NewBinder[Event]()
		require.NoError(t, err)
		_, err = ddsketch.Quantiles(f, o, q...).Bind(b)
		return err
	}
	none := ddsketch.Options{}
	require.NoError(t, bind(Int, none, 0, 1))
	require.ErrorIs(t, bind(source.Field[Event, int64]{}, none, 0.5), source.ErrField)
	for _, q := range [][]float64{{}, {-0.1}, {0.5, 1.1}, {math.NaN()}} {
		require.ErrorIs(t, bind(Int, none, q...), aggregate.ErrDefinition)
	}
	for _, o := range []ddsketch.Options{{RelativeAccuracy: -1}, {RelativeAccuracy: 1e-5}, {RelativeAccuracy: 0.6}, {RelativeAccuracy: math.NaN()},
		{MaxBins: -1}, {MaxBins: 15}, {MaxBins: 1 << 17}} {
		require.ErrorIs(t, bind(Int, o, 0.5), aggregate.ErrDefinition)
	}
}

func state(t *testing.T, a aggregate.Aggregate[Event, []float64], events ...Event) string {
	v := New(t, a, 1)
	v.FoldAll(events)
	return hex.EncodeToString(v.AppendState(nil, 0))
}

// Stored states rest on the bins: whoever changes them needs a new version of the
// codec.
func TestStatesAreThese(t *testing.T) {
	a := ddsketch.Quantiles(Float, ddsketch.Options{}, 0.5)
	require.Equal(t, "00", state(t, a))
	require.Equal(t, "00", state(t, a, Event{Float: math.NaN()}))
	require.Equal(t, "010001", state(t, a, Event{}, Event{Float: 1e-310}))
	require.Equal(t, "04b5af0400da970200b8970201ec970200", state(t, a, Event{Float: 1}, Event{Float: 1.001}, Event{Float: -2}, Event{}, Event{Float: math.Inf(1)}))
}

func TestResultsOfFewValues(t *testing.T) {
	one := func(o ddsketch.Options, q float64, values ...float64) source.Null[float64] {
		v := New(t, ddsketch.Quantile(Float, o, q), 1)
		v.Fold(len(values), func(i int) (uint32, Event) { return 0, Event{Float: values[i]} })
		got, err := v.Result(0)
		require.NoError(t, err)
		return got
	}
	none := ddsketch.Options{}
	require.Equal(t, source.Null[float64]{}, one(none, 0.5))
	require.Equal(t, source.Null[float64]{}, one(none, 0.5, math.NaN()))
	require.Equal(t, source.Some(0.0), one(none, 0.5, -7, 0, 7))
	require.Equal(t, source.Some(math.Inf(-1)), one(none, 0, -7, math.Inf(-1), 7))
	require.InEpsilon(t, 7, one(none, 1, -7, 0, 7).V, 0.01)
	require.InEpsilon(t, 1.2e308, one(none, 1, math.MaxFloat64).V, 0.1)
	require.InEpsilon(t, math.MinInt64, one(none, 0, math.MinInt64).V, 0.01)
	require.Nil(t, estimates(t, ddsketch.Quantiles(Float, none, 0.5), nil))
}

func TestCountsPastTheirTypeAreAnOverflow(t *testing.T) {
	v := New(t, ddsketch.Quantile(Float, ddsketch.Options{}, 0.5), 1)
	half, err := hex.DecodeString("0100" + "ffffffffffffffff3f") // 2^62 zeros
	require.NoError(t, err)
	require.NoError(t, v.MergeState(0, half))
	got, err := v.Result(0)
	require.NoError(t, err)
	require.Equal(t, source.Some(0.0), got)
	require.NoError(t, v.MergeState(0, half))
	_, err = v.Result(0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
	again := New(t, ddsketch.Quantile(Float, ddsketch.Options{}, 0.5), 1)
	require.NoError(t, again.MergeState(0, v.AppendState(nil, 0)))
	_, err = again.Result(0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
}

// A state is bounded by its bins, however many values and whatever their range.
func TestSizesOfStates(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	sizes := func(o ddsketch.Options, draw func() float64) (out []int) {
		for _, n := range []int{0, 1, 10, 100, 10_000, 300_000} {
			out = append(out, StateSize(t, ddsketch.Quantile(Float, o, 0.5), n, func(int) Event { return Event{Float: draw()} }))
		}
		return out
	}
	got := sizes(ddsketch.Options{}, random.ExpFloat64)
	t.Log("exponential:", got)
	for i, limit := range []int{1, 5, 40, 250, 1600, 2700} {
		require.LessOrEqual(t, got[i], limit)
	}
	any := sizes(ddsketch.Options{MaxBins: 64}, func() float64 { return math.Float64frombits(random.Uint64()) })
	t.Log("any float, 64 bins:", any)
	require.Less(t, any[5], (2*64+3)*6)
}

func TestManySmallGroupsCostLittleMemory(t *testing.T) {
	per := AllocatedPerGroup(t, ddsketch.Quantile(Float, ddsketch.Options{MaxBins: 1 << 16}, 0.5))
	t.Log(per, "bytes for a group of one value")
	require.Less(t, per, 300)
}

func TestASecondPassAllocatesNothing(t *testing.T) {
	a := ddsketch.Quantile(Float, ddsketch.Options{MaxBins: 16}, 0.5)
	v, other := New(t, a, 0), New(t, a, 10)
	other.Fold(1000, func(i int) (uint32, Event) { return uint32(i % 10), Event{Float: math.Exp(float64(i) - 500)} })
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
