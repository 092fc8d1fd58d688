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
	wideBase    = -1 // in exactSum.base: the sum is in words[0] of the wide ones
)

// narrow is a two's complement number of 192 bits.
type narrow [narrowWords]uint64

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
	n[0], n[1] = mantissa<<shift, mantissa>>(64-shift)
	if int64(b) < 0 {
		n.negate()
	}
	return n, base
}

func (n *narrow) negate() {
	var carry uint64
	n[0], carry = bits.Add64(^n[0], 1, 0)
	n[1], carry = bits.Add64(^n[1], 0, carry)
	n[2], _ = bits.Add64(^n[2], 0, carry)
}

// add says whether the sum fits; if it doesn't, n is unchanged.
func (n *narrow) add(m *narrow) bool {
	lo, carry := bits.Add64(n[0], m[0], 0)
	mid, carry := bits.Add64(n[1], m[1], carry)
	hi, _ := bits.Add64(n[2], m[2], carry)
	if (hi^n[2])&(hi^m[2])>>63 != 0 {
		return false
	}
	n[0], n[1], n[2] = lo, mid, hi
	return true
}

// lower moves the number up to begin some words lower. It says whether the
// words that fall off held nothing but the sign; if not, n is unchanged.
func (n *narrow) lower(words int) bool {
	for range words {
		sign := uint64(int64(n[2]) >> 63)
		if n[2] != sign || n[1]>>63 != sign&1 {
			return false
		}
		n[0], n[1], n[2] = 0, n[0], n[1]
	}
	return true
}

func (w *wide) add(n *narrow, base int) {
	var carry uint64
	for i, word := range n {
		w[base+i], carry = bits.Add64(w[base+i], word, carry)
	}
	sign := uint64(int64(n[narrowWords-1]) >> 63)
	for i := base + narrowWords; i < exactWords; i++ {
		w[i], carry = bits.Add64(w[i], sign, carry)
	}
}

func (w *wide) merge(v *wide) {
	var carry uint64
	for i := range w {
		w[i], carry = bits.Add64(w[i], v[i], carry)
	}
}

func (w *wide) negative() bool { return w[exactWords-1]>>63 != 0 }

// magnitude makes the number positive, and says whether it was negative.
func (w *wide) magnitude() (negative bool) {
	if negative = w.negative(); negative {
		w.negate()
	}
	return negative
}

func (w *wide) negate() {
	carry := uint64(1)
	for i := range w {
		w[i], carry = bits.Add64(^w[i], 0, carry)
	}
}

// span gives the lowest and the highest bit that is set; ok is false for zero.
func (w *wide) span() (low, high int, ok bool) {
	for low < exactWords && w[low] == 0 {
		low++
	}
	if low == exactWords {
		return 0, 0, false
	}
	high = exactWords - 1
	for w[high] == 0 {
		high--
	}
	return 64*low + bits.TrailingZeros64(w[low]), 64*high + 63 - bits.LeadingZeros64(w[high]), true
}

// from gives the 64 bits that begin at one.
func (w *wide) from(bit int) uint64 {
	i, shift := bit>>6, uint(bit&63)
	if i >= exactWords {
		return 0
	}
	v := w[i] >> shift
	if i+1 < exactWords {
		v |= w[i+1] << (64 - shift)
	}
	return v
}

// round gives the nearest float to a positive number, ties to even: infinity
// past the largest.
func (w *wide) round() float64 {
	low, high, ok := w.span()
	if !ok {
		return 0
	}
	if high < 53 {
		return math.Ldexp(float64(w[0]), exactUnit) // exact
	}
	first := high - 52
	mantissa := w.from(first) & (1<<53 - 1)
	half := w.from(first-1)&1 == 1
	if half && (low < first-1 || mantissa&1 == 1) {
		mantissa++
	}
	return math.Ldexp(float64(mantissa), first+exactUnit)
}

// appendMagnitude encodes a positive number: the place of its lowest bit that
// is set, then the bits from there, in bytes from the low one on. Zero is
// nothing.
func (w *wide) appendMagnitude(dst []byte) []byte {
	low, high, ok := w.span()
	if !ok {
		return dst
	}
	dst = append(dst, byte(low), byte(low>>8))
	for bit := low; bit <= high; bit += 8 {
		dst = append(dst, byte(w.from(bit)))
	}
	return dst
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
	low, b := int(b[0])|int(b[1])<<8, b[2:]
	if low+8*(len(b)-1)+bits.Len8(b[len(b)-1]) > exactBits {
		return false
	}
	for i, c := range b {
		bit := low + 8*i
		word, shift := bit>>6, uint(bit&63)
		w[word] |= uint64(c) << shift
		if shift > 56 && word+1 < exactWords {
			w[word+1] |= uint64(c) >> (64 - shift)
		}
	}
	return true
}
