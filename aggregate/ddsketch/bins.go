package ddsketch

import (
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
)

// bins counts the values in bins, for all groups of a vector: each bin in its
// group's window, or in the map where that doesn't have it. A group may have
// more bins than are kept for a while: which are moved, and where to, depends on
// what's there alone, so it's only done when a state is read, or when they are
// far too many.
type bins struct {
	scale   *scale
	codec   string
	counts  *statekit.Map[int64]
	windows windows
	limit   int // bins that a group may have in the map before those too many are moved
	sorted  []bin
}

type bin struct {
	number int64
	count  int64
}

func newBins(s *scale, codec string) *bins {
	return &bins{scale: s, codec: codec, counts: statekit.NewMap[int64](), limit: 4*int(s.width) + 3}
}

func (s *bins) grow(n int) {
	s.counts.Grow(n)
	s.windows.grow(n)
}

func (s *bins) reset() {
	s.counts.Reset()
	s.windows.reset()
}

func (s *bins) add(group uint32, number, n int64) {
	if !s.windows.add(group, number, n) {
		s.addToMap(group, number, n)
		s.arrange(group)
	}
}

func (s *bins) addToMap(group uint32, number, n int64) {
	count := s.counts.At(group, uint64(number))
	*count = statekit.AddCapped(*count, n)
}

// arrange moves the group's bins that are too many, and puts those of the map into
// a window where they lie close together.
func (s *bins) arrange(group uint32) {
	inMap := s.counts.Len(group)
	if inMap <= s.limit && !s.windows.tries(group, inMap) {
		return
	}
	before, behind := s.windows.open(group, s.read(group))
	s.counts.Drop(group)
	for _, b := range before {
		s.addToMap(group, b.number, b.count)
	}
	for _, b := range behind {
		s.addToMap(group, b.number, b.count)
	}
}

// all lists a group's bins, in no order.
func (s *bins) all(group uint32) iter.Seq[bin] {
	return func(yield func(bin) bool) {
		for number, count := range s.counts.All(group) {
			if !yield(bin{int64(number), *count}) {
				return
			}
		}
		first, counts := s.windows.counts(group)
		for i, count := range counts {
			if count != 0 && !yield(bin{first + int64(i), count}) {
				return
			}
		}
	}
}

// read gives a group's bins in order, those that aren't kept moved. They're good
// until the next call.
func (s *bins) read(group uint32) []bin {
	all := s.sorted[:0]
	for b := range s.all(group) {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b bin) int { return cmp.Compare(a.number, b.number) })
	s.sorted = all
	negative, positive := s.scale.kept(all)
	out := all[:0]
	for _, b := range all {
		switch number := b.number; {
		case number > negative && number < 0:
			b.number = negative
		case number > 0 && number < positive:
			b.number = positive
		}
		if n := len(out); n > 0 && out[n-1].number == b.number {
			out[n-1].count = statekit.AddCapped(out[n-1].count, b.count)
			continue
		}
		out = append(out, b)
	}
	return out
}

// A state is the number of bins, and of each the number (of the first as a zigzag
// varint, then how much more than one each next is above the one before) and how
// much more than one value it holds.
func (s *bins) append(dst []byte, group uint32) []byte {
	all := s.read(group)
	dst = binary.AppendUvarint(dst, uint64(len(all)))
	for i, b := range all {
		if i == 0 {
			dst = binary.AppendUvarint(dst, statekit.Zigzag(b.number))
		} else {
			dst = binary.AppendUvarint(dst, uint64(b.number-all[i-1].number)-1)
		}
		dst = binary.AppendUvarint(dst, uint64(b.count)-1)
	}
	return dst
}

func (s *bins) take(group uint32, state []byte) error {
	n, rest, ok := statekit.TakeUvarint(state)
	if most := uint64(2*s.scale.width + 3); !ok || n > most || n > uint64(len(rest)) {
		return statekit.NotState(s.codec, "no number of bins up to %d that %d bytes hold", most, len(state))
	}
	all := s.sorted[:0]
	var number, delta, count uint64
	for i := range n {
		if delta, rest, ok = statekit.TakeUvarint(rest); !ok {
			return statekit.NotState(s.codec, "bin %d of %d ends early", i, n)
		}
		if i == 0 {
			number = uint64(statekit.Unzigzag(delta))
		} else {
			number += min(delta, math.MaxInt64/2) + 1
		}
		if last := s.scale.last + 1; int64(number) > last || int64(number) < -last {
			return statekit.NotState(s.codec, "bin %d of %d is none", i, n)
		}
		if count, rest, ok = statekit.TakeUvarint(rest); !ok || count >= math.MaxInt64 {
			return statekit.NotState(s.codec, "bin %d of %d has no count", i, n)
		}
		all = append(all, bin{int64(number), int64(count) + 1})
	}
	s.sorted = all
	if len(rest) > 0 {
		return statekit.NotState(s.codec, "%d bytes follow the last bin", len(rest))
	}
	negative, positive := s.scale.kept(all)
	for _, b := range all {
		if b.number > negative && b.number < 0 || b.number > 0 && b.number < positive {
			return statekit.NotState(s.codec, "bin %d isn't kept", b.number)
		}
	}
	s.merge(group, all)
	return nil
}

// merge adds what other bins hold to a group's.
func (s *bins) merge(group uint32, all []bin) {
	for _, b := range all {
		if !s.windows.add(group, b.number, b.count) {
			s.addToMap(group, b.number, b.count)
		}
	}
	s.arrange(group)
}

// total is the number of a group's values.
func (s *bins) total(group uint32) (n int64) {
	for b := range s.all(group) {
		n = statekit.AddCapped(n, b.count)
	}
	return n
}

// at gives the value in a place of the sorted list of values.
func at(s *scale, all []bin, place int64) float64 {
	for _, b := range all {
		if place < b.count {
			return s.value(b.number)
		}
		place -= b.count
	}
	return s.value(all[len(all)-1].number)
}
