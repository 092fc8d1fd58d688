package hll

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/axiomhq/hyperloglog"
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

// count estimates how many values made the registers, with the library's formula.
// bytes is memory that the caller lends, and gets back.
func (r registers) count(precision uint8, bytes []byte) (int64, []byte) {
	const version = 2
	n := len(r)
	bytes = append(bytes[:0], version, precision, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	bytes = append(bytes, r...)
	var s hyperloglog.Sketch
	if err := s.UnmarshalBinary(bytes); err != nil {
		panic("hll: registers that aren't: " + err.Error())
	}
	return int64(min(s.Estimate(), math.MaxInt64)), bytes
}
