// Package reference answers views the naive way: one thread, one list of events,
// no state, no merge, no window machinery. It's what every answer of the library
// is compared with, so it shares no code with what it checks.
package reference

import "time"

// Fold puts events into groups and gives each group's result. group says which
// group an event belongs to; false leaves it out. result sees all of a group's
// events at once, in log order.
func Fold[E any, G comparable, R any](events []E, group func(E) (G, bool), result func([]E) R) map[G]R {
	members := map[G][]E{}
	for _, e := range events {
		if g, ok := group(e); ok {
			members[g] = append(members[g], e)
		}
	}
	out := map[G]R{}
	for g, es := range members {
		out[g] = result(es)
	}
	return out
}

// Tumble is the start of the fixed window of a size that holds t. Windows are
// aligned to 1970.
func Tumble(t time.Time, size time.Duration) time.Time {
	micros, width := t.UnixMicro(), size.Microseconds()
	rest := micros % width
	if rest < 0 {
		rest += width
	}
	return time.UnixMicro(micros - rest).UTC()
}

// Day, Month and Year are the first moments of the calendar periods of t in a
// location where midnight always exists.
func Day(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

// Month: see Day.
func Month(t time.Time, loc *time.Location) time.Time {
	y, m, _ := t.In(loc).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, loc)
}

// Year: see Day.
func Year(t time.Time, loc *time.Location) time.Time {
	return time.Date(t.In(loc).Year(), 1, 1, 0, 0, 0, 0, loc)
}

// Distinct counts the different values of events; false leaves one out.
func Distinct[E any, T comparable](events []E, value func(E) (T, bool)) int64 {
	seen := map[T]bool{}
	for _, e := range events {
		if v, ok := value(e); ok {
			seen[v] = true
		}
	}
	return int64(len(seen))
}

// Sum adds up a number of each event.
func Sum[E any](events []E, value func(E) int64) (total int64) {
	for _, e := range events {
		total += value(e)
	}
	return total
}
