package aggregate

import (
	"math"
	"math/bits"
)

// A sum of floats is kept exactly, as an integer of units of 2^-1074, the
// smallest float: a fixed-point superaccumulator (Kulisch; see also Neal, "Fast
// exact summation using small and large superaccumulators", 2015). So the order
// of adding can't show. Values of one group mostly lie close together, so 192
// bits from some word on hold their sum; a group for which they don't gets all
// the bits there are.

const (
	exactWords  = 34 // 2,098 bits from the smallest float to the largest, and 78 for 2^63 of them and the sign
	exactBits   = 64 * exactWords
	exactUnit   = -1074 // the exponent of bit 0
	narrowWords = 3
	wideBase    = -1 // in exactSum.base: the sum is the wide one at words.lo
)

// narrow is a two's complement number of 192 bits. It's a struct since the
// compiler keeps those in registers, and arrays in memory.
type narrow struct{ lo, mid, hi uint64 }

// wide is a two's complement number with all the bits that a sum can need.
type wide [exactWords]uint64

// split gives a finite float as a number and the word that it begins at.
func split(x float64) (n narrow, base int) {
	b := math.Float64bits(x)
	mantissa, exponent := b&(1<<52-1), int(b>>52)&0x7ff
	if exponent > 0 {
		mantissa |= 1 << 52
		exponent--
	}
	base = exponent >> 6
	shift := uint(exponent & 63)
	sign := uint64(int64(b) >> 63) // to negate is to flip all bits and add one
	var carry uint64
	n.lo, carry = bits.Add64(mantissa<<shift^sign, sign&1, 0)
	n.mid, carry = bits.Add64(mantissa>>(64-shift)^sign, 0, carry)
	n.hi = sign + carry
	return n, base
}

// plus says whether the sum fits.
func (n narrow) plus(m narrow) (sum narrow, ok bool) {
	var carry uint64
	sum.lo, carry = bits.Add64(n.lo, m.lo, 0)
	sum.mid, carry = bits.Add64(n.mid, m.mid, carry)
	sum.hi, _ = bits.Add64(n.hi, m.hi, carry)
	return sum, (sum.hi^n.hi)&(sum.hi^m.hi)>>63 == 0
}

// minus gives the number's negative, and says whether it fits.
func (n narrow) minus() (narrow, bool) {
	var borrow uint64
	var m narrow
	m.lo, borrow = bits.Sub64(0, n.lo, 0)
	m.mid, borrow = bits.Sub64(0, n.mid, borrow)
	m.hi, _ = bits.Sub64(0, n.hi, borrow)
	return m, n.hi&m.hi>>63 == 0
}

// lower gives the number that begins a word lower. It says whether the word
// that falls off held nothing but the sign.
func (n narrow) lower() (narrow, bool) {
	return narrow{0, n.lo, n.mid}, n.hi == uint64(int64(n.mid)>>63)
}

func (n narrow) lowerBy(words int) (narrow, bool) {
	ok := true
	for ; ok && words > 0; words-- {
		n, ok = n.lower()
	}
	return n, ok
}

// sign is the word that all those above the number's are.
func (n narrow) sign() uint64 { return uint64(int64(n.hi) >> 63) }

func (w *wide) words() words { return w[:] }

func (w *wide) add(n narrow, base int) { w.words().add(words{n.lo, n.mid, n.hi}, base) }

// round gives the nearest float to a positive number whose first bit is at base, ties
// to even: infinity past the largest.
func (w words) round(base int) float64 {
	low, high, ok := w.span()
	if !ok {
		return 0
	}
	if high < 53 {
		return math.Ldexp(float64(w[0]), base+exactUnit) // exact
	}
	first := high - 52
	mantissa := w.from(first) & (1<<53 - 1)
	half := w.from(first-1)&1 == 1
	if half && (low < first-1 || mantissa&1 == 1) {
		mantissa++
	}
	return math.Ldexp(float64(mantissa), base+first+exactUnit)
}

// appendMagnitude encodes a positive number: the place of its lowest bit that
// is set, then the bits from there, in bytes from the low one on. Zero is
// nothing.
func (w *wide) appendMagnitude(dst []byte) []byte {
	low, high, ok := w.words().span()
	if !ok {
		return dst
	}
	dst = append(dst, byte(low), byte(low>>8))
	return w.words().appendFrom(dst, low, high)
}

// setMagnitude reads what appendMagnitude wrote, and nothing else.
func (w *wide) setMagnitude(b []byte) bool {
	*w = wide{}
	if len(b) == 0 {
		return true
	}
	if len(b) < 3 || b[2]&1 == 0 || b[len(b)-1] == 0 {
		return false
	}
	return w.words().setFrom(uint64(b[0])|uint64(b[1])<<8, b[2:])
}
