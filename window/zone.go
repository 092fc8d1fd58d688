package window

import (
	"math"
	"slices"
	"time"
)

// zone is a location as a table of segments, each a time without a change of
// the offset from UTC. All times are microseconds.
//
// The table is our own, rather than a call of time.Time.ZoneBounds for each
// window, for two reasons. ZoneBounds also ends a segment where nothing but the
// abbreviation changes, and (in years that only the location's rule covers) at
// the turn of the year in UTC, or 365 days after the last one, which in a leap
// year can be before the time asked for. And a table bisects without
// allocation or parsing the rule again.
type zone struct {
	starts  []int64 // first instant of each segment; that of the first is math.MinInt64
	offsets []int64 // east of UTC
	reached []int64 // latest local time that any earlier segment showed; math.MinInt64 for the first
	yearly  bool    // the offset goes on changing every year after the table
}

// segment is one row of a zone: [start, end) in time.
type segment struct{ start, end, offset, reached int64 }

// The table ends with 2501. A location's yearly rule speaks of months and
// weekdays, and the Gregorian calendar repeats those after 400 years, so a time
// from tableFold on has the offset of one a few cycles earlier. The year after
// tableFold is in the table so that no segment is cut short there. It starts
// with the zero time, so that the zero time that ZoneBounds gives for "no end"
// can't be the end of a segment.
var (
	tableStart = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	tableEnd   = time.Date(2502, 1, 1, 0, 0, 0, 0, time.UTC)
	tableFold  = time.Date(2501, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
)

const cycle = 146097 * day

func newZone(loc *time.Location) *zone {
	z := &zone{}
	for t := tableStart.In(loc); t.Before(tableEnd); {
		z.add(t)
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(t) {
			end = time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		t = end.In(loc)
	}
	z.yearly = z.starts[len(z.starts)-1] > tableFold-2*366*day
	return z
}

// add begins a segment at t, unless the offset stays what it was.
func (z *zone) add(t time.Time) {
	_, seconds := t.Zone()
	start, offset := t.UnixMicro(), int64(seconds)*int64(time.Second/time.Microsecond)
	n := len(z.starts)
	if n == 0 {
		z.starts, z.offsets, z.reached = []int64{math.MinInt64}, []int64{offset}, []int64{math.MinInt64}
		return
	}
	if z.offsets[n-1] == offset {
		return
	}
	z.reached = append(z.reached, max(z.reached[n-1], start-1+z.offsets[n-1]))
	z.starts = append(z.starts, start)
	z.offsets = append(z.offsets, offset)
}

// shift gives the whole cycles to take off a time so that the table covers it.
func (z *zone) shift(t int64) int64 {
	if !z.yearly || t < tableFold {
		return 0
	}
	return ((t-tableFold)/cycle + 1) * cycle
}

// segmentAt gives the segment that t lies in.
func (z *zone) segmentAt(t int64) segment {
	shift := z.shift(t)
	t -= shift
	lo, hi := 0, len(z.starts)
	for hi-lo > 1 {
		mid := int(uint(lo+hi) >> 1)
		if z.starts[mid] <= t {
			lo = mid
		} else {
			hi = mid
		}
	}
	seg := segment{start: z.starts[lo], end: math.MaxInt64, offset: z.offsets[lo], reached: z.reached[lo]}
	if lo > 0 {
		seg.start += shift
		seg.reached += shift
	}
	if hi < len(z.starts) {
		seg.end = z.starts[hi] + shift
	}
	return seg
}

// equal tells whether two zones are the same at all times.
func (z *zone) equal(other *zone) bool {
	return z == other || slices.Equal(z.starts, other.starts) && slices.Equal(z.offsets, other.offsets)
}

// changes gives the starts of the segments that begin within (from, to).
func (z *zone) changes(from, to int64) []int64 {
	first, _ := slices.BinarySearch(z.starts, from+1)
	last, _ := slices.BinarySearch(z.starts, to)
	return z.starts[first:max(first, last)]
}
