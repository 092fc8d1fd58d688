package window

import (
	"math"
	"time"
)

// Lateness configures a watermark. Its zero value gives the defaults; a
// negative value switches a rule off.
type Lateness struct {
	// Bound is how much later than its successors an event may come without
	// being late: the watermark stays this far behind the newest event time.
	// One minute by default, nothing if negative.
	Bound time.Duration
	// Jump is how far beyond most of the recent events the newest event time
	// may pull the watermark, so that a few events stamped in the future can't
	// make every honest one late. Recent are the events of the chunk, filled up
	// to five with those before it. One hour by default, no cap if negative.
	Jump time.Duration
	// Idle is how long, by the caller's clock, a partition may be without
	// events before it is set aside. One minute by default, for ever if
	// negative.
	Idle time.Duration
}

// withDefaults puts in the defaults, and what the rules mean when switched off.
func (l Lateness) withDefaults() Lateness {
	l.Bound = orDefault(l.Bound, time.Minute, 0)
	l.Jump = orDefault(l.Jump, time.Hour, math.MaxInt64)
	l.Idle = orDefault(l.Idle, time.Minute, math.MaxInt64)
	return l
}

func orDefault(given, byDefault, off time.Duration) time.Duration {
	switch {
	case given == 0:
		return byDefault
	case given < 0:
		return off
	}
	return given
}

// quorum is how many recent events have a say in a jump, at least. With five a
// real gap in a partition that gives its events one by one is believed at the
// third event after it.
const quorum = 5

// Watermark says how far the event time of one partition has come. It is not
// safe for concurrent use. What it says depends on the chunks it observed and
// on nothing else, never on a clock.
//
// It is the high mark less the bound. With each chunk the high mark rises to
// the chunk's newest event time, but to no more than Jump beyond the latest
// time that more than half of the recent events have reached; it never falls.
// So events stamped in the future move it by Jump at most however often they
// come, as long as they're fewer than the others, while a gap in the data (a
// night without events) is passed as soon as most recent events lie behind it.
// Before the second event there is only one opinion, and it's believed.
type Watermark struct {
	bound, jump int64 // microseconds
	idle        time.Duration
	high        int64 // newest event time believed; the zero value means nothing until known
	known       bool
	recent      [quorum - 1]int64 // the last event times, oldest first
	kept        int               // how many of recent are filled, from the back
}

// NewWatermark gives the watermark of a partition of which nothing is known yet.
func NewWatermark(l Lateness) *Watermark {
	l = l.withDefaults()
	w := &Watermark{
		bound: int64(l.Bound / time.Microsecond),
		jump:  int64(l.Jump / time.Microsecond),
		idle:  l.Idle,
	}
	// A Duration ends at 292 years, which is less than between two valid times.
	if l.Jump == math.MaxInt64 {
		w.jump = math.MaxInt64
	}
	return w
}

// Observe takes in one chunk's event times, in microseconds since the Unix
// epoch and in the order of the log. It returns how many are older than the
// watermark was before the chunk, then advances the watermark. An empty chunk
// changes nothing. It doesn't keep times and allocates nothing.
func (w *Watermark) Observe(times []int64) (late int) {
	if len(times) == 0 {
		return 0
	}
	mark, ok := w.Current()
	newest := times[0]
	for _, t := range times {
		newest = max(newest, t)
		if t < mark {
			late++
		}
	}
	if !ok {
		late = 0
	}
	w.advance(times, newest)
	w.remember(times)
	return late
}

// End says that the partition's log has ended: no event that's out of order is to
// be waited for, so the watermark reaches the high mark.
func (w *Watermark) End() { w.bound = 0 }

// Current gives the watermark in microseconds since the Unix epoch; ok is false
// before the first event.
func (w *Watermark) Current() (micros int64, ok bool) {
	if !w.known {
		return 0, false
	}
	return lessSaturated(w.high, w.bound), true
}

// Mark gives the partition's part in Min, when it has been without events for
// quiet by the caller's clock.
func (w *Watermark) Mark(quiet time.Duration) Mark {
	micros, ok := w.Current()
	return Mark{Micros: micros, Known: ok, Idle: quiet >= w.idle}
}

// advance raises the high mark to newest, as far as most recent events allow.
func (w *Watermark) advance(times []int64, newest int64) {
	if w.known && newest <= w.high {
		return
	}
	old := w.recent[quorum-1-min(w.kept, max(0, quorum-len(times))):]
	most := func(v int64) bool {
		return 2*(reaching(times, v)+reaching(old, v)) > len(times)+len(old)
	}
	// Almost always most events are within Jump of the newest, and one count is
	// enough. Otherwise bisection by value finds the latest time that most have
	// reached: a fixed number of counts at worst, and no copy of the chunk.
	lo, hi := int64(math.MinInt64), lessSaturated(newest, w.jump)
	if w.known {
		lo = lessSaturated(w.high, w.jump)
	}
	switch {
	case most(hi):
		w.high, w.known = newest, true
		return
	case w.known && !most(lo):
		return
	}
	for uint64(hi)-uint64(lo) > 1 { // most(lo) and not most(hi)
		mid := lo + int64((uint64(hi)-uint64(lo))/2)
		if most(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	w.high, w.known = lo+w.jump, true
}

// remember keeps the last event times for chunks that have too few of their own.
func (w *Watermark) remember(times []int64) {
	n := min(len(times), len(w.recent))
	copy(w.recent[:], w.recent[n:])
	copy(w.recent[len(w.recent)-n:], times[len(times)-n:])
	w.kept = min(len(w.recent), w.kept+n)
}

// reaching counts the times at or after v.
func reaching(times []int64, v int64) (n int) {
	for _, t := range times {
		if t >= v {
			n++
		}
	}
	return n
}

// lessSaturated is t-d for a d that isn't negative, cut off at math.MinInt64.
func lessSaturated(t, d int64) int64 {
	if t < math.MinInt64+d {
		return math.MinInt64
	}
	return t - d
}
