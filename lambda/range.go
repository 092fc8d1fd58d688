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

// By rolls windows up into coarser ones. The answer's first and last windows are
// whole ones, so it may reach past the range by less than a window.
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

// selection is a range in terms of a view's windows: those that start in
// [from, to), rolled up by step.
type selection struct {
	from, to int64
	step     window.Spec
}

func (r Range) resolve(fine window.Spec, now time.Time) (selection, error) {
	s := selection{from: math.MinInt64, to: math.MaxInt64, step: fine}
	if r.step != nil {
		if err := r.step.Validate(); err != nil {
			return s, fmt.Errorf("%w: step: %w", ErrRange, err)
		}
		if err := fine.RollsUpTo(*r.step); err != nil {
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
	// A bounded range of all of time by one step is what overlaps it.
	whole := s.step
	if whole.IsGlobal() {
		whole = fine
	}
	if !whole.IsGlobal() {
		s.from = startOf(whole, from.UnixMicro())
		s.to = whole.End(startOf(whole, to.UnixMicro()-1))
	}
	return s, nil
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

// holds says whether a window that starts at start is selected.
func (s selection) holds(start int64) bool { return s.from <= start && start < s.to }
