package aggregate

import "math/bits"

// words is a two's complement number, its lowest word first. What doesn't fit is
// lost at the upper end, on both sides of every equation.
type words []uint64

// add adds a shorter number that begins at a word.
func (w words) add(n words, base int) {
	var carry uint64
	for i, word := range n {
		w[base+i], carry = bits.Add64(w[base+i], word, carry)
	}
	sign := n.sign()
	for i := base + len(n); i < len(w) && sign+carry != 0; i++ { // sign+carry is what's added to each
		w[i], carry = bits.Add64(w[i], sign, carry)
	}
}

func (w words) merge(v words) {
	var carry uint64
	for i := range w {
		w[i], carry = bits.Add64(w[i], v[i], carry)
	}
}

// sign is the word that all those above the number's are.
func (w words) sign() uint64 { return uint64(int64(w[len(w)-1]) >> 63) }

func (w words) negative() bool { return w.sign() != 0 }

// magnitude makes the number positive, and says whether it was negative.
func (w words) magnitude() (negative bool) {
	if negative = w.negative(); negative {
		w.negate()
	}
	return negative
}

func (w words) negate() {
	carry := uint64(1)
	for i := range w {
		w[i], carry = bits.Add64(^w[i], 0, carry)
	}
}

// span gives the lowest and the highest bit that is set; ok is false for zero.
func (w words) span() (low, high int, ok bool) {
	for low < len(w) && w[low] == 0 {
		low++
	}
	if low == len(w) {
		return 0, 0, false
	}
	high = len(w) - 1
	for w[high] == 0 {
		high--
	}
	return 64*low + bits.TrailingZeros64(w[low]), 64*high + 63 - bits.LeadingZeros64(w[high]), true
}

// from gives the 64 bits that begin at one.
func (w words) from(bit int) uint64 {
	i, shift := bit>>6, uint(bit&63)
	if i >= len(w) {
		return 0
	}
	v := w[i] >> shift
	if i+1 < len(w) {
		v |= w[i+1] << (64 - shift)
	}
	return v
}

// appendFrom appends the bytes of a positive number from one bit to another, the
// lowest byte first.
func (w words) appendFrom(dst []byte, low, high int) []byte {
	for bit := low; bit <= high; bit += 8 {
		dst = append(dst, byte(w.from(bit)))
	}
	return dst
}

// setFrom sets the bits from one on to what appendFrom gave, whose last byte isn't
// zero. It says whether they have a place.
func (w words) setFrom(low uint64, b []byte) bool {
	if len(b) == 0 || low > uint64(64*len(w)) || int(low)+8*(len(b)-1)+bits.Len8(b[len(b)-1]) > 64*len(w) {
		return false
	}
	for i, c := range b {
		bit := int(low) + 8*i
		word, shift := bit>>6, uint(bit&63)
		w[word] |= uint64(c) << shift
		if shift > 56 && word+1 < len(w) {
			w[word+1] |= uint64(c) >> (64 - shift)
		}
	}
	return true
}
