package lambda

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

func compareStates(a, b delta.State) int {
	if c := bytes.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	return cmp.Compare(a.Window, b.Window)
}

// sortStates puts states in the order of state files.
func sortStates(states []delta.State) {
	order := ordered(len(states), func(i int) []byte { return states[i].Key }, func(i int) int64 { return states[i].Window })
	sorted := make([]delta.State, len(states))
	for at := range order {
		sorted[at] = states[order[at].at]
	}
	copy(states, sorted)
}

// ordered numbers what has a key and a window each, by key, then window: the order
// of state files.
// What it moves are small places, by the bytes of what they compare.
func ordered[K ~[]byte | ~string](n int, key func(i int) K, window func(i int) int64) []wordPlace {
	if n == 0 {
		return nil
	}
	s := newWordSort(n)
	for i := range s.words {
		s.words[i] = orderOf(window(i))
	}
	s.sort()
	shared, whole := sharedPrefix(n, key)
	for i := range s.words {
		var head [8]byte
		copy(head[:], key(i)[shared:])
		s.words[i] = binary.BigEndian.Uint64(head[:])
	}
	s.sort()
	for from := 0; !whole && from < n; { // keys that differ after their heads
		to := from + 1
		for to < n && s.places[to].word == s.places[from].word {
			to++
		}
		slices.SortFunc(s.places[from:to], func(a, b wordPlace) int {
			return cmp.Or(cmp.Compare(string(key(int(a.at))), string(key(int(b.at)))), cmp.Compare(window(int(a.at)), window(int(b.at))))
		})
		from = to
	}
	return s.places
}

// orderOf maps an integer to a word that orders the same way.
func orderOf(n int64) uint64 { return uint64(n) ^ 1<<63 }

// wordSort sorts what is numbered from 0 by words: by the last of several that it's
// to be compared by first, since those of one word stay in the order that they have.
type wordSort struct {
	words  []uint64 // by number: what the next sort is by
	places []wordPlace
	spare  []wordPlace
}

// wordPlace is a place in the order: who has it, and his word.
type wordPlace struct {
	word uint64
	at   uint32
}

func newWordSort(n int) *wordSort {
	s := &wordSort{words: make([]uint64, n), places: make([]wordPlace, n), spare: make([]wordPlace, n)}
	for i := range s.places {
		s.places[i].at = uint32(i)
	}
	return s
}

// digit is how many bits are sorted by at once.
const digit = 11

// sort sorts by the words' digits, one after another from the lowest: by those bits
// in which words differ, and not at all where they're in order (radix sort: Knuth,
// "The Art of Computer Programming", 5.2.5).
func (s *wordSort) sort() {
	first := s.words[s.places[0].at]
	last, differ, inOrder := first, uint64(0), true
	for i := range s.places {
		word := s.words[s.places[i].at]
		s.places[i].word = word
		differ |= word ^ first
		inOrder = inOrder && word >= last
		last = word
	}
	if inOrder {
		return
	}
	var counts [1 << digit]uint32
	for shift := bits.TrailingZeros64(differ); shift < bits.Len64(differ); shift += digit {
		if differ>>shift&(1<<digit-1) == 0 {
			continue
		}
		clear(counts[:])
		for i := range s.places {
			counts[s.places[i].word>>shift&(1<<digit-1)]++
		}
		next := uint32(0)
		for i, count := range counts {
			counts[i] = next
			next += count
		}
		spare := s.spare
		for _, p := range s.places {
			to := &counts[p.word>>shift&(1<<digit-1)]
			spare[*to] = p
			*to++
		}
		s.places, s.spare = spare, s.places
	}
}

// sharedPrefix is how many bytes all keys begin with. Whole says that the eight
// after these tell all keys apart.
func sharedPrefix[K ~[]byte | ~string](n int, key func(i int) K) (shared int, whole bool) {
	first := key(0)
	shared, whole = len(first), true
	for i := range n {
		k := key(i)
		whole = whole && len(k) == len(first)
		shared = min(shared, len(k))
		for at := range shared {
			if k[at] != first[at] {
				shared = at
				break
			}
		}
	}
	return shared, whole && len(first) <= shared+8
}
