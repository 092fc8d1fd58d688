package window

import (
	"fmt"
	"time"
)

// Span is a window: [Start, End) in event time. Both ends of the global window
// are the zero time.
type Span struct{ Start, End time.Time }

// kind is the rule of a Spec. The calendar kinds are ordered from fine to coarse.
type kind uint8

const (
	invalid kind = iota
	tumbling
	hourly
	daily
	weekly
	monthly
	yearly
	global
	sliding
	session
)

var kindNames = [...]string{"invalid", "tumbling", "hour", "day", "week", "month", "year", "global", "sliding", "session"}

// The lengths that the calendar is made of, in microseconds.
const (
	hour = int64(time.Hour / time.Microsecond)
	day  = 24 * hour
	week = 7 * day
)

// Spec is a rule that assigns each event time to one window; or to several, if
// it's Sliding's, or to one that its neighbours decide, if it's Session's. It is
// a small value to be passed by copy, immutable, and safe for concurrent use.
// The zero Spec is invalid; the methods of an invalid Spec, Validate and
// RollsUpTo apart, treat it as Global.
type Spec struct {
	kind  kind
	size  time.Duration  // tumbling and sliding; the gap of sessions
	every time.Duration  // sliding only
	loc   *time.Location // calendar kinds only
	zone  *zone          // the table of loc; nil with a nil loc
}

// Tumbling gives windows of one size, aligned to the Unix epoch. The size is a
// positive whole number of microseconds.
func Tumbling(size time.Duration) Spec { return Spec{kind: tumbling, size: size} }

// Hour gives the hours of the location's clock, cut where its offset from UTC
// changes.
func Hour(loc *time.Location) Spec { return calendar(hourly, loc) }

// Day gives the location's dates.
func Day(loc *time.Location) Spec { return calendar(daily, loc) }

// Week gives the location's weeks, which start on Monday.
func Week(loc *time.Location) Spec { return calendar(weekly, loc) }

// Month gives the location's calendar months.
func Month(loc *time.Location) Spec { return calendar(monthly, loc) }

// Year gives the location's calendar years.
func Year(loc *time.Location) Spec { return calendar(yearly, loc) }

// Global gives one window that holds all of time. It starts at math.MinInt64
// and ends at math.MaxInt64 microseconds; as a Span both ends are the zero time.
func Global() Spec { return Spec{kind: global} }

func calendar(k kind, loc *time.Location) Spec {
	s := Spec{kind: k, loc: loc}
	if loc != nil {
		s.zone = newZone(loc)
	}
	return s
}

// Validate tells whether the Spec can be used: ErrZero for the zero Spec,
// ErrSize for a size that isn't a positive whole number of microseconds, or that
// Sliding can't take, ErrLocation for a nil location.
func (s Spec) Validate() error {
	switch {
	case s.kind == sliding:
		return s.validateSliding()
	case s.kind == session && (s.size <= 0 || s.size%time.Microsecond != 0):
		return fmt.Errorf("%w: a gap of %v isn't a positive whole number of microseconds, which event times are counted in", ErrSize, s.size)
	case s.kind == invalid:
		return fmt.Errorf("%w: use Tumbling, Day, Global or another constructor", ErrZero)
	case s.kind == tumbling && (s.size <= 0 || s.size%time.Microsecond != 0):
		return fmt.Errorf("%w: %v isn't a positive whole number of microseconds, which event times are counted in", ErrSize, s.size)
	case s.isCalendar() && s.loc == nil:
		return fmt.Errorf("%w: give %s windows a location, such as time.UTC", ErrLocation, kindNames[s.kind])
	}
	return nil
}

// IsGlobal tells whether the Spec is Global's.
func (s Spec) IsGlobal() bool { return s.kind == global }

// String gives the rule in one word, such as "tumbling(5m0s)",
// "day(Europe/London)" or "global".
func (s Spec) String() string {
	switch {
	case s.kind == tumbling || s.kind == session:
		return fmt.Sprintf("%s(%v)", kindNames[s.kind], s.size)
	case s.kind == sliding:
		return fmt.Sprintf("sliding(%v,%v)", s.size, s.every)
	case s.isCalendar() && s.loc == nil:
		return kindNames[s.kind] + "(nil)"
	case s.isCalendar():
		return fmt.Sprintf("%s(%s)", kindNames[s.kind], s.loc)
	}
	return kindNames[s.kind]
}

func (s Spec) isCalendar() bool { return s.kind >= hourly && s.kind <= yearly }

// micros is the size of a tumbling or sliding window, or the gap of sessions.
func (s Spec) micros() int64 { return int64(s.size / time.Microsecond) }
