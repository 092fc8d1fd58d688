package topk

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
)

// A state is twice what the counters lack, and one more if a weight was negative;
// if they lack something, the total; their number; and each counter's value and
// how much more than one it has, in the values' order.
func (s *summaries) append(dst []byte, group uint32) []byte {
	var lost int64
	s.scratch, lost = s.view(s.scratch[:0], group, &s.counts)
	slices.SortFunc(s.scratch, func(a, b counter) int { return s.counters.Compare(a.word, b.word) })
	r := s.rest[group]
	first := uint64(lost) << 1
	if r.negative {
		first |= 1
	}
	dst = binary.AppendUvarint(dst, first)
	if lost > 0 {
		dst = binary.AppendUvarint(dst, uint64(r.total))
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.scratch)))
	for i, c := range s.scratch {
		var before uint64
		if i > 0 {
			before = s.scratch[i-1].word
		}
		dst = s.counters.AppendWord(dst, i == 0, before, c.word)
		dst = binary.AppendUvarint(dst, uint64(c.count)-1)
	}
	return dst
}

// take merges a state once all of it was read: half a state would break what the
// counters and the total promise each other.
func (s *summaries) take(group uint32, state []byte) error {
	first, b, ok := statekit.TakeUvarint(state)
	r := rest{lost: int64(first >> 1), negative: first&1 == 1}
	var total, n, count uint64
	if ok && r.lost > 0 {
		total, b, ok = statekit.TakeUvarint(b)
	}
	if !ok || total > math.MaxInt64 {
		return statekit.NotState(s.codec, "%d bytes that don't begin with a loss and a total", len(state))
	}
	if n, b, ok = statekit.TakeUvarint(b); !ok || n > uint64(s.capacity) {
		return statekit.NotState(s.codec, "no number of counters up to %d", s.capacity)
	}
	reader := s.counters.Reader()
	read := s.read[:0]
	var sum int64
	for i := range n {
		var word uint64
		var wrong string
		if word, b, wrong = reader.Take(b); wrong != "" {
			return statekit.NotState(s.codec, "value %d of %d %s", i, n, wrong)
		}
		if count, b, ok = statekit.TakeUvarint(b); !ok || count >= math.MaxInt64 {
			return statekit.NotState(s.codec, "value %d of %d has no count", i, n)
		}
		read = append(read, counter{word, int64(count) + 1})
		sum = statekit.AddCapped(sum, int64(count)+1)
	}
	s.read = read
	if len(b) > 0 {
		return statekit.NotState(s.codec, "%d bytes follow the last counter", len(b))
	}
	if r.total = int64(total); r.lost == 0 {
		r.total = sum
	}
	if !r.overflows() && (r.total < sum || r.lost > (r.total-sum)/int64(s.capacity+1)) {
		return statekit.NotState(s.codec, "a loss of %d that a total of %d doesn't bear", r.lost, r.total)
	}
	s.merge(group, read, r)
	return nil
}
