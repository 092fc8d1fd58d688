package aggregate

import (
	"fmt"
	"math"
	"math/big"

	"github.com/anabranch-go/anabranch/source"
)

// Moments is the result of [Variance].
type Moments struct {
	// N is the number of values.
	N int64
	// Mean is their mean, where there are any.
	Mean source.Null[float64]
	// Variance is that of the values themselves (the population's): the mean of the
	// squared distances from the mean, in the square of the field's units. Its root
	// is the standard deviation.
	Variance source.Null[float64]
	// SampleVariance estimates the variance of what the values are a sample of: it
	// divides by N-1. There is none for one value.
	SampleVariance source.Null[float64]
}

// Variance is the number, mean and variance of the values of a field of integers
// or floats, in its own units. They are the exact ones, each rounded once, from
// exact sums of the values and their squares: nothing cancels, however far from
// zero the values lie, and no order or part shows. Nulls, NaN and infinities are
// left out. A variance past the largest float is ErrOverflow. Where values were
// taken away that never came (see [Inverter]) there may be no variance. Errors of
// the field come from Bind.
func Variance[E any, N Number](f source.Field[E, N]) Aggregate[E, Moments] {
	return moments[E, Moments]{name: "variance", codec: "moments", columns: []columnOf[E]{f}, sums: sumXX + 1, result: momentsOf}
}

func momentsOf(m exactMoments) (out Moments, err error) {
	out.N = m.n
	if m.n <= 0 {
		return out, nil
	}
	if out.Mean, err = inFloat(m.mean()); err != nil {
		return out, err
	}
	x := m.spreads(sumX, sumXX)
	if x.spread.Sign() < 0 {
		return out, nil
	}
	out.Variance, out.SampleVariance, err = m.perEvent(x.spread, 2*x.exp)
	return out, err
}

// spread is n * Σx² - (Σx)², which is n² times the variance, and what it's made
// from: all in units of 2^exp, or 2^(2 exp) where they are squares.
type spread struct {
	sum, squares, spread *big.Int
	exp                  int
}

func (m exactMoments) spreads(sum, squares int) spread {
	return m.spreadsAt(sum, squares, commonExponent(m.sums[sum], m.sums[squares]))
}

func (m exactMoments) spreadsAt(sum, squares, exp int) spread {
	s := spread{m.sums[sum].at(exp), m.sums[squares].at(2 * exp), new(big.Int), exp}
	s.spread.Mul(big.NewInt(m.n), s.squares)
	s.spread.Sub(s.spread, new(big.Int).Mul(s.sum, s.sum))
	return s
}

// perEvent gives n² times something, such as a variance, divided by n² and, where
// there's more than one event, by n(n-1).
func (m exactMoments) perEvent(x *big.Int, exp int) (population, sample source.Null[float64], err error) {
	n := big.NewInt(m.n)
	if population, err = inFloat(quotient(x, new(big.Int).Mul(n, n), exp)); err != nil || m.n < 2 {
		return population, sample, err
	}
	sample, err = inFloat(quotient(x, new(big.Int).Mul(n, big.NewInt(m.n-1)), exp))
	return population, sample, err
}

// inFloat refuses what has no place in a float.
func inFloat(x float64) (source.Null[float64], error) {
	if math.IsInf(x, 0) {
		return source.Null[float64]{}, fmt.Errorf("%w: a number past the largest float", ErrOverflow)
	}
	return source.Some(x), nil
}
