package aggregate

import (
	"math/big"

	"github.com/anabranch-go/anabranch/source"
)

// Mean is the arithmetic mean of a field of integers or floats, in the field's
// own units: minor units of money, or the units of a decimal. It's the exact one,
// rounded once, in whatever order and parts the events come. Nulls, NaN and
// infinities are left out, unlike in [SumFloat]; [CountOf] beside it says how many
// values there were. Nothing to take a mean of gives no result. Errors of the
// field come from Bind.
func Mean[E any, N Number](f source.Field[E, N]) Aggregate[E, source.Null[float64]] {
	return moments[E, source.Null[float64]]{name: "mean", codec: "mean", columns: []columnOf[E]{f}, sums: sumX + 1, result: meanOf}
}

func meanOf(m exactMoments) (source.Null[float64], error) {
	if m.n <= 0 {
		return source.Null[float64]{}, nil
	}
	return inFloat(m.mean())
}

func (m exactMoments) mean() float64 {
	x := m.sums[sumX]
	return quotient(x.m, big.NewInt(m.n), x.exp)
}
