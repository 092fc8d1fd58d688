package statekit

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate"
)

// TakeUvarint reads a minimal varint from the beginning of b: states are compared
// by their bytes, so that a number has one encoding only.
func TakeUvarint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], true
	}
	v, n := binary.Uvarint(b)
	if n <= 0 || b[n-1] == 0 {
		return 0, b, false
	}
	return v, b[n:], true
}

// Zigzag makes small numbers of either sign small, for a varint.
func Zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

// Unzigzag is the inverse of Zigzag.
func Unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// NotState is ErrState with what is wrong.
func NotState(codec, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", aggregate.ErrState, codec, fmt.Sprintf(format, args...))
}

// Grow makes a slice at least n long, with zeros where it's new. The memory may
// have been used before a Reset, so it's cleared.
func Grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	old := len(s)
	s = slices.Grow(s, n-old)[:n]
	clear(s[old:])
	return s
}

// AddCapped adds two counts; past 64 signed bits it stays at the greatest, in
// whatever order counts are added.
func AddCapped(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return 1<<63 - 1
}
