package window

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestValidate(t *testing.T) {
	cases := []struct {
		spec Spec
		want error
	}{
		{Spec{}, ErrZero},
		{Tumbling(0), ErrSize},
		{Tumbling(-time.Second), ErrSize},
		{Tumbling(time.Nanosecond), ErrSize},
		{Tumbling(time.Second + time.Nanosecond), ErrSize},
		{Hour(nil), ErrLocation},
		{Day(nil), ErrLocation},
		{Week(nil), ErrLocation},
		{Month(nil), ErrLocation},
		{Year(nil), ErrLocation},
		{Tumbling(time.Microsecond), nil},
		{Tumbling(math.MaxInt64 / 1000 * 1000), nil},
		{Day(time.UTC), nil},
		{Global(), nil},
	}
	for _, c := range cases {
		require.ErrorIs(t, c.spec.Validate(), c.want, "%v", c.spec)
		if c.want == nil {
			continue
		}
		// What is invalid is treated as Global, and nothing panics.
		require.Equal(t, int64(math.MinInt64), assignOne(c.spec, 7))
		require.Equal(t, int64(math.MaxInt64), c.spec.End(7))
		require.Equal(t, Span{}, c.spec.At(time.Unix(7, 0)))
		require.NotEmpty(t, c.spec.String())
		require.NotEmpty(t, c.spec.Fingerprint())
		require.ErrorIs(t, c.spec.RollsUpTo(Global()), c.want)
		require.ErrorIs(t, Tumbling(time.Second).RollsUpTo(c.spec), c.want)
	}
}

func TestString(t *testing.T) {
	london := load(t, "Europe/London")
	for want, spec := range map[string]Spec{
		"tumbling(5m0s)":       Tumbling(5 * time.Minute),
		"hour(UTC)":            Hour(time.UTC),
		"day(Europe/London)":   Day(london),
		"week(Europe/London)":  Week(london),
		"month(Europe/London)": Month(london),
		"year(Europe/London)":  Year(london),
		"global":               Global(),
		"invalid":              {},
		"day(nil)":             Day(nil),
	} {
		require.Equal(t, want, spec.String())
	}
	require.True(t, Global().IsGlobal())
	require.False(t, Day(london).IsGlobal())
	require.False(t, Spec{}.IsGlobal())
}

func drawSpec(t *rapid.T, z zoneSpecs, label string) Spec {
	if rapid.IntRange(0, 3).Draw(t, label+" sort") > 0 {
		return rapid.SampledFrom(z.all()).Draw(t, label)
	}
	size := rapid.OneOf(
		rapid.SampledFrom([]time.Duration{
			time.Second, time.Minute, 5 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute,
			time.Hour, 90 * time.Minute, 2 * time.Hour, 24 * time.Hour, 48 * time.Hour, 168 * time.Hour,
		}),
		rapid.Map(rapid.Int64Range(1, int64(1000*time.Hour/time.Microsecond)), func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }),
	)
	return Tumbling(size.Draw(t, label))
}

func checkTile(t require.TestingT, s Spec, at int64) {
	start := assignOne(s, at)
	end := s.End(start)
	about := fmt.Sprintf("%v: [%v, %v) of %v", s, time.UnixMicro(start).UTC(), time.UnixMicro(end).UTC(), time.UnixMicro(at).UTC())
	require.LessOrEqual(t, start, at, about)
	require.Less(t, at, end, about)
	require.Equal(t, start, assignOne(s, start), about)
	require.Equal(t, start, assignOne(s, end-1), about)
	require.Equal(t, end, assignOne(s, end), about)
	require.Less(t, end, s.End(end), about)
	require.Equal(t, end, s.End(assignOne(s, end-1)), about)
	require.Equal(t, start, s.At(time.UnixMicro(at)).Start.UnixMicro(), about)
	require.Equal(t, end, s.Span(start).End.UnixMicro(), about)
}

func TestWindowsTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t, "zone")
		checkTile(t, drawSpec(t, z, "spec"), drawNearChange(t, z, 1900, 2100))
	})
}

// The same over all valid years: local mean time, and what only the yearly
// rule says.
func TestWindowsTileAllYears(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t, "zone")
		checkTile(t, drawSpec(t, z, "spec"), drawNearChange(t, z, 2, 9998))
	})
}

func TestAssignChunk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := drawZone(t, "zone")
		s := drawSpec(t, z, "spec")
		first := drawNearChange(t, z, 1950, 2050)
		steps := rapid.SliceOf(rapid.OneOf(rapid.Int64Range(-40*day, 40*day), rapid.Int64Range(-hour, hour))).Draw(t, "steps")
		times := make([]int64, len(steps))
		for i, step := range steps {
			times[i] = first + step
		}
		starts := make([]int64, len(times)+1)
		starts[len(times)] = 42
		s.Assign(starts, times)
		for i, at := range times {
			require.Equal(t, assignOne(s, at), starts[i], "%v", s)
		}
		require.Equal(t, int64(42), starts[len(times)], "written beyond the times")
		s.Assign(times, times)
		require.Equal(t, starts[:len(times)], times, "in place")
	})
}

// The ends of int64 are no valid times, but they mustn't hang or panic, and the
// two rules without a calendar still tile there.
func TestExtremes(t *testing.T) {
	for _, at := range []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64} {
		for _, z := range testZones {
			for _, s := range z.all() {
				assignOne(s, at)
				s.Span(at)
			}
		}
		require.Equal(t, int64(math.MinInt64), assignOne(Global(), at))
		for _, s := range []Spec{Tumbling(time.Hour), Tumbling(7 * time.Microsecond), Tumbling(math.MaxInt64 / 1000 * 1000)} {
			start := assignOne(s, at)
			require.LessOrEqual(t, start, at)
			require.LessOrEqual(t, at, s.End(at))
		}
	}
}

func TestFingerprint(t *testing.T) {
	london, paris := load(t, "Europe/London"), load(t, "Europe/Paris")
	require.Equal(t, "tumbling(5m0s)", Tumbling(5*time.Minute).Fingerprint())
	require.Equal(t, "global", Global().Fingerprint())
	require.Regexp(t, `^day\(Europe/London\)#[0-9a-f]{16}$`, Day(london).Fingerprint())
	require.Equal(t, Day(london).Fingerprint(), Day(load(t, "Europe/London")).Fingerprint())
	require.NotEqual(t, Day(london).zone.digest(), Day(paris).zone.digest())

	// One name, two rules.
	require.Equal(t, Day(time.FixedZone("here", 3600)).Fingerprint(), Day(time.FixedZone("here", 3600)).Fingerprint())
	require.NotEqual(t, Day(time.FixedZone("here", 3600)).Fingerprint(), Day(time.FixedZone("here", 7200)).Fingerprint())
}

// The digest must not depend on how a table came to be, so its text is pinned:
// an offset of zero is eight zero bytes, whose SHA-256 is well known.
func TestFingerprintPinned(t *testing.T) {
	require.Equal(t, "day(UTC)#af5570f5a1810b7a", Day(time.UTC).Fingerprint())
}
