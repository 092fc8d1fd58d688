package hll_test

import (
	"encoding/hex"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/axiomhq/hyperloglog"
	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/source"
)

func state(t *testing.T, a aggregate.Aggregate[Event, int64], events ...Event) string {
	v := New(t, a, 1)
	v.FoldAll(events)
	return hex.EncodeToString(v.AppendState(nil, 0))
}

// Stored states rest on the hash and on the encoding: whoever changes one needs a
// new version of the codec.
func TestStatesAreThese(t *testing.T) {
	none := hll.Options{}
	require.Equal(t, "0100", state(t, hll.Distinct(Int, none)))
	for want, got := range map[string]string{
		"010280b2f1fd02bfddd58a02": state(t, hll.Distinct(Int, none), Event{Int: 1}, Event{Int: -1}),
		"010283809ae802bdacdac70b": state(t, hll.Distinct(Text, none), Event{}, Event{Text: "ñ"}),
		"010282c986ab02bdc3d1c604": state(t, hll.Distinct(Float, none), Event{Float: 1.5}, Event{Float: math.NaN()}),
		"010280b2f1fd02ffc2fbbd09": state(t, hll.Distinct(Flag, none), Event{}, Event{Flag: true}),
		"010180b2f1fd02":           state(t, hll.Distinct(At, none), Event{At: time.UnixMicro(1)}),
		"020583048101c203c1078107": state(t, hll.Distinct(Int, hll.Options{Precision: 6}), Event{Int: 1}, Event{Int: 2}, Event{Int: 3}, Event{Int: 4}, Event{Int: 5}),
	} {
		require.Equal(t, want, got)
	}
	values := hll.Options{ExactUpTo: 2}
	require.Equal(t, "00020101", state(t, hll.Distinct(Int, values), Event{Int: 1}, Event{Int: -1})[:8])
	require.Equal(t, "00020001"+"61", state(t, hll.Distinct(Text, values), Event{}, Event{Text: "a"}))
}

func TestCodecsAndDefinitions(t *testing.T) {
	a := hll.Distinct(Text, hll.Options{})
	require.Equal(t, "hll.string.14/1", a.Codec())
	require.Equal(t, "hll(Text:string,precision=14)", a.String())
	require.False(t, a.HasCode())
	a = hll.Distinct(Odd, hll.Options{Precision: 10, ExactUpTo: 100})
	require.Equal(t, "hll.int.10.exact100/1", a.Codec())
	require.Contains(t, a.String(), ",precision=10,exact=100)")
	require.True(t, a.HasCode())
	require.InDelta(t, 0.0081, hll.Options{}.StandardError(), 0.0001)
}

func TestBindReportsWhatIsUnusable(t *testing.T) {
	bind := func(a aggregate.Aggregate[Event, int64]) error {
		b, err := source.NewBinder[Event]()
		require.NoError(t, err)
		_, err = a.Bind(b)
		return err
	}
	var none source.Field[Event, int64]
	require.ErrorIs(t, bind(hll.Distinct(none, hll.Options{})), source.ErrField)
	for _, o := range []hll.Options{{Precision: 5}, {Precision: 19}, {Precision: -1}, {ExactUpTo: -1}, {ExactUpTo: hll.MaxExact + 1}} {
		require.ErrorIs(t, bind(hll.Distinct(Int, o)), aggregate.ErrDefinition)
	}
	require.NoError(t, bind(hll.Distinct(source.Nullable(Note), hll.Options{Precision: 18, ExactUpTo: hll.MaxExact})))
}

// Coupons make the registers that the hashes themselves make.
func TestRegistersAreTheLibrarys(t *testing.T) {
	for precision := 6; precision <= 18; precision++ {
		library, err := hyperloglog.NewSketch(uint8(precision), false)
		require.NoError(t, err)
		n := 1 << precision / 4 * 3
		for i := range n {
			library.InsertHash(xxh3.HashString(strconv.Itoa(i)))
		}
		got := estimate(t, hll.Distinct(Text, hll.Options{Precision: precision}), n, func(i int) Event { return Event{Text: strconv.Itoa(i)} })
		require.InEpsilon(t, library.Estimate(), got, 0.02, "precision %d: the estimates are of the same registers", precision)
	}
}

func TestSizesOfStates(t *testing.T) {
	sizes := func(o hll.Options, ns ...int) (out []int) {
		for _, n := range ns {
			out = append(out, StateSize(t, hll.Distinct(Int, o), n, number(5)))
		}
		return out
	}
	got := sizes(hll.Options{}, 0, 1, 10, 100, 512, 513, 10_000, 1_000_000)
	t.Log(got)
	for i, limit := range []int{2, 7, 52, 450, 2200, 1300, 12289, 12289} {
		require.LessOrEqual(t, got[i], limit)
	}
	require.Equal(t, 12289, got[7])
	t.Log(sizes(hll.Options{ExactUpTo: 1000}, 1, 10, 100, 1000, 1001))
}

func TestManySmallGroupsCostLittleMemory(t *testing.T) {
	for _, o := range []hll.Options{{}, {Precision: 18}, {ExactUpTo: 1000}} {
		per := AllocatedPerGroup(t, hll.Distinct(Int, o))
		t.Log(per, "bytes for a group of one value")
		require.Less(t, per, 300)
	}
}

func TestASecondPassAllocatesNothing(t *testing.T) {
	for _, a := range []aggregate.Aggregate[Event, int64]{
		hll.Distinct(Int, hll.Options{}), hll.Distinct(Text, hll.Options{Precision: 6}), hll.Distinct(Text, hll.Options{Precision: 6, ExactUpTo: 120}),
	} {
		v := New(t, a, 0)
		other := New(t, a, 10)
		event := func(i int) (uint32, Event) { return uint32(i % 10), Event{Int: int64(i), Text: strconv.Itoa(i)} }
		other.Fold(1000, event)
		v.Fold(0, nil)
		groups, rows := make([]uint32, 1000), make([]int32, 1000)
		for i := range groups {
			groups[i], rows[i] = uint32(i%10), int32(i)
		}
		ten := groups[:10]
		var state []byte
		pass := func() {
			v.Reset()
			v.Grow(10)
			v.Add(groups, rows, other.Frame)
			v.Merge(ten, other.Results)
			state = v.AppendState(state[:0], 3)
		}
		pass()
		pass()
		require.Zero(t, testing.AllocsPerRun(5, pass), "%s", a)
	}
}

// Texts that no group holds any more are forgotten, and the others keep their
// numbers' meaning.
func TestForgottenTextsDoNoHarm(t *testing.T) {
	const n = 300_000
	a := hll.Distinct(Text, hll.Options{Precision: 6, ExactUpTo: 20})
	v := New(t, a, 2)
	text := func(i int) Event { return Event{Text: strconv.Itoa(i)} }
	v.Fold(n, func(i int) (uint32, Event) {
		if i%30_000 == 0 {
			return 1, text(i)
		}
		return 0, text(i)
	})
	got, err := v.Result(1)
	require.NoError(t, err)
	require.EqualValues(t, n/30_000, got)
	alone := New(t, a, 1)
	alone.Fold(n/30_000, func(i int) (uint32, Event) { return 0, text(i * 30_000) })
	require.Equal(t, alone.AppendState(nil, 0), v.AppendState(nil, 1))
}
