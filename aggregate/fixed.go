package aggregate

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Sums of values and of products of two values are kept exactly, as integers of
// their own units, like the sums of exact.go: an integer column's unit is 1, a
// float column's 2^-1074, and a product's unit is the product of the units. So
// nothing is rounded, over- or underflows before the result, and what cancels in
// it, such as a variance's mean, cancels exactly. A product has 106 bits or 126,
// so that 256 bits from some word on hold what most groups need.

const (
	fixedWords = 67 // 4,196 bits from the smallest product to the largest, and 92 for 2^63 of them and the sign
	quadWords  = 4
)

// quad is a two's complement number of 256 bits.
type quad struct{ a, b, c, d uint64 }

// number is a value in its column's units: m * 2^shift.
type number struct {
	m     int64
	shift int32
}

// floatNumber gives a finite float in units of 2^-1074.
func floatNumber(x float64) number {
	b := math.Float64bits(x)
	mantissa, exponent := int64(b&(1<<52-1)), int32(b>>52)&0x7ff
	if exponent > 0 {
		mantissa |= 1 << 52
		exponent--
	}
	sign := int64(b) >> 63
	return number{mantissa ^ sign - sign, exponent}
}

// quad gives the number and the word that it begins at.
func (x number) quad() (q quad, base int) { return quadAt(x.m>>63, uint64(x.m), x.shift) }

// times gives a product and the word that it begins at.
func (x number) times(y number) (q quad, base int) {
	hi, lo := bits.Mul64(uint64(x.m), uint64(y.m))
	hi -= uint64(x.m>>63)&uint64(y.m) + uint64(y.m>>63)&uint64(x.m)
	return quadAt(int64(hi), lo, x.shift+y.shift)
}

func quadAt(hi int64, lo uint64, shift int32) (q quad, base int) {
	up := uint(shift & 63)
	q.a = lo << up
	q.b = uint64(hi)<<up | lo>>(64-up)
	q.c = uint64(hi >> (64 - up))
	q.d = uint64(hi >> 63)
	return q, int(shift >> 6)
}

// plus says whether the sum fits.
func (q quad) plus(r quad) (sum quad, ok bool) {
	var carry uint64
	sum.a, carry = bits.Add64(q.a, r.a, 0)
	sum.b, carry = bits.Add64(q.b, r.b, carry)
	sum.c, carry = bits.Add64(q.c, r.c, carry)
	sum.d, _ = bits.Add64(q.d, r.d, carry)
	return sum, (sum.d^q.d)&(sum.d^r.d)>>63 == 0
}

// minus gives the negative, and says whether it fits.
func (q quad) minus() (m quad, ok bool) {
	var borrow uint64
	m.a, borrow = bits.Sub64(0, q.a, 0)
	m.b, borrow = bits.Sub64(0, q.b, borrow)
	m.c, borrow = bits.Sub64(0, q.c, borrow)
	m.d, _ = bits.Sub64(0, q.d, borrow)
	return m, q.d&m.d>>63 == 0
}

// lowerBy gives the number that begins words lower. It says whether the words
// that fall off held nothing but the sign.
func (q quad) lowerBy(words int) (quad, bool) {
	ok := true
	for ; ok && words > 0; words-- {
		q, ok = quad{0, q.a, q.b, q.c}, q.d == uint64(int64(q.c)>>63)
	}
	return q, ok
}

// fixed is one sum. Its zero value is zero.
type fixed struct {
	quad
	base int32 // the word that the quad begins at, or wideBase: it's the long one at place a
}

// fixeds is a vector of sums.
type fixeds struct {
	sums  []fixed
	longs [][fixedWords]uint64 // of those that need them
}

func (s *fixeds) grow(n int) { s.sums = grow(s.sums, n) }
func (s *fixeds) reset()     { s.sums, s.longs = s.sums[:0], s.longs[:0] }

// add adds a number that begins at a word.
func (s *fixeds) add(i int, q quad, base int) {
	sum := &s.sums[i]
	if base == int(sum.base) {
		if total, ok := sum.plus(q); ok {
			sum.quad = total
			return
		}
	}
	s.addFar(i, q, base)
}

