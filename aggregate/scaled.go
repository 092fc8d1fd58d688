package aggregate

import (
	"math"
	"math/big"
	"slices"
)

// scaled is an exact number, m * 2^exp. m is odd or zero.
type scaled struct {
	m   *big.Int
	exp int
}

// value gives a sum, with the exponent of its unit.
func (s *fixeds) value(i, unit int) scaled {
	var lent [fixedWords]uint64
	w, negative, base := s.magnitude(i, &lent)
	low, high, ok := w.span()
	if !ok {
		return scaled{m: new(big.Int)}
	}
	m := new(big.Int)
	if high-low < 64 {
		m.SetUint64(w.from(low))
	} else {
		bytes := w.appendFrom(nil, low, high)
		slices.Reverse(bytes)
		m.SetBytes(bytes)
	}
	if negative {
		m.Neg(m)
	}
	return scaled{m, base + low + unit}
}

// at gives the number in units of 2^exp, which it's a multiple of.
func (x scaled) at(exp int) *big.Int {
	if x.m.Sign() == 0 {
		return x.m
	}
	return new(big.Int).Lsh(x.m, uint(x.exp-exp))
}

// commonExponent gives an exponent that's low enough for a sum, twice of it being
// so for the sum of squares: 0 where both are zero.
func commonExponent(sum, squares scaled) int {
	exp := math.MaxInt
	if sum.m.Sign() != 0 {
		exp = sum.exp
	}
	if squares.m.Sign() != 0 {
		exp = min(exp, squares.exp>>1)
	}
	if exp == math.MaxInt {
		return 0
	}
	return exp
}

// roundBits is how many bits of a quotient are worked out, at the least, before
// the last, which says whether there's more: enough to round it once.
const roundBits = 66

// quotient gives x/y * 2^exp, rounded once, to the nearest: infinity past the
// largest. y is positive.
func quotient(x, y *big.Int, exp int) float64 {
	// Floats hold most numbers exactly, and divide them so; to scale the quotient
	// rounds nothing where it's far from the least and the largest.
	const mantissa, far = 53, 900
	if x.BitLen() <= mantissa && y.BitLen() <= mantissa && -far < exp && exp < far {
		return math.Ldexp(float64(x.Int64())/float64(y.Int64()), exp)
	}
	up := roundBits - x.BitLen() + y.BitLen()
	q, exact := divide(x, y, up)
	return nearest(q, exact, exp-up)
}

// divide gives x/y * 2^up without its fraction, and says whether
// nothing is left over.
func divide(x, y *big.Int, up int) (q *big.Int, exact bool) {
	if up >= 0 {
		x = new(big.Int).Lsh(x, uint(up))
	} else {
		y = new(big.Int).Lsh(y, uint(-up))
	}
	q, rest := new(big.Int).QuoRem(x, y, new(big.Int))
	return q, rest.Sign() == 0
}

// rootOfQuotient gives the square root of x/y, rounded so. x isn't negative, y is
// positive.
func rootOfQuotient(x, y *big.Int) float64 {
	up := 2*roundBits - x.BitLen() + y.BitLen()
	up += up & 1 // so that its root is a whole power, too
	q, exact := divide(x, y, up)
	root := new(big.Int).Sqrt(q)
	return nearest(root, exact && new(big.Int).Mul(root, root).Cmp(q) == 0, -up/2)
}

// nearest gives q * 2^exp as the nearest float, of which zero has no sign. Where q
// isn't exact, it's a little more, away from zero.
func nearest(q *big.Int, exact bool, exp int) float64 {
	sign := q.Sign()
	q.Abs(q).Lsh(q, 1)
	if !exact {
		q.SetBit(q, 0, 1)
	}
	f := new(big.Float).SetInt(q) // as many bits as q has
	x, _ := f.SetMantExp(f, exp-1).Float64()
	if sign < 0 && x != 0 {
		x = -x
	}
	return x
}
