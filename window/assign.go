package window

import (
	"math"
	"time"
)

// Assign sets starts[i] to the start of the window that times[i] lies in, both
// in microseconds since the Unix epoch. Like copy it handles as many as the
// shorter slice has. It allocates nothing and keeps neither slice; the two may
// be the same slice. A run of times in one window costs a compare each.
//
// A sliding Spec assigns times to its panes, and a session Spec to themselves:
// what they start is decided later, by other events.
func (s Spec) Assign(starts, times []int64) {
	n := min(len(starts), len(times))
	starts, times = starts[:n], times[:n]
	if s.kind == session {
		copy(starts, times)
		return
	}
	s = s.Panes()
	// With a width of zero the first time is in no window yet. Beyond it one
	// unsigned compare checks both ends, since a time before start wraps round
	// to a huge distance.
	var start int64
	var width uint64
	for i, t := range times {
		if uint64(t)-uint64(start) >= width {
			var end int64
			start, end = s.bounds(t)
			width = uint64(end) - uint64(start)
		}
		starts[i] = start
	}
}

// End gives the exclusive end of the window that starts at start, in
// microseconds since the Unix epoch; math.MaxInt64 for Global. For a session Spec
// it's the end of a session whose only event is at start.
func (s Spec) End(start int64) int64 {
	if s.kind == sliding || s.kind == session {
		if start > math.MaxInt64-s.micros() {
			return math.MaxInt64
		}
		return start + s.micros()
	}
	_, end := s.bounds(start)
	return end
}

// At gives the window that t lies in: of sliding windows the newest, of sessions
// the one that t alone makes.
func (s Spec) At(t time.Time) Span {
	start, _ := s.bounds(t.UnixMicro())
	return s.Span(start)
}

// Span gives the window that starts at start, microseconds since the Unix
// epoch. Its times are in the location of a calendar window, otherwise in UTC.
func (s Spec) Span(start int64) Span {
	if s.kind == global || s.Validate() != nil {
		return Span{}
	}
	loc := time.UTC
	if s.isCalendar() {
		loc = s.loc
	}
	return Span{Start: time.UnixMicro(start).In(loc), End: time.UnixMicro(s.End(start)).In(loc)}
}

// bounds gives the window [start, end) that t lies in.
func (s Spec) bounds(t int64) (start, end int64) {
	switch {
	case s.kind == global || s.Validate() != nil:
		return math.MinInt64, math.MaxInt64
	case s.kind == tumbling:
		return tumblingBounds(t, s.micros())
	case s.kind == sliding:
		start, _ = tumblingBounds(t, int64(s.every/time.Microsecond))
		return start, s.End(start)
	case s.kind == session:
		return t, s.End(t)
	case s.kind == hourly:
		return s.zone.hourBounds(t)
	}
	first := s.kind.floor(s.zone.latest(t))
	return s.zone.reach(first), s.zone.reach(s.kind.next(first))
}

// tumblingBounds floors t to the size. At the far ends of int64 the window is
// cut short rather than wrapped round.
func tumblingBounds(t, size int64) (start, end int64) {
	start = math.MinInt64
	if past := modulo(t, size); t >= math.MinInt64+past {
		start = t - past
	}
	end = math.MaxInt64
	if start <= math.MaxInt64-size {
		end = start + size
	}
	return start, end
}

// modulo is the remainder in [0, size), for negative t too.
func modulo(t, size int64) int64 {
	m := t % size
	if m < 0 {
		m += size
	}
	return m
}
