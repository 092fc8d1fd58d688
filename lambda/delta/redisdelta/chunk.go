package redisdelta

import (
	"encoding/binary"
	"math/bits"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// A chunk is a run of states, each a window of 8 bytes, then key and state, both
// after their length as a uvarint.

const minState = 8 + 1 + 1

// encodedLen is how many bytes a state takes.
func encodedLen(s *delta.State) int {
	return 8 + uvarintLen(len(s.Key)) + len(s.Key) + uvarintLen(len(s.State)) + len(s.State)
}

func uvarintLen(n int) int { return (bits.Len(uint(n)|1) + 6) / 7 }

func appendState(b []byte, s *delta.State) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(s.Window))
	b = binary.AppendUvarint(b, uint64(len(s.Key)))
	b = append(b, s.Key...)
	b = binary.AppendUvarint(b, uint64(len(s.State)))
	return append(b, s.State...)
}

// countStates is how many states a chunk holds, and whether it's a chunk.
func countStates(b []byte) (n int, ok bool) {
	for len(b) > 0 {
		if _, b, ok = cutState(b); !ok {
			return 0, false
		}
		n++
	}
	return n, true
}

// cutState takes the first state off a chunk, whose memory it shares.
func cutState(b []byte) (s delta.State, rest []byte, ok bool) {
	if len(b) < minState {
		return s, nil, false
	}
	s.Window = int64(binary.BigEndian.Uint64(b))
	if s.Key, b, ok = cutBytes(b[8:]); !ok {
		return s, nil, false
	}
	s.State, b, ok = cutBytes(b)
	return s, b, ok
}

func cutBytes(b []byte) (part, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end:end], b[end:], true
}
