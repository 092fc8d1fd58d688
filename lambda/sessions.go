package lambda

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate"
)

// sessions are the windows of a view by session: intervals of event time, each
// of one key. What is held are fragments: intervals whose events are all linked,
// each less than a gap from the next. A fragment may be a part of a session, and
// two that touch are of one session; so fragments of any deltas may be put
// together in any order, and merging all that touch gives the sessions.
//
// An event goes to the fragment that its key's last event went to, if it touches
// that, and begins a new one otherwise. compact merges fragments from time to
// time, and always before they're encoded or shown.
type sessions struct {
	gap      int64
	keys     []uint32 // a fragment's key: a group of the table's groups
	firsts   []int64  // its first event's time
	lasts    []int64
	current  []uint32 // by key: the fragment that its last event went to
	settled  int      // how many fragments the last compaction has left
	shuffled []uint32 // scratch
}

// maxSessionTime bounds what a state file may claim, so that no sum overflows.
const maxSessionTime = int64(1) << 60

var errSession = errors.New("lambda: not a session's state")

func (s *sessions) len() int { return len(s.keys) }

func (s *sessions) reset() {
	s.keys, s.firsts, s.lasts, s.current, s.settled = s.keys[:0], s.firsts[:0], s.lasts[:0], s.current[:0], 0
}

// touch says whether the interval [first, last] belongs to a fragment's session.
func (s *sessions) touch(fragment uint32, first, last int64) bool {
	return first-s.lasts[fragment] < s.gap && s.firsts[fragment]-last < s.gap
}

// place puts an interval of a key's events into a fragment, and gives that.
func (s *sessions) place(key uint32, first, last int64) uint32 {
	for int(key) >= len(s.current) {
		s.current = append(s.current, none)
	}
	if at := s.current[key]; at != none && s.touch(at, first, last) {
		s.firsts[at], s.lasts[at] = min(s.firsts[at], first), max(s.lasts[at], last)
		return at
	}
	at := uint32(len(s.keys))
	s.keys, s.firsts, s.lasts = append(s.keys, key), append(s.firsts, first), append(s.lasts, last)
	s.current[key] = at
	return at
}

// none is no fragment.
const none = ^uint32(0)

// find replaces each event's key by its fragment.
func (s *sessions) find(keys []uint32, times []int64) {
	for i, key := range keys {
		keys[i] = s.place(key, times[i], times[i])
	}
}

// merge gives the fragment here of each of other's, whose keys are into here.
func (s *sessions) merge(into []uint32, other *sessions) []uint32 {
	out := make([]uint32, other.len())
	for i, key := range other.keys {
		out[i] = s.place(into[key], other.firsts[i], other.lasts[i])
	}
	return out
}

// loose says that there are many fragments that have never been merged.
func (s *sessions) loose() bool { return s.len() > 2*s.settled+1024 }

// sorted gives the fragments by key, then by time.
func (s *sessions) sorted() []uint32 {
	order := s.shuffled[:0]
	for i := range s.keys {
		order = append(order, uint32(i))
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.keys[a], s.keys[b]), cmp.Compare(s.firsts[a], s.firsts[b]), cmp.Compare(s.lasts[a], s.lasts[b]))
	})
	s.shuffled = order
	return order
}

// compact makes one fragment of all that touch. into says which each has become;
// nil if all stand apart already.
func (s *sessions) compact() (into []uint32) {
	merged := sessions{gap: s.gap}
	into = make([]uint32, s.len())
	for _, i := range s.sorted() {
		into[i] = merged.place(s.keys[i], s.firsts[i], s.lasts[i])
	}
	s.settled = merged.len()
	if merged.len() == s.len() {
		return nil
	}
	s.keys, s.firsts, s.lasts, s.current = merged.keys, merged.firsts, merged.lasts, merged.current
	return into
}

// A session's state is how long it lasts from its first to its last event, in
// microseconds, and then its aggregate's state. Its window is its first event's
// time.
func appendSession(dst []byte, first, last int64) []byte {
	return binary.AppendUvarint(dst, uint64(last-first))
}

func readSession(first int64, state []byte) (last int64, rest []byte, err error) {
	lasts, n := binary.Uvarint(state)
	if n <= 0 || lasts > uint64(2*maxSessionTime) || first < -maxSessionTime || first > maxSessionTime || first+int64(lasts) > maxSessionTime {
		return 0, nil, fmt.Errorf("%w: %w: %d bytes, from %d", aggregate.ErrState, errSession, len(state), first)
	}
	return first + int64(lasts), state[n:], nil
}
