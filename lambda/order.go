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
		sorted[at] = states[order[at].at()]
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
		for to < n && s.words[s.order[to].at()] == s.words[s.order[from].at()] {
			to++
		}
		slices.SortFunc(s.order[from:to], func(a, b wordPlace) int {
			i, j := int(a.at()), int(b.at())
			return cmp.Or(cmp.Compare(string(key(i)), string(key(j))), cmp.Compare(window(i), window(j)))
		})
		from = to
	}
	return s.order
}

// orderOf maps an integer to a word that orders the same way.
func orderOf(n int64) uint64 { return uint64(n) ^ 1<<63 }

// wordSort sorts what is numbered from 0 by words: by the last of several that it's
// to be compared by first, since those of one word stay in the order that they have.
type wordSort struct {
	words []uint64 // by number: what the next sort is by
	order []wordPlace
	spare []wordPlace
}

// wordPlace is who has a place in the order and, above his number, half of his word: what
// is moved should be small.
type wordPlace uint64

func (p wordPlace) at() uint32 { return uint32(p) }

func newWordSort(n int) *wordSort {
	s := &wordSort{words: make([]uint64, n), order: make([]wordPlace, n), spare: make([]wordPlace, n)}
	for i := range s.order {
		s.order[i] = wordPlace(i)
	}
	return s
}

// sort sorts by the words.
func (s *wordSort) sort() {
	last, inOrder := uint64(0), true
	for _, p := range s.order {
		word := s.words[p.at()]
		inOrder = inOrder && word >= last
		last = word
	}
	if !inOrder {
		s.sortHalf(0)
		s.sortHalf(32)
	}
}

// digit is how many bits are sorted by at once.
const digit = 11

// sortHalf sorts by half of each word, digit after digit from the lowest, by those
// bits alone that aren't alike (radix sort: Knuth, "The Art of Computer Programming",
// 5.2.5).
func (s *wordSort) sortHalf(from int) {
	first := s.words[s.order[0].at()]
	differ := uint64(0)
	for i, p := range s.order {
		word := s.words[p.at()]
		differ |= word ^ first
		s.order[i] = wordPlace(word>>from<<32) | wordPlace(p.at())
	}
	differ = differ >> from << 32
	for shift := bits.TrailingZeros64(differ); shift < bits.Len64(differ); shift += digit {
		if differ>>shift&(1<<digit-1) != 0 {
			s.sortDigit(shift)
		}
	}
}

func (s *wordSort) sortDigit(shift int) {
	var counts [1 << digit]uint32
	for _, p := range s.order {
		counts[p>>shift&(1<<digit-1)]++
	}
	next := uint32(0)
	for i, count := range counts {
		counts[i] = next
		next += count
	}
	spare := s.spare
	for _, p := range s.order {
		to := &counts[p>>shift&(1<<digit-1)]
		spare[*to] = p
		*to++
	}
	s.order, s.spare = spare, s.order
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
