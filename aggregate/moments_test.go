package aggregate_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// exactly works out what the moments are defined as, from the distances to the
// mean, in fractions. It rounds once, at the end.
type exactly struct {
	x, y []*big.Rat
}

// add takes a pair, if it's one of numbers.
func (e *exactly) add(x, y *float64) {
	for _, v := range []*float64{x, y} {
		if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
			return
		}
	}
	e.x, e.y = append(e.x, new(big.Rat).SetFloat64(*x)), append(e.y, new(big.Rat).SetFloat64(*y))
}

func ratOf(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func ratMean(xs []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, x := range xs {
		sum.Add(sum, x)
	}
	return sum.Quo(sum, ratOf(int64(len(xs))))
}

// products adds up the products of two columns' distances from their means.
func products(xs, ys []*big.Rat) *big.Rat {
	sum, meanX, meanY := new(big.Rat), ratMean(xs), ratMean(ys)
	for i := range xs {
		x, y := new(big.Rat).Sub(xs[i], meanX), new(big.Rat).Sub(ys[i], meanY)
		sum.Add(sum, x.Mul(x, y))
	}
	return sum
}

// rounded keeps an overflow for later.
func rounded(x *big.Rat, err *error) source.Null[float64] {
	f, _ := x.Float64()
	if math.IsInf(f, 0) {
		*err = aggregate.ErrOverflow
	}
	return source.Some(source.CanonicalFloat(f))
}

func (e *exactly) moments() (out aggregate.Moments, err error) {
	n := int64(len(e.x))
	out.N = n
	if n > 0 {
		squares := products(e.x, e.x)
		out.Mean = rounded(ratMean(e.x), &err)
		out.Variance = rounded(new(big.Rat).Quo(squares, ratOf(n)), &err)
		if n > 1 {
			out.SampleVariance = rounded(new(big.Rat).Quo(squares, ratOf(n-1)), &err)
		}
	}
	if err != nil {
		out = aggregate.Moments{}
	}
	return out, err
}

// correlation is r² and r, if there are any.
func (e *exactly) correlation() (r2, r source.Null[float64]) {
	both, spreads := products(e.x, e.y), new(big.Rat).Mul(products(e.x, e.x), products(e.y, e.y))
	if spreads.Sign() == 0 {
		return r2, r
	}
	squared := new(big.Rat).Mul(both, both)
	squared.Quo(squared, spreads)
	var never error
	r2 = rounded(squared, &never)
	// A float of so many bits holds the root to far more than its rounding needs.
	precise := new(big.Float).SetPrec(3000).SetRat(squared)
	root, _ := precise.Sqrt(precise).Float64()
	return r2, source.Some(root * float64(both.Sign()))
}

func (e *exactly) comoments() (out aggregate.Comoments, err error) {
	n := int64(len(e.x))
	out.N = n
	if n > 0 {
		both := products(e.x, e.y)
		out.Covariance = rounded(new(big.Rat).Quo(both, ratOf(n)), &err)
		if n > 1 {
			out.SampleCovariance = rounded(new(big.Rat).Quo(both, ratOf(n-1)), &err)
		}
		_, out.Correlation = e.correlation()
	}
	if err != nil {
		out = aggregate.Comoments{}
	}
	return out, err
}

func (e *exactly) line() (out aggregate.Line, err error) {
	n := int64(len(e.x))
	out.N = n
	if n > 1 && products(e.x, e.x).Sign() > 0 {
		slope := new(big.Rat).Quo(products(e.x, e.y), products(e.x, e.x))
		out.Slope = rounded(slope, &err)
		out.Intercept = rounded(new(big.Rat).Sub(ratMean(e.y), slope.Mul(slope, ratMean(e.x))), &err)
		out.R2, _ = e.correlation()
	}
	if err != nil {
		out = aggregate.Line{}
	}
	return out, err
}

// pairs collects what an aggregate of two fields sees.
func pairs(es []sale, x, y func(sale) *float64) *exactly {
	e := &exactly{}
	for _, s := range es {
		e.add(x(s), y(s))
	}
	return e
}

// float gives a column of numbers that a float holds.
func float(of func(sale) float64) func(sale) *float64 {
	return func(s sale) *float64 { x := of(s); return &x }
}

// ints collects a column of integers, which a float need not hold.
func ints(es []sale, of func(sale) *int64) *exactly {
	e := &exactly{}
	for _, n := range values(es, of) {
		e.x = append(e.x, ratOf(n))
	}
	e.y = e.x
	return e
}

func TestNaiveMoments(t *testing.T) {
	priceOf := float(func(s sale) float64 { return s.Price })
	rateOf := float(func(s sale) float64 { return float64(s.Rate) })
	unitsOf := float(func(s sale) float64 { return float64(s.Units) })
	weightOf := func(s sale) *float64 { return s.Weight }
	centsOf := func(s sale) *int64 { return &s.Cents }
	pointsOf := func(s sale) *int64 { return s.Points }

	mean := func(e *exactly) (source.Null[float64], error) {
		if len(e.x) == 0 {
			return source.Null[float64]{}, nil
		}
		var err error
		return rounded(ratMean(e.x), &err), err
	}
	naive(t, "mean", aggregate.Mean(cents), func(es []sale) (source.Null[float64], error) { return mean(ints(es, centsOf)) })
	naive(t, "mean with nulls", aggregate.Mean(points), func(es []sale) (source.Null[float64], error) { return mean(ints(es, pointsOf)) })
	naive(t, "mean of floats", aggregate.Mean(weight), func(es []sale) (source.Null[float64], error) {
		return mean(pairs(es, weightOf, weightOf))
	})
	naive(t, "variance", aggregate.Variance(cents), func(es []sale) (aggregate.Moments, error) { return ints(es, centsOf).moments() })
	naive(t, "variance with nulls", aggregate.Variance(points), func(es []sale) (aggregate.Moments, error) { return ints(es, pointsOf).moments() })
	naive(t, "variance of floats", aggregate.Variance(price), func(es []sale) (aggregate.Moments, error) {
		return pairs(es, priceOf, priceOf).moments()
	})
	naive(t, "variance of floats with nulls", aggregate.Variance(weight), func(es []sale) (aggregate.Moments, error) {
		return pairs(es, weightOf, weightOf).moments()
	})
	naive(t, "covariance", aggregate.Covariance(units, rate), func(es []sale) (aggregate.Comoments, error) {
		return pairs(es, unitsOf, rateOf).comoments()
	})
	naive(t, "covariance of floats", aggregate.Covariance(price, weight), func(es []sale) (aggregate.Comoments, error) {
		return pairs(es, priceOf, weightOf).comoments()
	})
	naive(t, "covariance where either is null", aggregate.Covariance(weight, points), func(es []sale) (aggregate.Comoments, error) {
		e := &exactly{}
		for _, s := range es {
			if s.Points != nil {
				n := len(e.x)
				if e.add(s.Weight, s.Weight); len(e.x) > n {
					e.y[n] = ratOf(*s.Points)
				}
			}
		}
		return e.comoments()
	})
	naive(t, "regression", aggregate.Regression(units, rate), func(es []sale) (aggregate.Line, error) {
		return pairs(es, unitsOf, rateOf).line()
	})
	naive(t, "regression of floats", aggregate.Regression(weight, price), func(es []sale) (aggregate.Line, error) {
		return pairs(es, weightOf, priceOf).line()
	})
	naive(t, "regression of integers", aggregate.Regression(units, double), func(es []sale) (aggregate.Line, error) {
		e := &exactly{}
		for _, s := range es {
			if s.Points != nil {
				e.x, e.y = append(e.x, ratOf(int64(s.Units))), append(e.y, ratOf(*s.Points/2*2))
			}
		}
		return e.line()
	})
}

func oneGroup[R any](t *testing.T, a aggregate.Aggregate[sale, R], events ...sale) R {
	t.Helper()
	got, err := resultOf(fold(t, a, 1, make([]uint32, len(events)), events), 0)
	require.NoError(t, err)
	return got
}

func prices(xs ...float64) []sale {
	events := make([]sale, len(xs))
	for i, x := range xs {
		events[i].Price = x
	}
	return events
}

// Textbook formulas lose all digits of these.
func TestVariancesThatCancellationWouldLose(t *testing.T) {
	variance := func(xs ...float64) float64 {
		return oneGroup(t, aggregate.Variance(price), prices(xs...)...).SampleVariance.V
	}
	require.Equal(t, 30.0, variance(4, 7, 13, 16))
	require.Equal(t, 30.0, variance(1e9+4, 1e9+7, 1e9+13, 1e9+16))
	require.Equal(t, 30.0, variance(1e15+4, 1e15+7, 1e15+13, 1e15+16))
	require.Equal(t, 0.0, variance(0.1, 0.1, 0.1))
	require.Equal(t, 0x1p-105, variance(1, 1+0x1p-52), "a difference in the last bit")
	require.Equal(t, math.SmallestNonzeroFloat64*3, variance(0, 0x4p-538, -0x3p-538), "squares below the smallest float: 12⅓ quarters of it")

	huge := oneGroup(t, aggregate.Variance(cents), sale{Cents: math.MaxInt64}, sale{Cents: math.MaxInt64 - 2})
	require.Equal(t, aggregate.Moments{N: 2, Mean: source.Some(0x1p63), Variance: source.Some(1.0), SampleVariance: source.Some(2.0)}, huge)
}

func TestAMeanIsRoundedOnce(t *testing.T) {
	mean := func(xs ...float64) float64 { return oneGroup(t, aggregate.Mean(price), prices(xs...)...).V }
	require.Equal(t, 1.0, mean(2, 2+0x1p-51, 0, 0), "a tie goes to even")
	require.Equal(t, 1+0x1p-52, mean(2, 2+0x1p-51, 0x1p-1074, 0), "just past a tie goes up")
	require.Equal(t, -1-0x1p-52, mean(-2, -2-0x1p-51, -0x1p-1074, 0), "or down")
}

func TestMomentsPastTheLargestFloat(t *testing.T) {
	events := prices(math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64)
	require.Equal(t, source.Some(math.MaxFloat64/3), oneGroup(t, aggregate.Mean(price), events...), "a mean always has a place")
	fails := func(_ any, err error) { t.Helper(); require.ErrorIs(t, err, aggregate.ErrOverflow) }
	fails(resultOf(fold(t, aggregate.Variance(price), 1, make([]uint32, 3), events), 0))
	for i := range events {
		events[i].Weight = &events[i].Price
	}
	fails(resultOf(fold(t, aggregate.Covariance(price, weight), 1, make([]uint32, 3), events), 0))
	line := oneGroup(t, aggregate.Regression(price, weight), events...)
	require.Equal(t, aggregate.Line{N: 3, Slope: source.Some(1.0), Intercept: source.Some(0.0), R2: source.Some(1.0)}, line)
	x := []float64{5e-324, 0}
	fails(resultOf(fold(t, aggregate.Regression(weight, price), 1, make([]uint32, 2), []sale{{Price: 1, Weight: &x[0]}, {Weight: &x[1]}}), 0))
}

func TestMomentsOfTooLittle(t *testing.T) {
	none, one := source.Null[float64]{}, 7.0
	nan, inf := math.NaN(), math.Inf(1)
	nothing := []sale{{}, {Weight: &nan}, {Weight: &inf}}
	require.Equal(t, none, oneGroup(t, aggregate.Mean(weight), nothing...))
	require.Equal(t, aggregate.Moments{}, oneGroup(t, aggregate.Variance(weight), nothing...))
	require.Equal(t, aggregate.Comoments{}, oneGroup(t, aggregate.Covariance(price, weight), nothing...))
	require.Equal(t, aggregate.Line{}, oneGroup(t, aggregate.Regression(weight, price), nothing...))

	single := sale{Price: 3, Weight: &one}
	require.Equal(t, aggregate.Moments{N: 1, Mean: source.Some(3.0), Variance: source.Some(0.0)}, oneGroup(t, aggregate.Variance(price), single))
	require.Equal(t, aggregate.Comoments{N: 1, Covariance: source.Some(0.0)}, oneGroup(t, aggregate.Covariance(price, weight), single))
	require.Equal(t, aggregate.Line{N: 1}, oneGroup(t, aggregate.Regression(price, weight), single))

	upright := []sale{{Price: 3, Weight: &one}, {Price: 3, Weight: new(float64)}}
	require.Equal(t, aggregate.Line{N: 2}, oneGroup(t, aggregate.Regression(price, weight), upright...), "x has one value")
	flat := oneGroup(t, aggregate.Regression(weight, price), upright...)
	require.Equal(t, aggregate.Line{N: 2, Slope: source.Some(0.0), Intercept: source.Some(3.0)}, flat, "y has one value")
	require.Equal(t, none, oneGroup(t, aggregate.Covariance(weight, price), upright...).Correlation)
}

// Taking away what came leaves the others' moments; taking away what never came
// leaves none that can't be.
func TestNetMoments(t *testing.T) {
	refund := source.Equal(paid, true)
	back := func(x float64) sale { return sale{Price: x, Units: int8(x), Paid: true} }
	bought := func(x float64) sale { return sale{Price: x, Units: int8(x)} }
	want := oneGroup(t, aggregate.Variance(price), bought(0.1), bought(8))
	require.Equal(t, want, oneGroup(t, aggregate.Net(aggregate.Variance(price), refund), bought(0.1), bought(1e100), bought(8), back(1e100)))

	variance := aggregate.Net(aggregate.Variance(price), refund)
	require.Equal(t, aggregate.Moments{N: -1}, oneGroup(t, variance, back(1)))
	require.Equal(t, aggregate.Moments{N: 1, Mean: source.Some(0.0)}, oneGroup(t, variance, bought(1), bought(2), back(3)))
	require.Equal(t, source.Null[float64]{}, oneGroup(t, aggregate.Net(aggregate.Mean(price), refund), bought(1), back(2)))

	// The squares that are left over are 6 and 6, the products 10.
	more := []sale{{}, {}, {}, bought(2), bought(-2), {Units: 1, Price: -1, Paid: true}, {Units: -1, Price: 1, Paid: true}}
	none := source.Null[float64]{}
	require.Equal(t, none, oneGroup(t, aggregate.Net(aggregate.Covariance(units, price), refund), more...).Correlation)
	require.Equal(t, none, oneGroup(t, aggregate.Net(aggregate.Regression(units, price), refund), more...).R2)

	odd := []sale{bought(1), bought(2), bought(3), back(100), bought(94), bought(7)}
	require.Equal(t, source.Null[float64]{}, oneGroup(t, aggregate.Net(aggregate.Covariance(units, price), refund), odd...).Correlation)
	require.Equal(t, source.Null[float64]{}, oneGroup(t, aggregate.Net(aggregate.Regression(units, price), refund), odd...).Slope)
}

// A state that's merged with itself outgrows the words that hold most sums, and at
// last all words: then it wraps, and the laws hold on.
func TestSumsOutgrowTheirWords(t *testing.T) {
	for _, x := range []float64{3, -3, 0x1p-1074, -0x1p-1074, 0x1.fffffffffffffp-300, math.MaxFloat64, -math.MaxFloat64} {
		a := aggregate.Variance(price)
		s, none := fold(t, a, 1, []uint32{0}, prices(x)), fold(t, a, 1, nil, nil)
		for range 400 {
			other := fold(t, a, 2, nil, nil)
			other.Merge([]uint32{1}, s)
			state := s.AppendState(nil, 0)
			require.Equal(t, state, other.AppendState(nil, 1))
			require.NoError(t, other.MergeState(0, state))
			require.Equal(t, state, other.AppendState(nil, 0))
			require.True(t, other.(aggregate.Inverter).Invert(1))
			other.Merge([]uint32{1}, s)
			require.Equal(t, none.AppendState(nil, 0), other.AppendState(nil, 1))
			require.NoError(t, s.MergeState(0, state))
		}
	}
}

// Whole numbers have results that can be worked out by hand.
func TestALineThroughWholeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slope, intercept := rapid.IntRange(-9, 9).Draw(t, "slope"), rapid.IntRange(-9, 9).Draw(t, "intercept")
		xs := rapid.SliceOfNDistinct(rapid.Int8(), 2, 20, rapid.ID[int8]).Draw(t, "x")
		events := make([]sale, len(xs))
		for i, x := range xs {
			events[i] = sale{Units: x, Cents: int64(slope)*int64(x) + int64(intercept)}
		}
		got, err := resultOf(fold(t, aggregate.Regression(units, cents), 1, make([]uint32, len(xs)), events), 0)
		require.NoError(t, err)
		want := aggregate.Line{N: int64(len(xs)), Slope: source.Some(float64(slope)), Intercept: source.Some(float64(intercept)), R2: source.Some(1.0)}
		if slope == 0 {
			want.R2 = source.Null[float64]{}
		}
		require.Equal(t, want, got)
		both, err := resultOf(fold(t, aggregate.Covariance(units, cents), 1, make([]uint32, len(xs)), events), 0)
		require.NoError(t, err)
		if slope != 0 {
			require.Equal(t, source.Some(math.Copysign(1, float64(slope))), both.Correlation)
		}
	})
}

func TestCodecsOfMoments(t *testing.T) {
	require.Equal(t, "mean.int/1", aggregate.Mean(cents).Codec())
	require.Equal(t, "moments.float/1", aggregate.Variance(price).Codec())
	require.Equal(t, "comoments.int.float/1", aggregate.Covariance(units, rate).Codec())
	require.Equal(t, aggregate.Covariance(price, cents).Codec(), aggregate.Regression(price, cents).Codec(), "they have the same states")
	require.Equal(t, "regression(Price:float,cents:decimal(2))", aggregate.Regression(price, cents).String())
	require.False(t, aggregate.Covariance(price, cents).HasCode())
	require.True(t, aggregate.Covariance(price, double).HasCode())
	require.ErrorIs(t, bind(aggregate.Covariance(price, source.Field[sale, int64]{})), source.ErrField)
}
