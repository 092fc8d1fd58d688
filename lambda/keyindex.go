package lambda

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"sort"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// keyIndex finds keys among sorted states, in few places of memory, which a search by
// halves among a million keys would go all over. It cuts the range of the heads, the
// eight bytes of a key after those that all keys begin with, into as many equal
// buckets as there are states, about. Keys that are spread evenly have a bucket each;
// of others a bucket with many is searched by halves. Most files of a view don't have
// the key: a filter, which lies in nearer caches, says so of seven in eight.
type keyIndex struct {
	prefix  []byte // what all keys begin with
	longest int    // key's length
	shift   int    // of a head's distance from the least: its bucket
	starts  []uint32
	heads   []uint64
	spread  int      // of a head's hash: its bit in the filter
	filter  []uint64 // a bit for each hash of a head: eight to sixteen times as many as states
}

// indexOverhead is what an index takes for a state, at most.
const indexOverhead = 14

func newKeyIndex(states []delta.State) keyIndex {
	n := len(states)
	if n == 0 {
		return keyIndex{}
	}
	// Sorted keys have in common what the first and the last have.
	first, last := states[0].Key, states[n-1].Key
	shared := 0
	for shared < min(len(first), len(last)) && first[shared] == last[shared] {
		shared++
	}
	x := keyIndex{prefix: first[:shared], heads: make([]uint64, n)}
	words := max(1, bits.Len(uint(n))-3)
	x.filter, x.spread = make([]uint64, 1<<words), 64-6-words
	for i := range states {
		x.heads[i] = head(states[i].Key[shared:])
		x.longest = max(x.longest, len(states[i].Key))
		bit := x.bit(x.heads[i])
		x.filter[bit/64] |= 1 << (bit % 64)
	}
	span := x.heads[n-1] - x.heads[0]
	x.shift = max(0, bits.Len64(span)-bits.Len(uint(n))+1)
	x.starts = make([]uint32, span>>x.shift+2)
	bucket := uint64(0)
	for i, h := range x.heads {
		for b := (h - x.heads[0]) >> x.shift; bucket < b; {
			bucket++
			x.starts[bucket] = uint32(i)
		}
	}
	x.starts[bucket+1] = uint32(n)
	return x
}

// head is the first eight bytes as a number. It orders as the bytes do, but for those
// that differ later and zeros at the end.
func head(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var first [8]byte
	copy(first[:], key)
	return binary.BigEndian.Uint64(first[:])
}

// bit is a head's place in the filter.
func (x *keyIndex) bit(head uint64) uint64 {
	return head * hashMultiplier >> (x.spread & 63)
}

// may says whether some keys may begin with some bytes: false is sure. It looks at
// one place of memory that isn't near.
func (x *keyIndex) may(key []byte) bool {
	if len(key) <= len(x.prefix) {
		return bytes.HasPrefix(x.prefix, key)
	}
	rest := key[len(x.prefix):]
	if !bytes.HasPrefix(key, x.prefix) || len(x.filter) == 0 {
		return false
	}
	if len(rest) < 8 && len(key) < x.longest {
		return true // many heads may begin with it
	}
	bit := x.bit(head(rest))
	return x.filter[bit/64]>>(bit%64)&1 == 1
}

// find gives the states, of those that the index is of, whose keys begin with some
// bytes.
func (x *keyIndex) find(states []delta.State, key []byte) []delta.State {
	if len(states) == 0 || len(key) <= len(x.prefix) {
		if bytes.HasPrefix(x.prefix, key) {
			return states
		}
		return nil
	}
	if !bytes.HasPrefix(key, x.prefix) {
		return nil
	}
	rest := key[len(x.prefix):]
	wanted := head(rest)
	from := x.search(wanted)
	last := wanted | math.MaxUint64>>(8*min(len(rest), 8)) // head of a key that begins with rest
	if from == len(states) || x.heads[from] > last {
		return nil // without a look at the states, which lie elsewhere
	}
	if bytes.Compare(states[from].Key, key) < 0 { // keys that differ after their heads
		same := x.heads[from:]
		same = same[:sort.Search(len(same), func(i int) bool { return same[i] > same[0] })]
		from += sort.Search(len(same), func(i int) bool { return bytes.Compare(states[from+i].Key, key) >= 0 })
	}
	to := from
	for to < len(states) && bytes.HasPrefix(states[to].Key, key) {
		to++
	}
	return states[from:to]
}

// search gives the place of the first head that is at least wanted.
func (x *keyIndex) search(wanted uint64) int {
	if wanted <= x.heads[0] {
		return 0
	}
	bucket := (wanted - x.heads[0]) >> x.shift
	if bucket >= uint64(len(x.starts)-1) {
		return len(x.heads)
	}
	from, to := x.starts[bucket], x.starts[bucket+1]
	for from < to {
		if middle := from + (to-from)/2; x.heads[middle] < wanted {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return int(from)
}
