package lambda

import (
	"fmt"
	"math"
	"time"

	"github.com/anabranch-go/anabranch/window"
)

// Range says which windows a query wants: Last, Between or Ever, then By for a
// coarser step than the view's own windows. The zero Range is Ever.
type Range struct {
	from, to   time.Time
	last       time.Duration
	bounded    bool
	step       *window.Spec
	incomplete bool
}

// Last is the time up to now, by the clock.
func Last(d time.Duration) Range { return Range{last: d, bounded: true} }

// Between is [from, to).
func Between(from, to time.Time) Range { return Range{from: from, to: to, bounded: true} }

// Ever is all of time.
func Ever() Range { return Range{} }

// By rolls windows up into coarser ones, or into sliding ones. The answer's first
// and last windows are whole ones, so it may reach past the range by less than a
// window. A session counts, whole, in the window that it starts in.
func (r Range) By(step window.Spec) Range {
	r.step = &step
	return r
}

// AllowIncomplete wants the answer even where a part of the log is missing from
// it; its provenance says which.
func (r Range) AllowIncomplete() Range {
	r.incomplete = true
	return r
}

// span is what a range means for a view: which states are read, and which windows
// are shown.
type span struct {
	view, step window.Spec
	// States are read whose windows start in [from, to): of sessions all, since
	// any may reach into the range.
	from, to int64
	// Windows are shown that start in [first, end); of sessions by themselves
	// those that overlap [first, end).
	first, end int64
}

func (r Range) resolve(view window.Spec, now time.Time) (span, error) {
	s := span{view: view, step: view, from: math.MinInt64, to: math.MaxInt64, first: math.MinInt64, end: math.MaxInt64}
	if r.step != nil {
		if err := r.step.Validate(); err != nil {
			return s, fmt.Errorf("%w: step: %w", ErrRange, err)
		}
		if err := view.RollsUpTo(*r.step); err != nil {
			return s, fmt.Errorf("%w: step: %w", ErrRange, err)
		}
		s.step = *r.step
	}
	if !r.bounded {
		return s, nil
	}
	from, to := r.from, r.to
	if r.last != 0 {
		from, to = now.Add(-r.last), now
	}
	from, to = clamp(from), clamp(to)
	if !from.Before(to) {
		return s, fmt.Errorf("%w: it ends at %s and starts at %s", ErrRange, to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	s.bound(from.UnixMicro(), to.UnixMicro())
	return s, nil
}

// bound sets the bounds of a range [from, to): whole windows that overlap it.
func (s *span) bound(from, to int64) {
	whole := s.step
	if whole.IsGlobal() {
		whole = s.view // all of time by one step is what overlaps the range
	}
	switch {
	case whole.IsGlobal():
	case whole.IsSession():
		s.first, s.end = from, to
	case whole.IsSliding() && s.step.IsGlobal():
		whole = whole.Panes()
		fallthrough
	case !whole.IsSliding():
		s.first, s.end = startOf(whole, from), whole.End(startOf(whole, to-1))
		s.from, s.to = s.first, s.end
	default:
		panes := whole.Panes()
		pane, last := startOf(panes, from), startOf(panes, to-1)
		s.first, _, _ = whole.Over(pane, panes.End(pane))
		_, last, _ = whole.Over(last, panes.End(last))
		s.end = last + 1
		s.from, s.to = s.first, whole.End(last)
	}
	if s.view.IsSession() {
		s.from, s.to = math.MinInt64, math.MaxInt64
	}
}

// reads says whether states of a window that starts at start are read.
func (s *span) reads(start int64) bool { return s.from <= start && start < s.to }

// shows says whether a window that starts at start is shown.
func (s *span) shows(start int64) bool { return s.first <= start && start < s.end }

// showsSession says whether a session is shown, or belongs to a step that is.
func (s *span) showsSession(first, last int64) bool {
	if !s.step.IsSession() && !s.step.IsGlobal() {
		return s.shows(first)
	}
	return first < s.end && last+s.view.Gap() > s.first
}

// clamp keeps a time within the years of events: further off, microseconds
// overflow.
func clamp(t time.Time) time.Time {
	first, end := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case t.Before(first):
		return first
	case t.After(end):
		return end
	}
	return t
}

// startOf is the start of the window that holds a time.
func startOf(spec window.Spec, us int64) int64 {
	times, starts := [1]int64{us}, [1]int64{}
	spec.Assign(starts[:], times[:])
	return starts[0]
}
