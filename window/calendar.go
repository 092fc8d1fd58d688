package window

import (
	"math"
	"time"
)

// floor gives the start of the period (day, week, month, year) that a local
// time lies in. Local times are microseconds too: what the clock shows, counted
// as if it showed UTC.
func (k kind) floor(local int64) int64 {
	switch k {
	case weekly:
		// The epoch was a Thursday, so day 4 was the first Monday after it.
		return local - modulo(local-4*day, week)
	case monthly:
		y, m, _ := time.UnixMicro(local).UTC().Date()
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	case yearly:
		y := time.UnixMicro(local).UTC().Year()
		return time.Date(y, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	}
	return local - modulo(local, day)
}

// next gives the start of the period after the one that starts at first.
func (k kind) next(first int64) int64 {
	switch k {
	case weekly:
		return first + week
	case monthly:
		return time.UnixMicro(first).UTC().AddDate(0, 1, 0).UnixMicro()
	case yearly:
		return time.UnixMicro(first).UTC().AddDate(1, 0, 0).UnixMicro()
	}
	return first + day
}

// hourBounds gives the hour of the local clock that t lies in, cut at the ends
// of its segment.
func (z *zone) hourBounds(t int64) (start, end int64) {
	seg := z.segmentAt(t)
	floor := t - modulo(t+seg.offset, hour)
	return max(floor, seg.start), min(floor+hour, seg.end)
}

// latest gives the latest local time that the clock has shown up to t: that of
// t, unless the clock went back lately. It never decreases with t, which is
// what lets dates tile.
func (z *zone) latest(t int64) int64 {
	seg := z.segmentAt(t)
	return max(t+seg.offset, seg.reached)
}

// reach gives the first instant at which the local clock shows local or
// anything later. It is the inverse of latest: reach(l) <= t exactly when
// l <= latest(t).
func (z *zone) reach(local int64) int64 {
	shift := z.shift(local)
	local -= shift
	// The first segment that gets as far as local, by bisection: reached of
	// segment i+1 is as far as the segments up to i got.
	lo, hi := 0, len(z.starts)-1
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if z.reached[mid+1] >= local {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if z.starts[lo] == math.MinInt64 {
		return local - z.offsets[lo] + shift
	}
	return max(local-z.offsets[lo], z.starts[lo]) + shift
}
