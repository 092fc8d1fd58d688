package source

import (
	"math"
	"math/bits"
)

// shortText adds a string of up to 16 bytes of ASCII, without escapes. It's found
// and compared as two words.
func (c *columnBuilder) shortText(s []byte, at int) int {
	if s[at] != '"' {
		return -1
	}
	var lo, hi uint64
	if at+1+shortText <= len(s) {
		lo, hi = wordOf(s, at+1), wordOf(s, at+9)
	} else {
		lo, hi = wordNear(s, at+1), wordNear(s, at+9)
	}
	n := bits.TrailingZeros64(textEnds(lo)) / 8
	more := bits.TrailingZeros64(textEnds(hi)) / 8
	whole := -(n >> 3) // all bits if nothing was found in lo
	k := textKey{lo: lo & lowBytes[n], hi: hi & lowBytes[more] & uint64(whole)}
	n += more & whole
	k.length = uint32(n)
	end := at + 1 + n
	if end >= len(s) || s[end] != '"' || !k.ascii() {
		return -1
	}
	c.key(k)
	c.count(true)
	return end + 1
}

// lowBytes are masks of a word's first bytes.
var lowBytes = [9]uint64{0, 1<<8 - 1, 1<<16 - 1, 1<<24 - 1, 1<<32 - 1, 1<<40 - 1, 1<<48 - 1, 1<<56 - 1, math.MaxUint64}
