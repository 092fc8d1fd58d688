package window

import (
	"fmt"
	"math"
	"time"
)

// maxPanes bounds what one event costs a query: the windows that it's in.
const maxPanes = 10_000

// Sliding gives windows of one size, one of which starts every so often, aligned
// to the Unix epoch: an event lies in size/every of them. Both are positive whole
// numbers of microseconds, and every is at most size.
//
// What is stored are states of the panes that all windows are made of (see
// [Spec.Panes]), each event once; a query merges each window from its panes. The
// method is that of J. Li et al., "No pane, no gain" (SIGMOD Record, 2005).
func Sliding(size, every time.Duration) Spec { return Spec{kind: sliding, size: size, every: every} }

func (s Spec) validateSliding() error {
	switch {
	case s.size <= 0 || s.every <= 0 || s.size%time.Microsecond != 0 || s.every%time.Microsecond != 0:
		return fmt.Errorf("%w: %v and %v aren't positive whole numbers of microseconds, which event times are counted in", ErrSize, s.size, s.every)
	case s.every > s.size:
		return fmt.Errorf("%w: windows of %v, one every %v, leave events out", ErrSize, s.size, s.every)
	case s.size/s.pane() > maxPanes:
		return fmt.Errorf("%w: windows of %v, one every %v, have %d panes of %v: at most %d do", ErrSize, s.size, s.every, s.size/s.pane(), s.pane(), maxPanes)
	}
	return nil
}

// pane is the greatest common divisor of the size and the distance.
func (s Spec) pane() time.Duration {
	a, b := s.size, s.every
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// IsSliding tells whether the Spec is Sliding's.
func (s Spec) IsSliding() bool { return s.kind == sliding }

// Panes gives the windows that states are stored by: the largest tumbling ones
// that every window of a sliding Spec is made of. Other Specs are their own.
func (s Spec) Panes() Spec {
	if s.kind != sliding || s.Validate() != nil {
		return s
	}
	return Tumbling(s.pane())
}

// Over gives the sliding windows that hold a span [start, end) of panes, which
// lies in at least one: their starts are first, first+every, … last, in
// microseconds since the Unix epoch.
func (s Spec) Over(start, end int64) (first, last, every int64) {
	size, every := s.micros(), int64(s.every/time.Microsecond)
	last = start - modulo(start, every)
	// The earliest start is the first multiple of every at or after end-size.
	first = lessSaturated(end, size)
	if past := modulo(first, every); past > 0 && first <= math.MaxInt64-every {
		first += every - past
	}
	return min(first, last), last, every
}
