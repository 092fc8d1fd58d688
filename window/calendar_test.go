package window

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Windows at the awkward moments, by hand. Each case gives an instant and the
// bounds of its window, all in UTC.
func TestAwkwardDays(t *testing.T) {
	cases := []struct {
		zone, at, start, end string
	}{
		// Midnight is skipped: the day begins at 01:00.
		{"America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"},
		// Midnight falls back to 23:00: the day before has 25 hours.
		{"America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
		{"Asia/Beirut", "2021-03-28T10:00:00Z", "2021-03-27T22:00:00Z", "2021-03-28T21:00:00Z"},
		{"Asia/Beirut", "2021-10-30T21:30:00Z", "2021-10-29T21:00:00Z", "2021-10-30T22:00:00Z"},
		{"America/Havana", "2021-03-14T12:00:00Z", "2021-03-14T05:00:00Z", "2021-03-15T04:00:00Z"},
		// Havana falls back at 01:00: midnight comes twice, the first counts.
		{"America/Havana", "2021-11-07T05:30:00Z", "2021-11-07T04:00:00Z", "2021-11-08T05:00:00Z"},
		// 00:01 falls back to 23:01: the new day isn't left again.
		{"America/St_Johns", "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"},
		{"America/St_Johns", "2010-11-07T02:29:59Z", "2010-11-06T02:30:00Z", "2010-11-07T02:30:00Z"},
		// The 30th of December was skipped.
		{"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
		{"Australia/Lord_Howe", "2021-04-03T15:15:00Z", "2021-04-03T13:00:00Z", "2021-04-04T13:30:00Z"},
		// Local mean time.
		{"Europe/Paris", "1900-06-01T12:00:00Z", "1900-05-31T23:50:39Z", "1900-06-01T23:50:39Z"},
		{"Africa/Monrovia", "1971-06-01T12:00:00Z", "1971-06-01T00:44:30Z", "1971-06-02T00:44:30Z"},
	}
	for _, c := range cases {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		loc := load(t, c.zone)
		span := Day(loc).At(at)
		require.Equal(t, loc, span.Start.Location())
		require.Equal(t, c.start, span.Start.UTC().Format(time.RFC3339), "%v", c)
		require.Equal(t, c.end, span.End.UTC().Format(time.RFC3339), "%v", c)
	}
}

func TestAwkwardHours(t *testing.T) {
	// Lord Howe falls back from 02:00 to 01:30: a whole hour, then a half.
	hours := Hour(load(t, "Australia/Lord_Howe"))
	change := time.Date(2021, 4, 3, 15, 0, 0, 0, time.UTC)
	require.Equal(t, change, hours.At(change.Add(-time.Minute)).End.UTC())
	require.Equal(t, change.Add(-time.Hour), hours.At(change.Add(-time.Minute)).Start.UTC())
	require.Equal(t, change, hours.At(change.Add(time.Minute)).Start.UTC())
	require.Equal(t, change.Add(30*time.Minute), hours.At(change.Add(time.Minute)).End.UTC())

	// St John's falls back at 00:01: the hour is over after a minute, and what
	// is left of 23:00 to 24:00 comes again.
	hours = Hour(load(t, "America/St_Johns"))
	change = time.Date(2010, 11, 7, 2, 31, 0, 0, time.UTC)
	require.Equal(t, change.Add(-time.Minute), hours.At(change.Add(-time.Second)).Start.UTC())
	require.Equal(t, change, hours.At(change.Add(-time.Second)).End.UTC())
	require.Equal(t, change, hours.At(change).Start.UTC())
	require.Equal(t, change.Add(59*time.Minute), hours.At(change).End.UTC())

	// New York's 01:00 to 02:00 comes twice: two windows.
	hours = Hour(load(t, "America/New_York"))
	change = time.Date(2021, 11, 7, 6, 0, 0, 0, time.UTC)
	first, second := hours.At(change.Add(-time.Minute)), hours.At(change)
	require.Equal(t, first.End, second.Start)
	require.Equal(t, 1, first.Start.Hour())
	require.Equal(t, 1, second.Start.Hour())
}

// naive is the reference: the boundaries of the calendar's windows within
// [from, to) second by second, from nothing but what the time package says a
// clock shows. Days, weeks, months and years begin when a later one than any so
// far shows; hours when the hour or the offset is another.
func naive(loc *time.Location, from, to time.Time) map[kind][]int64 {
	found := map[kind][]int64{}
	var seen [global]int64
	var lastHour, lastOffset int
	for at := from.In(loc); at.Before(to); at = at.Add(time.Second) {
		// The rest can change only with the offset or on the full hour.
		_, offset := at.Zone()
		local := int(at.Unix()) + offset + 400*366*86400
		if !at.Equal(from) && offset == lastOffset && local/3600 == lastHour {
			continue
		}
		lastHour, lastOffset = local/3600, offset
		y, m, d := at.Date()
		midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		monday := midnight.AddDate(0, 0, -(int(midnight.Weekday())+6)%7)
		now := [global]int64{
			daily:   midnight.Unix(),
			weekly:  monday.Unix(),
			monthly: int64(y)*12 + int64(m),
			yearly:  int64(y),
		}
		if at.Equal(from) {
			seen = now
			continue
		}
		found[hourly] = append(found[hourly], at.UnixMicro())
		for k := daily; k <= yearly; k++ {
			if now[k] > seen[k] {
				found[k] = append(found[k], at.UnixMicro())
				seen[k] = now[k]
			}
		}
	}
	return found
}

func checkNaive(t require.TestingT, z zoneSpecs, middle time.Time) {
	// More than a day of lead, so that a date shown before a change back is known.
	from, to := middle.Add(-27*time.Hour), middle.Add(26*time.Hour)
	found := naive(z.loc, from, to)
	for _, s := range z.all() {
		var got []int64
		for at := s.End(assignOne(s, from.UnixMicro())); at < to.UnixMicro(); at = s.End(at) {
			got = append(got, at)
		}
		require.Equal(t, found[s.kind], got, "%v around %v", s, middle.UTC())
		// And between the boundaries, where the clock may have gone back.
		for i, start := range got {
			end := to.UnixMicro()
			if i+1 < len(got) {
				end = got[i+1]
			}
			for at := start; at < end; at += minute / 2 {
				require.Equal(t, start, assignOne(s, at), "%v at %v", s, time.UnixMicro(at).UTC())
			}
		}
	}
}

func TestAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t, "zone")
		at := drawTime(t, 1890, 2110)
		// The change is found without the table under test.
		middle := time.UnixMicro(at).Truncate(time.Second)
		_, before := middle.In(z.loc).Zone()
		for probe, n := middle, 0; n < 400*24; n++ {
			probe = probe.Add(time.Hour)
			if _, offset := probe.In(z.loc).Zone(); offset != before {
				middle = probe
				break
			}
		}
		checkNaive(t, z, middle)
	})
}

