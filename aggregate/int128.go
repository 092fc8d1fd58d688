package aggregate

import (
	"encoding/binary"
	"math/bits"
)

// int128 is a two's complement number. Sums of it wrap past 128 bits, which
// 2^63 events of 63 bits don't reach; wrapping keeps the laws for states from
// elsewhere, too.
type int128 struct {
	hi int64
	lo uint64
}

func (a *int128) merge(b int128) {
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, b.lo, 0)
	a.hi += b.hi + int64(carry)
}

func (a *int128) negate() {
	var borrow uint64
	a.lo, borrow = bits.Sub64(0, a.lo, 0)
	a.hi = -a.hi - int64(borrow)
}

// narrow gives the number where it fits 64 bits.
func (a int128) narrow() (int64, bool) {
	x := int64(a.lo)
	return x, a.hi == x>>63
}

// appendTo encodes the number as a zigzag varint of up to 19 bytes.
func (a int128) appendTo(dst []byte) []byte {
	sign := uint64(a.hi >> 63)
	hi, lo := uint64(a.hi)<<1|a.lo>>63, a.lo<<1
	hi, lo = hi^sign, lo^sign
	for hi != 0 {
		dst = append(dst, byte(lo)|0x80)
		lo, hi = lo>>7|hi<<57, hi>>7
	}
	return binary.AppendUvarint(dst, lo)
}

// takeInt128 reads what appendTo wrote, and refuses a longer form.
func takeInt128(b []byte) (v int128, rest []byte, ok bool) {
	var hi, lo uint64
	for i, c := range b {
		shift := 7 * uint(i)
		if i == 18 && c > 3 { // bits 126 and 127 are all that's left
			return v, b, false
		}
		bit := uint64(c & 0x7f)
		if shift < 64 {
			lo |= bit << shift
			if shift > 57 {
				hi |= bit >> (64 - shift)
			}
		} else {
			hi |= bit << (shift - 64)
		}
		if c >= 0x80 {
			continue
		}
		if c == 0 && i > 0 {
			return v, b, false
		}
		sign := -(lo & 1)
		v.lo, v.hi = (lo>>1|hi<<63)^sign, int64(hi>>1^sign)
		return v, b[i+1:], true
	}
	return v, b, false
}
