package lambda

import (
	"bytes"
	"cmp"
	"encoding/binary"
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
	for at, i := range order {
		sorted[at] = states[i]
	}
	copy(states, sorted)
}

// ordered numbers what has a key and a window each, by key, then window: the order
// of state files.
// What it moves are small places, by the bytes of what they compare.
func ordered(n int, key func(i int) []byte, window func(i int) int64) []uint32 {
	if n == 0 {
		return nil
	}
	shared, whole := sharedPrefix(n, key)
	ranks := windowRanks(n, window)
	places := make([]statePlace, n)
	for i := range places {
		var head [8]byte
		copy(head[:], key(i)[shared:])
		places[i] = statePlace{head: binary.BigEndian.Uint64(head[:]), window: ranks.of(window(i)), at: uint32(i)}
	}
	places = sortByBytes(places, func(p *statePlace) uint64 { return uint64(p.window) })
	places = sortByBytes(places, func(p *statePlace) uint64 { return p.head })
	for from := 0; !whole && from < n; { // keys that differ after their heads
		to := from + 1
		for to < n && places[to].head == places[from].head {
			to++
		}
		slices.SortFunc(places[from:to], func(a, b statePlace) int {
			return cmp.Or(bytes.Compare(key(int(a.at)), key(int(b.at))), cmp.Compare(a.window, b.window))
		})
		from = to
	}
	order := make([]uint32, n)
	for i := range places {
		order[i] = places[i].at
	}
	return order
}

// statePlace is where a state is, and what comes first in its order.
type statePlace struct {
	head   uint64 // of its key, after what all keys share
	window uint32 // its number in the order of all
	at     uint32
}

// ranks numbers windows in their order: few windows make few bytes.
type ranks struct {
	numbers map[int64]uint32
	last    int64 // the window asked for last
	rank    uint32
}

func windowRanks(n int, window func(i int) int64) *ranks {
	r := &ranks{numbers: map[int64]uint32{}}
	var windows []int64
	for i := range n {
		w := window(i)
		if i > 0 && w == r.last {
			continue
		}
		r.last = w
		if _, ok := r.numbers[w]; !ok {
			r.numbers[w] = 0
			windows = append(windows, w)
		}
	}
	slices.Sort(windows)
	for rank, w := range windows {
		r.numbers[w] = uint32(rank)
	}
	r.rank = r.numbers[r.last]
	return r
}

// of gives a window's number; it's often that of the window before.
func (r *ranks) of(window int64) uint32 {
	if window != r.last {
		r.last, r.rank = window, r.numbers[window]
	}
	return r.rank
}

// sharedPrefix is how many bytes all keys begin with. Whole says that the eight
// after these tell all keys apart.
func sharedPrefix(n int, key func(i int) []byte) (shared int, whole bool) {
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

// sortByBytes sorts places by a number, those of one number in the order that they
// have: byte after byte from the lowest, without those that all have alike (radix
// sort: Knuth, "The Art of Computer Programming", 5.2.5).
func sortByBytes(places []statePlace, number func(*statePlace) uint64) []statePlace {
	var counts [8][256]int
	for i := range places {
		n := number(&places[i])
		for b := range counts {
			counts[b][byte(n>>(8*b))]++
		}
	}
	spare := make([]statePlace, len(places))
	for b := range counts {
		if counts[b][byte(number(&places[0])>>(8*b))] == len(places) {
			continue
		}
		next := 0
		for digit, count := range counts[b] {
			counts[b][digit] = next
			next += count
		}
		for i := range places {
			to := &counts[b][byte(number(&places[i])>>(8*b))]
			spare[*to] = places[i]
			*to++
		}
		places, spare = spare, places
	}
	return places
}
