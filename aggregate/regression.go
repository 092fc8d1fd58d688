package aggregate

import (
	"math/big"

	"github.com/anabranch-go/anabranch/source"
)

// Line is the result of [Regression].
type Line struct {
	// N is the number of points.
	N int64
	// Slope is by how much y rises with one unit of x, in both fields' units, and
	// Intercept is the line's y at x = 0. There is none where fewer than two values
	// of x came.
	Slope, Intercept source.Null[float64]
	// R2 is the share of y's variance that the line explains, from 0 to 1: the
	// square of the correlation. There is none where y has one value only.
	R2 source.Null[float64]
}

// Regression fits a line y = Intercept + Slope * x by least squares to two fields
// of integers or floats, from sufficient statistics (the sums of both, of their
// squares and of their product), which are exact: so are the results, each rounded
// once, and no order or part of the events shows. Events in which either is null,
// NaN or infinite are left out. A number past the largest float is ErrOverflow.
// Errors of the fields come from Bind.
//
// Other curves are lines of fields that [source.Map] made: the slope of ln
// quantity on ln price is the price elasticity. The logarithm of what isn't
// positive isn't a finite number, so that such events are left out.
func Regression[E any, X, Y Number](x source.Field[E, X], y source.Field[E, Y]) Aggregate[E, Line] {
	return moments[E, Line]{name: "regression", codec: "comoments", columns: []columnOf[E]{x, y}, sums: allSums, result: lineOf}
}

func lineOf(m exactMoments) (out Line, err error) {
	out.N = m.n
	if m.n < 2 {
		return out, nil
	}
	x, y, both := m.pair()
	if x.spread.Sign() <= 0 {
		return out, nil
	}
	if out.Slope, err = inFloat(quotient(both, x.spread, y.exp-x.exp)); err != nil {
		return out, err
	}
	// The intercept is (Σy Σx² - Σx Σxy) / (n Σx² - (Σx)²).
	height := new(big.Int).Mul(y.sum, x.squares)
	height.Sub(height, new(big.Int).Mul(x.sum, m.sums[sumXY].at(x.exp+y.exp)))
	if out.Intercept, err = inFloat(quotient(height, x.spread, y.exp)); err != nil {
		return out, err
	}
	if squared, spreads, ok := squaredCorrelation(x, y, both); ok {
		out.R2, err = inFloat(quotient(squared, spreads, 0))
	}
	return out, err
}
