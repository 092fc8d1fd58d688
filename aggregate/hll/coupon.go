package hll

import "math/bits"

// A coupon is what a sparse sketch keeps of a hash: its first 26 bits, and 6 bits
// with the place of the first 1 behind them, from 1 to 39. It tells every register
// of up to 18 bits, and collides less than once in 2^27 pairs of hashes.
const (
	indexBits = 26
	rankBits  = 6
	maxRank   = 64 - indexBits + 1
)

func couponOf(hash uint64) uint32 {
	rank := min(bits.LeadingZeros64(hash<<indexBits)+1, maxRank)
	return uint32(hash>>(64-indexBits)<<rankBits | uint64(rank))
}

// isCoupon says whether a hash could have made it.
func isCoupon(c uint64) bool {
	rank := c & (1<<rankBits - 1)
	return c < 1<<(indexBits+rankBits) && rank >= 1 && rank <= maxRank
}

// hashOf gives a hash that makes the coupon, and so the same register of any
// precision as the one that made it.
func hashOf(coupon uint32) uint64 {
	return hashOfRegister(indexBits, uint64(coupon>>rankBits), uint64(coupon&(1<<rankBits-1)))
}

// hashOfRegister gives a hash with an index of some bits, and its first 1 behind
// them at rank, where there's none at all beyond the last bit.
func hashOfRegister(precision uint8, index, rank uint64) uint64 {
	behind := 64 - uint64(precision)
	hash := index << behind
	if rank <= behind {
		hash |= 1 << (behind - rank)
	}
	return hash
}
