package aggregate

import (
	"math/big"

	"github.com/anabranch-go/anabranch/source"
)

// Comoments is the result of [Covariance].
type Comoments struct {
	// N is the number of pairs.
	N int64
	// Covariance is that of the pairs themselves (the population's), in the product
	// of both units, where there are any.
	Covariance source.Null[float64]
	// SampleCovariance estimates the covariance of what the pairs are a sample of:
	// it divides by N-1. There is none for one pair.
	SampleCovariance source.Null[float64]
	// Correlation is Pearson's, from -1 to 1. There is none where either field has
	// one value only.
	Correlation source.Null[float64]
}

// Covariance says how two fields of integers or floats vary together, in their own
// units. The results are the exact ones, each rounded once, from exact sums of the
// values, squares and products: nothing cancels, and no order or part shows.
// Events in which either is null, NaN or infinite are left out. A covariance past
// the largest float is ErrOverflow. Errors of the fields come from Bind.
func Covariance[E any, X, Y Number](x source.Field[E, X], y source.Field[E, Y]) Aggregate[E, Comoments] {
	return moments[E, Comoments]{name: "covariance", codec: "comoments", columns: []columnOf[E]{x, y}, sums: allSums, result: comomentsOf}
}

func comomentsOf(m exactMoments) (out Comoments, err error) {
	out.N = m.n
	if m.n <= 0 {
		return out, nil
	}
	x, y, both := m.pair()
	if out.Covariance, out.SampleCovariance, err = m.perEvent(both, x.exp+y.exp); err != nil {
		return out, err
	}
	if squared, spreads, ok := squaredCorrelation(x, y, both); ok {
		r := rootOfQuotient(squared, spreads)
		out.Correlation = source.Some(float64(both.Sign()) * r)
	}
	return out, nil
}

// pair gives both columns' spreads and n * Σxy - Σx Σy, which is n² times the
// covariance, in the product of their units.
func (m exactMoments) pair() (x, y spread, both *big.Int) {
	expX, expY := commonExponent(m.sums[sumX], m.sums[sumXX]), commonExponent(m.sums[sumY], m.sums[sumYY])
	xy := m.sums[sumXY]
	if xy.m.Sign() != 0 && xy.exp < expX+expY {
		expX = xy.exp - expY
	}
	x, y = m.spreadsAt(sumX, sumXX, expX), m.spreadsAt(sumY, sumYY, expY)
	both = new(big.Int).Mul(big.NewInt(m.n), xy.at(expX+expY))
	return x, y, both.Sub(both, new(big.Int).Mul(x.sum, y.sum))
}

// squaredCorrelation gives r² as a fraction. It's false where there is none: one
// of the columns doesn't vary, or something was taken away that never came.
func squaredCorrelation(x, y spread, both *big.Int) (squared, spreads *big.Int, ok bool) {
	if x.spread.Sign() <= 0 || y.spread.Sign() <= 0 {
		return nil, nil, false
	}
	squared, spreads = new(big.Int).Mul(both, both), new(big.Int).Mul(x.spread, y.spread)
	return squared, spreads, squared.Cmp(spreads) <= 0
}
