package ddsketch_test

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	library "github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

var quantiles = []float64{0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1}

// distribution makes one value after another.
type distribution struct {
	name string
	draw func() float64
}

func distributions(random *rand.Rand) []distribution {
	zipf := rand.NewZipf(random, 1.2, 1, 1<<40)
	return []distribution{
		{"zipf", func() float64 { return float64(zipf.Uint64()) }},
		{"exponential", random.ExpFloat64},
		{"lognormal", func() float64 { return math.Exp(3 * random.NormFloat64()) }},
		{"normal", random.NormFloat64},
		{"debts", func() float64 { return -math.Exp(2 * random.NormFloat64()) }},
		{"constant", func() float64 { return 42 }},
		{"often zero", func() float64 { return math.Max(0, random.NormFloat64()) }},
		{"mixed", func() float64 {
			return []float64{0, 1, -1, 1e300, -1e300, 1e-300, 5, math.Inf(1), math.Inf(-1)}[random.IntN(9)]
		}},
	}
}

func floats(values []float64) func(i int) Event {
	return func(i int) Event { return Event{Float: values[i]} }
}

func estimates(t *testing.T, a aggregate.Aggregate[Event, []float64], values []float64) []float64 {
	t.Helper()
	v := New(t, a, 1)
	v.Fold(len(values), func(i int) (uint32, Event) { return 0, floats(values)(i) })
	got, err := v.Result(0)
	require.NoError(t, err)
	return got
}

// near says whether an estimate keeps what is promised, but for rounding.
func near(exact, got, accuracy float64) bool {
	return got == exact || math.Abs(got-exact) <= accuracy*math.Abs(exact)*(1+1e-9)
}

func check(t *testing.T, values, got []float64, accuracy float64) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(values))
	for i, q := range quantiles {
		exact := sorted[int(q*float64(len(sorted)-1))]
		require.True(t, near(exact, got[i], accuracy), "quantile %v of %d values is %v, not %v", q, len(values), got[i], exact)
	}
}

func TestErrorOnAllDistributions(t *testing.T) {
	const seed = 1
	t.Log("seed", seed)
	for _, d := range distributions(rand.New(rand.NewPCG(seed, 0))) {
		for _, n := range []int{1, 2, 10, 1000, 100_000} {
			for _, accuracy := range []float64{0.001, 0.01, 0.2} {
				if d.name == "mixed" && accuracy < 0.2 {
					continue // a wide range needs more bins
				}
				values := make([]float64, n)
				for i := range values {
					values[i] = d.draw()
				}
				got := estimates(t, ddsketch.Quantiles(Float, ddsketch.Options{RelativeAccuracy: accuracy, MaxBins: 1 << 15}, quantiles...), values)
				t.Run(d.name, func(t *testing.T) { check(t, values, got, accuracy) })
			}
		}
	}
}

func TestErrorOnMillions(t *testing.T) {
	const seed, n = 2, 3_000_000
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Exp(3 * random.NormFloat64())
	}
	check(t, values, estimates(t, ddsketch.Quantiles(Float, ddsketch.Options{}, quantiles...), values), 0.01)
}

// Thousands of merges in random order give the bytes of one fold, collapsed or not.
func TestNoOrderOfMergingShows(t *testing.T) {
	const seed, n = 3, 20_000
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, d := range distributions(random) {
		values := make([]float64, n)
		for i := range values {
			values[i] = d.draw()
		}
		for _, o := range []ddsketch.Options{{}, {MaxBins: 16}, {RelativeAccuracy: 0.001, MaxBins: 100}} {
			a := ddsketch.Quantiles(Float, o, quantiles...)
			merged := Merged(t, random, a, 3000, n, floats(values))
			whole := New(t, a, 1)
			whole.Fold(n, func(i int) (uint32, Event) { return 0, floats(values)(i) })
			require.Equal(t, hex.EncodeToString(whole.AppendState(nil, 0)), hex.EncodeToString(merged.AppendState(nil, 0)), d.name)
			got, err := merged.Result(0)
			require.NoError(t, err)
			if o.MaxBins == 0 && d.name != "mixed" {
				check(t, values, got, 0.01)
			}
		}
	}
}

// The bins, the bins that are moved and the estimates are the library's. It rounds
// places up among negative values: with 1025 values all places asked for are whole.
func TestEstimatesAreTheLibrarys(t *testing.T) {
	const seed, n = 4, 1025
	t.Log("seed", seed)
	var all []float64
	for i := range n {
		all = append(all, float64(i)/(n-1))
	}
	for _, d := range distributions(rand.New(rand.NewPCG(seed, 0))) {
		if d.name == "mixed" {
			continue // it refuses infinities
		}
		for _, o := range []ddsketch.Options{{RelativeAccuracy: 0.01, MaxBins: 2048}, {RelativeAccuracy: 0.01, MaxBins: 64}, {RelativeAccuracy: 0.2, MaxBins: 16}} {
			m, err := mapping.NewCubicallyInterpolatedMapping(o.RelativeAccuracy)
			require.NoError(t, err)
			want := library.NewDDSketch(m, store.NewCollapsingLowestDenseStore(o.MaxBins), store.NewCollapsingLowestDenseStore(o.MaxBins))
			values := make([]float64, n)
			for i := range values {
				values[i] = d.draw()
				require.NoError(t, want.Add(values[i]))
			}
			theirs, err := want.GetValuesAtQuantiles(all)
			require.NoError(t, err)
			require.Equal(t, theirs, estimates(t, ddsketch.Quantiles(Float, o, all...), values), "%s, %+v", d.name, o)
		}
	}
}

// What collapses are the smallest magnitudes: the larger ones keep their accuracy.
func TestCollapsedGroupsKeepTheirGreatest(t *testing.T) {
	values := []float64{1e-9, 3e8, 1e9, 1e9, 1e9}
	got := estimates(t, ddsketch.Quantiles(Float, ddsketch.Options{}, 0, 0.25, 1), values)
	require.InEpsilon(t, 1e9/4e17, got[0], 0.1, "moved up to the least that is kept")
	require.InEpsilon(t, 3e8, got[1], 0.01)
	require.InEpsilon(t, 1e9, got[2], 0.01)
	got = estimates(t, ddsketch.Quantiles(Float, ddsketch.Options{}, 0, 1), []float64{-1e9, -1e-9, 1e-9})
	require.InEpsilon(t, -1e9, got[0], 0.01)
	require.InEpsilon(t, 1e-9, got[1], 0.01, "signs have bins of their own")
	got = estimates(t, ddsketch.Quantiles(Float, ddsketch.Options{}, 0, 0.5, 1), []float64{1e-9, 5e-9, math.Inf(1)})
	require.InEpsilon(t, 1e-9, got[0], 0.01, "infinity moves nothing")
	require.InEpsilon(t, 5e-9, got[1], 0.01)
	require.Equal(t, math.Inf(1), got[2])
}
