package aggregate

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// States are compared by their bytes, so each value has one encoding only:
// varints are minimal, and nothing follows what was asked for.

// takeUvarint reads a minimal varint from the beginning of b.
func takeUvarint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], true
	}
	v, n := binary.Uvarint(b)
	if n <= 0 || b[n-1] == 0 {
		return 0, b, false
	}
	return v, b[n:], true
}

// zigzag makes small numbers of either sign small, for a varint.
func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// notState is ErrState with what is wrong.
func notState(codec, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrState, codec, fmt.Sprintf(format, args...))
}

// grow makes a slice at least n long, with zeros where it's new. The memory may
// have been used before a Reset, so it's cleared.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	old := len(s)
	s = slices.Grow(s, n-old)[:n]
	clear(s[old:])
	return s
}
