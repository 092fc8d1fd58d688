package window

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// zoneNames are locations whose clocks do something awkward: changes at
// midnight, by half an hour or by two, skipped dates, odd offsets, offsets that
// end in seconds, rules that reach beyond a year's end.
var zoneNames = []string{
	"UTC", "Europe/London", "Europe/Paris", "Europe/Dublin", "Europe/Moscow",
	"Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "America/Havana", "America/Juneau",
	"America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "America/Scoresbysund",
	"America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu",
	"Asia/Kolkata", "Asia/Manila", "Asia/Pyongyang", "Asia/Tehran", "Atlantic/Azores",
	"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kwajalein", "Pacific/Pago_Pago",
}

func load(t require.TestingT, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// zoneSpecs holds every calendar rule of every location, made once.
type zoneSpecs struct {
	loc                          *time.Location
	hour, day, week, month, year Spec
}

func (z zoneSpecs) all() []Spec { return []Spec{z.hour, z.day, z.week, z.month, z.year} }

var testZones = func() (zones []zoneSpecs) {
	locs := []*time.Location{time.FixedZone("odd", -(3*3600 + 7*60 + 11)), time.FixedZone("far", 26*3600)}
	for _, name := range zoneNames {
		loc, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		locs = append(locs, loc)
	}
	for _, loc := range locs {
		zones = append(zones, zoneSpecs{loc, Hour(loc), Day(loc), Week(loc), Month(loc), Year(loc)})
	}
	return zones
}()

// uniform draws from [0, n) without rapid's leaning towards small numbers, which
// would put nearly all times at the beginning and nearly all zones first.
func uniform(t *rapid.T, label string, n int64) int64 {
	seed := rapid.Uint64().Draw(t, label)
	return rand.New(rand.NewPCG(seed, 0)).Int64N(n)
}

func drawZone(t *rapid.T, label string) zoneSpecs {
	z := testZones[uniform(t, label, int64(len(testZones)))]
	t.Logf("%s: %v", label, z.loc)
	return z
}

func drawTime(t *rapid.T, fromYear, toYear int) int64 {
	from := time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	to := time.Date(toYear, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	at := from + uniform(t, "time", to-from)
	t.Logf("time: %v", time.UnixMicro(at).UTC())
	return at
}

// drawNearChange draws a time within two days of a change of the offset, or any
// time where there is none.
func drawNearChange(t *rapid.T, z zoneSpecs, fromYear, toYear int) int64 {
	at := drawTime(t, fromYear, toYear)
	change := z.day.zone.segmentAt(at).end
	if change > at+400*day {
		return at
	}
	return change + rapid.OneOf(rapid.Int64Range(-2*day, 2*day), rapid.SampledFrom([]int64{-1, 0, 1, -hour, hour})).Draw(t, "from change")
}

func assignOne(s Spec, at int64) int64 {
	starts := []int64{0}
	s.Assign(starts, []int64{at})
	return starts[0]
}

// The table must say what the time package says for every instant, in the years
// of the table, before them and after them, where only the cycle helps.
func TestZoneOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t, "zone")
		at := drawNearChange(t, z, 1, 9998)
		_, want := time.UnixMicro(at).In(z.loc).Zone()
		seg := z.day.zone.segmentAt(at)
		require.Equal(t, int64(want)*1_000_000, seg.offset, "%v at %v", z.loc, time.UnixMicro(at).UTC())
		require.LessOrEqual(t, seg.start, at)
		require.Less(t, at, seg.end)
	})
}

// A year's end in UTC and a new abbreviation aren't changes of the offset.
func TestZoneMergesSegments(t *testing.T) {
	for _, z := range testZones {
		offsets := z.day.zone.offsets
		for i := 1; i < len(offsets); i++ {
			require.NotEqual(t, offsets[i-1], offsets[i], "%v segment %d", z.loc, i)
		}
	}
	// Newfoundland's 2099 ends at 20:30 local, in the middle of an hour.
	loc := load(t, "America/St_Johns")
	span := Hour(loc).At(time.Date(2099, 12, 31, 20, 30, 0, 0, loc))
	require.Equal(t, time.Date(2099, 12, 31, 20, 0, 0, 0, loc), span.Start)
	require.Equal(t, time.Hour, span.End.Sub(span.Start))
}

// ruleOnly makes a location that has nothing but a rule as POSIX's TZ writes it:
// an empty TZif file of version 2 (RFC 8536) with one type, and the footer.
func ruleOnly(t require.TestingT, rule string) *time.Location {
	header := append([]byte("TZif2"), make([]byte, 15+6*4)...)
	header[39], header[43] = 1, 4 // one type, four bytes of abbreviations
	block := append(make([]byte, 6), "LMT\x00"...)
	data := slices.Concat(header, block, header, block, []byte("\n"+rule+"\n"))
	loc, err := time.LoadLocationFromTZData("rule", data)
	require.NoError(t, err)
	return loc
}
