package hll_test

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

// number makes distinct events of distinct numbers. Seeds are fixed, so that what
// holds with some confidence holds in every run.
func number(seed uint64) func(i int) Event {
	return func(i int) Event { return Event{Int: int64(uint64(i) + seed<<32)} }
}

func estimate(t *testing.T, a aggregate.Aggregate[Event, int64], n int, event func(i int) Event) int64 {
	v := New(t, a, 1)
	v.Fold(n, func(i int) (uint32, Event) { return 0, event(i) })
	got, err := v.Result(0)
	require.NoError(t, err)
	return got
}

func within(t *testing.T, want, got int64, tolerance float64) {
	t.Helper()
	t.Logf("%d values, %d estimated: %+.3f%%", want, got, 100*(float64(got)/float64(want)-1))
	require.InDelta(t, want, got, tolerance*float64(want))
}

func TestFewValuesAreCountedOneByOne(t *testing.T) {
	for _, n := range []int{0, 1, 2, 10, 100, 512} {
		require.EqualValues(t, n, estimate(t, hll.Distinct(Int, hll.Options{}), n, number(1)))
	}
}

func TestErrorOfOneEstimate(t *testing.T) {
	o := hll.Options{}
	for _, n := range []int{513, 1000, 10_000, 40_000, 100_000, 1_000_000, 3_000_000} {
		within(t, int64(n), estimate(t, hll.Distinct(Int, o), n, number(uint64(n))), 3*o.StandardError())
	}
}

func TestErrorOnSkewedValues(t *testing.T) {
	const seed = 7
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	zipf := rand.NewZipf(random, 1.1, 1, 1<<40)
	seen := map[uint64]bool{}
	v := New(t, hll.Distinct(Text, hll.Options{}), 1)
	v.Fold(500_000, func(int) (uint32, Event) {
		x := zipf.Uint64()
		seen[x] = true
		return 0, Event{Text: "user-" + strconv.FormatUint(x, 10)}
	})
	got, err := v.Result(0)
	require.NoError(t, err)
	within(t, int64(len(seen)), got, 3*hll.Options{}.StandardError())
}

// The standard error holds over many sets, for several precisions and sizes: those
// where registers have just begun among them.
func TestStandardErrorOverManySets(t *testing.T) {
	const trials = 400
	for _, precision := range []int{6, 8, 10} {
		o := hll.Options{Precision: precision}
		a := hll.Distinct(Int, o)
		for _, n := range []int{1 << precision / 16, 1 << precision, 3 << precision, 10 << precision} {
			n = max(n, 5)
			v := New(t, a, trials)
			v.Fold(trials*n, func(i int) (uint32, Event) {
				return uint32(i % trials), number(uint64(precision*10 + i%trials))(i / trials)
			})
			var squares, sum float64
			twice, thrice := 0, 0
			for g := range uint32(trials) {
				got, err := v.Result(g)
				require.NoError(t, err)
				off := float64(got)/float64(n) - 1
				sum += off
				squares += off * off
				if math.Abs(off) <= 2*o.StandardError() {
					twice++
				}
				if math.Abs(off) <= 3*o.StandardError() {
					thrice++
				}
			}
			rms := math.Sqrt(squares / trials)
			t.Logf("precision %d, %d values: bias %+.2f%%, error %.2f%% of stated %.2f%%; %d, %d of %d within 2, 3",
				precision, n, 100*sum/trials, 100*rms, 100*o.StandardError(), twice, thrice, trials)
			require.Less(t, rms, 1.15*o.StandardError())
			require.GreaterOrEqual(t, twice, trials*92/100)
			require.GreaterOrEqual(t, thrice, trials*98/100)
		}
	}
}

// Thousands of merges in random order give the bytes of one fold.
func TestNoOrderOfMergingShows(t *testing.T) {
	for seed, o := range []hll.Options{{}, {Precision: 6}, {Precision: 12, ExactUpTo: 50}, {ExactUpTo: 30_000}} {
		for _, n := range []int{100, 600, 20_000} {
			t.Logf("seed %d, %+v, %d values", seed, o, n)
			random := rand.New(rand.NewPCG(uint64(seed), uint64(n)))
			for _, a := range []aggregate.Aggregate[Event, int64]{hll.Distinct(Int, o), hll.Distinct(Text, o)} {
				event := func(i int) Event { return Event{Int: int64(i % n), Text: strconv.Itoa(i % n)} }
				merged := Merged(t, random, a, 3000, 3*n, event)
				whole := New(t, a, 1)
				whole.Fold(n, func(i int) (uint32, Event) { return 0, event(i) })
				require.Equal(t, hex.EncodeToString(whole.AppendState(nil, 0)), hex.EncodeToString(merged.AppendState(nil, 0)))
				got, err := merged.Result(0)
				require.NoError(t, err)
				within(t, int64(n), got, 3*o.StandardError())
			}
		}
	}
}

func TestExactUpToIsExactUntilThen(t *testing.T) {
	for _, limit := range []int{1, 10, 100, 5000} {
		o := hll.Options{Precision: 8, ExactUpTo: limit}
		a, approximate := hll.Distinct(Int, o), hll.Distinct(Int, hll.Options{Precision: 8})
		for _, n := range []int{limit - 1, limit} {
			require.EqualValues(t, n, estimate(t, a, n, number(3)))
		}
		for _, n := range []int{limit + 1, 10 * limit} {
			require.Equal(t, estimate(t, approximate, n, number(3)), estimate(t, a, n, number(3)), "past it, the sketch")
		}
	}
}