// Every change of a location whose clocks went wrong in most ways there are.
func TestAgainstNaiveEveryChange(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of CPU")
	}
	for _, c := range []struct {
		name     string
		from, to int
	}{
		{"America/St_Johns", 2003, 2013}, {"Pacific/Apia", 1890, 2022}, {"Asia/Beirut", 1996, 2002},
		{"America/Havana", 1998, 2005}, {"America/Sao_Paulo", 2012, 2020}, {"Pacific/Kwajalein", 1900, 1995},
		{"Australia/Lord_Howe", 1980, 1987}, {"Asia/Manila", 1840, 1950}, {"America/Juneau", 1860, 1870},
	} {
		loc := load(t, c.name)
		z := zoneSpecs{loc, Hour(loc), Day(loc), Week(loc), Month(loc), Year(loc)}
		from, to := time.Date(c.from, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(c.to, 1, 1, 0, 0, 0, 0, time.UTC)
		_, before := from.In(loc).Zone()
		changes := 0
		for at := from; at.Before(to); at = at.Add(time.Hour) {
			if _, offset := at.In(loc).Zone(); offset != before {
				before = offset
				changes++
				checkNaive(t, z, at)
			}
		}
		require.Positive(t, changes, c.name)
	}
}

// Each calendar window, starting anywhere, is what the calendar says it is: the
// start shows the first of the period, or no clock there ever did.
func TestCalendarStarts(t *testing.T) {
	loc := load(t, "Europe/Madrid")
	at := time.Date(2026, 7, 16, 13, 14, 15, 16000, loc)
	for want, s := range map[string]Spec{
		"2026-07-16T13:00:00+02:00 1h0m0s":    Hour(loc),
		"2026-07-16T00:00:00+02:00 24h0m0s":   Day(loc),
		"2026-07-13T00:00:00+02:00 168h0m0s":  Week(loc),
		"2026-07-01T00:00:00+02:00 744h0m0s":  Month(loc),
		"2026-01-01T00:00:00+01:00 8760h0m0s": Year(loc),
	} {
		span := s.At(at)
		require.Equal(t, want, span.Start.Format(time.RFC3339)+" "+span.End.Sub(span.Start).String())
	}
}

// A rule that falls back across midnight, as St John's once did, but goes on for
// ever: the repeated minutes belong to the new day in the year 9000 too. (Before
// 1970 the time package reads a bare rule wrongly; no real location has one then.)
func TestRepeatedMidnightForEver(t *testing.T) {
	loc := ruleOnly(t, "<-03>3<-02>,M3.2.0/0:01,M11.1.0/0:01")
	z := zoneSpecs{loc, Hour(loc), Day(loc), Week(loc), Month(loc), Year(loc)}
	for _, year := range []int{2010, 2100, 2500, 2501, 2502, 2901, 9000} {
		sunday := time.Date(year, 11, 1, 2, 1, 0, 0, time.UTC)
		sunday = sunday.AddDate(0, 0, (7-int(sunday.Weekday()))%7)
		_, before := sunday.Add(-time.Second).In(loc).Zone()
		_, after := sunday.In(loc).Zone()
		require.Equal(t, -3600, after-before, "%v", sunday)
		checkNaive(t, z, sunday)
	}
}