// addFar adds a number for which the sum's words must move, or don't do.
func (s *fixeds) addFar(i int, q quad, base int) {
	sum := &s.sums[i]
	switch {
	case q == quad{}:
	case sum.base == wideBase:
		s.long(i).add(words{q.a, q.b, q.c, q.d}, base)
	case sum.quad == quad{}:
		sum.quad, sum.base = q, int32(base)
	default:
		low := min(int(sum.base), base)
		old, okOld := sum.lowerBy(int(sum.base) - low)
		moved, ok := q.lowerBy(base - low)
		total, fits := old.plus(moved)
		if okOld && ok && fits {
			sum.quad, sum.base = total, int32(low)
			return
		}
		s.long(i).add(words{q.a, q.b, q.c, q.d}, base)
	}
}

// long gives a sum all the bits, if it hasn't them.
func (s *fixeds) long(i int) words {
	sum := &s.sums[i]
	if sum.base != wideBase {
		s.longs = append(s.longs, [fixedWords]uint64{})
		w := words(s.longs[len(s.longs)-1][:])
		w.add(words{sum.a, sum.b, sum.c, sum.d}, int(sum.base))
		sum.a, sum.base = uint64(len(s.longs)-1), wideBase
	}
	return s.longs[sum.a][:]
}

func (s *fixeds) merge(i int, other *fixeds, j int) {
	from := &other.sums[j]
	if from.base == wideBase {
		s.long(i).merge(other.longs[from.a][:])
		return
	}
	s.add(i, from.quad, int(from.base))
}

func (s *fixeds) invert(i int) {
	sum := &s.sums[i]
	if sum.base != wideBase {
		if m, ok := sum.minus(); ok {
			sum.quad = m
			return
		}
	}
	s.long(i).negate()
}

// magnitude gives a sum's magnitude in memory that the caller lends, and the bit
// that it begins at.
func (s *fixeds) magnitude(i int, lent *[fixedWords]uint64) (w words, negative bool, base int) {
	sum := &s.sums[i]
	if sum.base == wideBase {
		*lent = s.longs[sum.a]
		w = lent[:]
	} else {
		*(*[quadWords]uint64)(lent[:]) = [...]uint64{sum.a, sum.b, sum.c, sum.d}
		w, base = lent[:quadWords], 64*int(sum.base)
	}
	return w, w.magnitude(), base
}

// appendTo encodes a sum: as varints how many bytes its magnitude has, with the
// sign in the lowest bit, and the place of the lowest bit that's set; then the
// bytes from there, the lowest first. Zero is one zero byte.
func (s *fixeds) appendTo(dst []byte, i int) []byte {
	var lent [fixedWords]uint64
	w, negative, base := s.magnitude(i, &lent)
	low, high, ok := w.span()
	if !ok {
		return append(dst, 0)
	}
	header := uint64((high-low)/8+1) << 1
	if negative {
		header |= 1
	}
	dst = binary.AppendUvarint(dst, header)
	dst = binary.AppendUvarint(dst, uint64(base+low))
	return w.appendFrom(dst, low, high)
}

// mergeState adds what appendTo wrote, and gives the bytes behind it.
func (s *fixeds) mergeState(i int, state []byte) (rest []byte, ok bool) {
	header, state, ok := takeUvarint(state)
	if !ok || header == 0 {
		return state, ok
	}
	low, state, ok := takeUvarint(state)
	n := header >> 1
	if !ok || n == 0 || n > uint64(len(state)) || state[0]&1 == 0 || state[n-1] == 0 {
		return nil, false
	}
	magnitude, rest := state[:n], state[n:]
	var long [fixedWords]uint64
	w := words(long[:])
	if !w.setFrom(low, magnitude) {
		return nil, false
	}
	negative := header&1 != 0
	if negative {
		w.negate()
	}
	if w.negative() != negative {
		return nil, false
	}
	base := min(int(low>>6), fixedWords-quadWords)
	q := quad{w[base], w[base+1], w[base+2], w[base+3]}
	for _, word := range w[base+quadWords:] {
		if word != uint64(int64(q.d)>>63) {
			s.long(i).merge(w)
			return rest, true
		}
	}
	s.add(i, q, base)
	return rest, true
}
