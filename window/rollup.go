package window

import (
	"fmt"
	"slices"
	"time"
)

// RollsUpTo tells whether every window of s lies inside one window of coarse,
// so that merging the states of windows of s gives those of coarse: nil if so,
// ErrRollup if not, and the error of Validate if either Spec is invalid.
// Everything rolls up to Global and to itself.
//
// Where the two rules read different clocks (one-hour tumbling windows, which
// follow UTC, into days of Kolkata) the answer depends on the offsets that the
// locations really use, and it holds for windows from 1970 on. Before that
// nearly every location had an odd offset of local mean time (Paris 9m21s until
// 1911), which would rule out every roll-up but that of seconds. An older
// window that does straddle a boundary belongs to the coarse window it starts in.
//
// Fine windows roll up to sliding ones whose panes they divide, and sliding ones
// to whatever their panes do. A session, as a whole, belongs to the coarser window
// that it starts in; nothing but itself rolls up to sessions.
//
// An error can name an instant at which coarse starts a window and s doesn't.
func (s Spec) RollsUpTo(coarse Spec) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("cannot roll up: %w", err)
	}
	if err := coarse.Validate(); err != nil {
		return fmt.Errorf("cannot roll up to: %w", err)
	}
	if coarse.kind == global || s.same(coarse) {
		return nil
	}
	switch {
	case coarse.kind == session || s.kind == session && coarse.kind == sliding:
		return fmt.Errorf("%w: %v into %v", ErrRollup, s, coarse)
	case s.kind == session:
		return nil
	}
	s, coarse = s.Panes(), coarse.Panes()
	if s.same(coarse) {
		return nil
	}
	if !s.fits(coarse) {
		return fmt.Errorf("%w: %v into %v: choose a finer window or a coarser one that it divides", ErrRollup, s, coarse)
	}
	if s.kind == tumbling && coarse.kind == tumbling || s.zone != nil && coarse.zone != nil && s.zone.equal(coarse.zone) {
		return nil
	}
	if at, found := s.straddled(coarse); found {
		return fmt.Errorf("%w: %v into %v: one window spans the boundary at %s", ErrRollup, s, coarse, time.UnixMicro(at).UTC().Format(time.RFC3339))
	}
	return nil
}

// same tells whether two valid Specs make the same windows by the same rule.
func (s Spec) same(other Spec) bool {
	if s.kind != other.kind || s.size != other.size || s.every != other.every {
		return false
	}
	return s.zone == other.zone || s.zone != nil && other.zone != nil && s.zone.equal(other.zone)
}

// fits tells whether the sizes allow a roll-up at all, offsets aside.
func (s Spec) fits(coarse Spec) bool {
	switch {
	case s.kind == global:
		return false
	case s.kind == tumbling && coarse.kind == tumbling:
		return coarse.size%s.size == 0
	case s.kind == tumbling && coarse.kind == hourly:
		return hour%s.micros() == 0
	case s.kind == tumbling && coarse.kind == weekly:
		// Seven minutes divide a week though no day, and five hours east of UTC
		// its Mondays even start on a multiple of seven minutes.
		return week%s.micros() == 0
	case s.kind == tumbling:
		// Months and years differ from one another by single days, so they ask
		// for a divisor of a day, as days do.
		return day%s.micros() == 0
	case coarse.kind == tumbling:
		return s.fitsTumbling(coarse.micros())
	case s.kind == weekly:
		return coarse.kind == weekly
	}
	return s.kind <= coarse.kind && !(s.kind == monthly && coarse.kind == weekly)
}

// fitsTumbling tells whether every multiple of size starts a calendar window of
// s. Weeks (the epoch was a Thursday), months and years never do. For hours and
// days every offset since 1970 must be a whole number of them, and the offset of
// days mustn't change either.
func (s Spec) fitsTumbling(size int64) bool {
	unit := hour
	changes := s.zone.changes(0, tableEnd.UnixMicro())
	if s.kind == daily {
		unit = day
		if len(changes) > 0 {
			return false
		}
	}
	if s.kind > daily || size%unit != 0 || s.zone.segmentAt(0).offset%unit != 0 {
		return false
	}
	return !slices.ContainsFunc(changes, func(start int64) bool {
		return s.zone.segmentAt(start).offset%unit != 0
	})
}

// straddled looks for a boundary of coarse since 1970 that is none of s.
//
// It goes through the stretches of time in which neither offset changes. Within
// a stretch the boundaries of coarse are all at the same local time of day,
// except one that falls on the stretch's very start; and those of s, which
// divides them, can be out of step only just after the clock went back. So the
// first three boundaries of coarse in each stretch speak for the others. The
// table covers a whole cycle of the calendar, after which everything repeats.
func (s Spec) straddled(coarse Spec) (at int64, found bool) {
	end := tableEnd.UnixMicro()
	edges := []int64{0}
	for _, spec := range []Spec{s, coarse} {
		if spec.zone != nil {
			edges = append(edges, spec.zone.changes(0, end)...)
		}
	}
	slices.Sort(edges)
	edges = append(edges, end)
	for i, from := range edges[:len(edges)-1] {
		at, next := coarse.bounds(from)
		if at < from {
			at = next
		}
		for n := 0; n < 3 && at < edges[i+1]; n++ {
			if start, _ := s.bounds(at); start != at {
				return at, true
			}
			at = coarse.End(at)
		}
	}
	return 0, false
}
