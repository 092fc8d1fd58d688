package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Five events by hand, and what each view makes of them.
func TestReferenceByHand(t *testing.T) {
	clock := func(hour, minute int) time.Time { return opening.Add(time.Duration(hour*60+minute) * time.Minute) }
	events := []Event{
		{At: clock(9, 1), User: 1, Type: productView},
		{At: clock(9, 4), User: 1, Type: purchase, Revenue: 1050, Order: 1},
		{At: clock(9, 4), User: 2, Type: pageView},
		{At: clock(9, 5), User: 2, Type: purchase, Revenue: 300, Order: 2},
		{At: clock(33, 0), User: 2, Type: pageView}, // the next day
	}
	hour := func(h int) cell[string] { return cell[string]{clock(h, 0).Unix(), "k"} }

	byHour, byDay, byPulse := tallies[string]{}, tallies[string]{}, tallies[string]{}
	for i := range events {
		byHour.add(&events[i], time.Hour, "k")
		byDay.add(&events[i], day, "k")
		byPulse.add(&events[i], pulse, "k")
	}
	require.Equal(t, map[cell[string]]Sales{hour(9): {1350, 2, 2, 10_000}, hour(33): {0, 0, 1, 0}}, results(byHour, (*tally).sales))
	require.Equal(t, map[cell[string]]Conversion{hour(0): {2, 2}, hour(24): {0, 1}}, results(byDay, (*tally).conversion))
	require.Equal(t, map[cell[string]]int64{
		hour(9): 2, {clock(9, 5).Unix(), "k"}: 1, hour(33): 1,
	}, results(byPulse, (*tally).active))
	require.Equal(t, Takings{300, 1}, byPulse[cell[string]{clock(9, 5).Unix(), "k"}].takings())
}

// The fold takes from each partition what it's told to, and no more.
func TestReferenceFoldsPrefixes(t *testing.T) {
	log := shop{seed: 1, partitions: 3}
	ends := []int64{500, 0, 1200}
	want, err := foldNaively(t.Context(), log, ends)
	require.NoError(t, err)

	users, orders := map[int64]bool{}, map[int64]bool{}
	for partition, end := range ends {
		for offset := range end {
			e := eventAt(log, partition, offset)
			users[e.User] = true
			if e.Type == purchase {
				orders[e.Order] = true
			}
		}
	}
	require.NotEmpty(t, orders)
	require.Equal(t, map[cell[all]]Conversion{{opening.Unix(), all{}}: {int64(len(orders)), int64(len(users))}}, want.dailyConversion)

	fold := dailyFold{shop: log, ends: make([]int64, len(ends)), sales: tallies[Place]{}}
	for _, part := range []int64{3, 2, 1} {
		to := make([]int64, len(ends))
		for p, end := range ends {
			to[p] = end / part
		}
		require.NoError(t, fold.advance(t.Context(), to))
	}
	require.Equal(t, want.dailySales, results(fold.sales, (*tally).sales), "in three steps")
}
