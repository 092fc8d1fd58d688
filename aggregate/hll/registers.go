package hll

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// registers are those of a group, a byte each.
type registers []byte

// put enters a hash. The registers are as many as the precision says.
func (r registers) put(precision uint8, hash uint64) {
	i := hash >> ((64 - precision) & 63)
	rank := byte(bits.LeadingZeros64(hash<<(precision&63)|1<<((precision-1)&63)) + 1)
	if r[i] < rank {
		r[i] = rank
	}
}

// merge takes the larger of each register, eight at a time: all are below 128.
func (r registers) merge(other registers) {
	const tops = 0x8080808080808080
	other = other[:len(r)]
	for len(r) >= 8 {
		a, b := binary.LittleEndian.Uint64(r), binary.LittleEndian.Uint64(other)
		less := ^((a | tops) - b) & tops // the top bit of those where a is less than b
		less = less - less>>7 | less
		binary.LittleEndian.PutUint64(r, a&^less|b&less)
		r, other = r[8:], other[8:]
	}
}

// count estimates how many values made the registers, from how many registers have
// each rank (Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
// 2017, algorithm 6): it needs no tables of bias.
func (r registers) count(precision uint8) int64 {
	var ranks [66]int
	for _, rank := range r {
		ranks[rank]++
	}
	m, most := float64(len(r)), 64-int(precision) // ranks are most+1 at most
	z := m * tau(1-float64(ranks[most+1])/m)
	for rank := most; rank > 0; rank-- {
		z = (z + float64(ranks[rank])) / 2
	}
	z += m * sigma(float64(ranks[0])/m)
	estimate := m * m / (2 * math.Ln2 * z)
	if estimate >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(estimate + 0.5)
}

// sigma corrects for registers that no value has reached, which are x of all.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	z := x
	for y := 1.0; ; y += y {
		x *= x
		before := z
		if z += x * y; z == before {
			return z
		}
	}
}

// tau corrects for registers that are full, which all but x are.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	z := 1 - x
	for y := 1.0; ; {
		x = math.Sqrt(x)
		before := z
		y /= 2
		if z -= (1 - x) * (1 - x) * y; z == before {
			return z / 3
		}
	}
}
