package window

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRollsUp(t *testing.T) {
	zones := map[string]*time.Location{}
	for _, name := range append(zoneNames, "Europe/Berlin", "Asia/Calcutta") {
		zones[name] = load(t, name)
	}
	paris, kolkata, lordHowe := zones["Europe/Paris"], zones["Asia/Kolkata"], zones["Australia/Lord_Howe"]
	minutes := func(n int) Spec { return Tumbling(time.Duration(n) * time.Minute) }

	for _, c := range [][2]Spec{
		{minutes(5), minutes(60)},
		{minutes(5), Global()},
		{Global(), Global()},
		{minutes(7), minutes(7)},
		{Day(paris), Global()},
		{Day(paris), Day(load(t, "Europe/Paris"))},
		{Day(kolkata), Day(zones["Asia/Calcutta"])},
		{Hour(paris), Day(paris)},
		{Hour(kolkata), Day(kolkata)},
		{Hour(lordHowe), Week(lordHowe)},
		{Day(paris), Week(paris)},
		{Day(paris), Month(paris)},
		{Day(paris), Year(paris)},
		{Month(paris), Year(paris)},
		{minutes(60), Day(paris)},
		{minutes(30), Day(kolkata)},
		{minutes(15), Day(zones["Asia/Kathmandu"])},
		{minutes(30), Day(lordHowe)},
		{minutes(30), Hour(lordHowe)},
		{minutes(60), Year(zones["Europe/London"])},
		{Tumbling(30 * time.Second), Day(zones["Africa/Monrovia"])},
		{Tumbling(24 * time.Hour), Day(time.UTC)},
		{Tumbling(24 * time.Hour), Week(time.UTC)},
		{Tumbling(24 * time.Hour), Month(time.UTC)},
		{Day(time.UTC), Tumbling(24 * time.Hour)},
		{Day(time.UTC), Tumbling(48 * time.Hour)},
		{Hour(time.UTC), Tumbling(2 * time.Hour)},
		{minutes(7), Week(time.FixedZone("five", 5*3600))},
		{Hour(paris), Day(time.UTC)},
		{Hour(paris), Tumbling(3 * time.Hour)},
		{minutes(60), Hour(paris)},
		// A day apart since 2011, but before that the same date.
		{Hour(zones["Pacific/Apia"]), Day(zones["Pacific/Pago_Pago"])},
	} {
		require.NoError(t, c[0].RollsUpTo(c[1]), "%v into %v", c[0], c[1])
	}

	for _, c := range [][2]Spec{
		{minutes(7), minutes(60)},
		{minutes(60), minutes(5)},
		{Global(), minutes(60)},
		{Week(paris), Month(paris)},
		{Week(paris), Year(paris)},
		{Month(paris), Week(paris)},
		{Day(paris), Hour(paris)},
		{Year(paris), Month(paris)},
		{Day(paris), Day(time.UTC)},
		{Day(paris), Tumbling(24 * time.Hour)},
		{Day(time.UTC), Tumbling(36 * time.Hour)},
		{Week(time.UTC), Tumbling(7 * 24 * time.Hour)},
		{Month(time.UTC), Tumbling(30 * 24 * time.Hour)},
		{Tumbling(7 * 24 * time.Hour), Week(time.UTC)},
		{Tumbling(84 * time.Hour), Week(time.UTC)},
		{Tumbling(48 * time.Hour), Month(time.UTC)},
		{Tumbling(24 * time.Hour), Day(paris)},
		{Tumbling(2 * time.Hour), Day(paris)},
		{minutes(7), Day(time.UTC)},
		{minutes(7), Week(time.UTC)},
		{minutes(60), Day(kolkata)},
		{minutes(60), Hour(kolkata)},
		{minutes(60), Day(lordHowe)},
		{minutes(60), Day(zones["Asia/Kathmandu"])},
		{minutes(1), Day(zones["Africa/Monrovia"])},
		{Hour(time.UTC), Day(kolkata)},
		{Hour(kolkata), Tumbling(time.Hour)},
		{Hour(lordHowe), Tumbling(2 * time.Hour)},
		{Hour(paris), Tumbling(90 * time.Minute)},
		{Week(paris), Week(time.UTC)},
		{Month(paris), Year(time.UTC)},
	} {
		err := c[0].RollsUpTo(c[1])
		require.ErrorIs(t, err, ErrRollup, "%v into %v", c[0], c[1])
		require.True(t, hasCounterexample(c[0], c[1]), "%v into %v: refused for nothing", c[0], c[1])
	}
}

// hasCounterexample searches 1970 to 2040 for a window of fine that isn't inside
// one of coarse, at every boundary of coarse.
func hasCounterexample(fine, coarse Spec) bool {
	if fine.IsGlobal() {
		return true
	}
	last := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	for at := coarse.End(0); at < last; at = coarse.End(at) {
		if assignOne(fine, at-1) == assignOne(fine, at) {
			return true
		}
	}
	return false
}

// Whatever RollsUpTo lets through is right, near the changes of either clock.
func TestRollsUpHolds(t *testing.T) {
	allowed := 0
	rapid.Check(t, func(t *rapid.T) {
		one := drawZone(t, "fine zone")
		other := one
		if rapid.Bool().Draw(t, "two zones") {
			other = drawZone(t, "coarse zone")
		}
		fine, coarse := drawSpec(t, one, "fine"), drawSpec(t, other, "coarse")
		err := fine.RollsUpTo(coarse)
		if err != nil {
			require.ErrorIs(t, err, ErrRollup)
			return
		}
		allowed++
		near := rapid.SampledFrom([]zoneSpecs{one, other}).Draw(t, "near")
		for range 20 {
			start := assignOne(fine, drawNearChange(t, near, 1970, 2600))
			if start < 0 {
				continue
			}
			require.Equal(t, assignOne(coarse, start), assignOne(coarse, fine.End(start)-1),
				"%v into %v: %v", fine, coarse, time.UnixMicro(start).UTC())
		}
	})
	require.Positive(t, allowed)
}

// The other way round: what it refuses does straddle somewhere. Windows so large
// that few boundaries are left may be refused on principle, so sizes stay small.
func TestRollsUpRefusesForCause(t *testing.T) {
	sizes := []time.Duration{time.Second, time.Minute, 5 * time.Minute, 7 * time.Minute, 15 * time.Minute,
		30 * time.Minute, 45 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) Spec {
			z := drawZone(t, label+" zone")
			return rapid.SampledFrom(append(z.all(), Tumbling(rapid.SampledFrom(sizes).Draw(t, label+" size")))).Draw(t, label)
		}
		fine, coarse := draw("fine"), draw("coarse")
		if fine.RollsUpTo(coarse) != nil {
			require.True(t, hasCounterexample(fine, coarse), "%v into %v: refused for nothing", fine, coarse)
		}
	})
}
