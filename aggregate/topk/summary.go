package topk

import (
	"math"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

// summaries are a vector of Misra-Gries summaries. A group may have up to twice as
// many counters as its capacity, so that they're seldom looked at all together;
// what is read of it has no more than the capacity.
type summaries struct {
	codec    string
	capacity int
	counters *statekit.Values[int64] // each is a lower bound of its value's weight
	rest     []rest                  // by group
	scratch  []counter
	read     []counter
	counts   []int64
}

// rest is what a group has beside its counters. Weights past 63 bits stay at the
// greatest that there is.
type rest struct {
	total    int64 // weight of all values
	lost     int64 // most that a value's weight can be more than its counter
	negative bool  // an event's weight was
}

type counter struct {
	word  uint64
	count int64
}

func newSummaries(kind source.Kind, capacity int, codec string) *summaries {
	return &summaries{codec: codec, capacity: capacity, counters: statekit.NewValues[int64](kind)}
}

func (s *summaries) grow(n int) {
	s.counters.Grow(n)
	s.rest = statekit.Grow(s.rest, n)
}

func (s *summaries) reset() {
	s.counters.Reset()
	s.rest = s.rest[:0]
}

// add adds weight, which is above 0, to a value.
func (s *summaries) add(group uint32, word uint64, weight int64) {
	s.count(group, word, weight)
	r := &s.rest[group]
	r.total = statekit.AddCapped(r.total, weight)
	if s.counters.Len(group) > 2*s.capacity {
		s.reduce(group)
	}
}

func (s *summaries) count(group uint32, word uint64, weight int64) {
	count := s.counters.At(group, word)
	*count = statekit.AddCapped(*count, weight)
}

// view appends a group's counters to dst, in no order: no more than the capacity.
// lost is what they lack. The group isn't changed.
func (s *summaries) view(dst []counter, group uint32, counts *[]int64) (view []counter, lost int64) {
	lost = s.rest[group].lost
	var cut int64
	if n := s.counters.Len(group) - s.capacity; n > 0 {
		all := (*counts)[:0]
		for _, count := range s.counters.All(group) {
			all = append(all, *count)
		}
		*counts, cut = all, nth(all, n-1) // the first that's too many, seen from the top
	}
	for word, count := range s.counters.All(group) {
		if *count > cut {
			dst = append(dst, counter{word, *count - cut})
		}
	}
	return dst, statekit.AddCapped(lost, cut)
}

// reduce makes a group its view.
func (s *summaries) reduce(group uint32) {
	if s.counters.Len(group) <= s.capacity {
		return
	}
	var lost int64
	s.scratch, lost = s.view(s.scratch[:0], group, &s.counts)
	s.counters.Drop(group)
	for _, c := range s.scratch {
		*s.counters.At(group, c.word) = c.count
	}
	s.rest[group].lost = lost
}

// merge adds another summary to a group, of words of this vector.
// The counters aren't those of scratch's memory.
func (s *summaries) merge(group uint32, counters []counter, other rest) {
	s.reduce(group)
	for _, c := range counters {
		s.count(group, c.word, c.count)
	}
	r := &s.rest[group]
	r.total = statekit.AddCapped(r.total, other.total)
	r.lost = statekit.AddCapped(r.lost, other.lost)
	r.negative = r.negative || other.negative
}

// overflows says whether the weights have passed 63 bits.
func (r rest) overflows() bool { return r.total == math.MaxInt64 }
