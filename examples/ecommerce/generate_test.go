package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func eventAt(s shop, partition int, offset int64) (e Event) {
	s.event(&e, partition, offset)
	return e
}

func TestAnEventIsAFunctionOfItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := shop{seed: rapid.Uint64().Draw(t, "seed"), partitions: rapid.IntRange(1, 50).Draw(t, "partitions")}
		partition := rapid.IntRange(0, s.partitions-1).Draw(t, "partition")
		offset := rapid.Int64Range(0, 10_000_000).Draw(t, "offset")
		e := Event{Order: 9, Revenue: 9, Quantity: 9} // nothing of the event before may stay
		s.event(&e, partition, offset)
		require.Equal(t, eventAt(s, partition, offset), e)

		require.Contains(t, categories, e.Category)
		require.Contains(t, regions, e.Region)
		require.EqualValues(t, partition, (e.User-1)%int64(s.partitions), "the log is keyed by user")
		require.Equal(t, e.Type == purchase, e.Revenue > 0)
		require.Equal(t, e.Type == purchase, e.Order > 0)
		require.Equal(t, e.Type == purchase || e.Type == addToCart || e.Type == checkout, e.Quantity > 0)
		require.False(t, e.At.Before(opening))
		require.Equal(t, e.At.Truncate(time.Microsecond), e.At, "an archive keeps microseconds")
	})
}

func TestSeedsAndPartitionsAreDifferentLogs(t *testing.T) {
	s := shop{seed: 1, partitions: 2}
	seeds, partitions := 0, 0
	for offset := range int64(1000) {
		e := eventAt(s, 0, offset)
		if eventAt(shop{seed: 2, partitions: 2}, 0, offset).Product == e.Product {
			seeds++
		}
		if eventAt(s, 1, offset).Product == e.Product {
			partitions++
		}
	}
	require.Less(t, seeds, 20)
	require.Less(t, partitions, 20)
}

func TestAVisitIsOneUsers(t *testing.T) {
	s := shop{seed: 3, partitions: 2}
	visits := map[string][]Event{}
	orders := map[int64]string{}
	for offset := range int64(slots * visitEvents * 20) {
		e := eventAt(s, 1, offset)
		visits[e.Session] = append(visits[e.Session], e)
		if e.Type == purchase {
			require.Contains(t, []string{"", e.Session}, orders[e.Order], "order %d is of two visits", e.Order)
			orders[e.Order] = e.Session
		}
	}
	require.NotEmpty(t, orders)
	two := 0
	for session, events := range visits {
		require.LessOrEqual(t, len(events), visitEvents, session)
		var cart int64
		bought := 0
		for _, e := range events {
			require.Equal(t, events[0].User, e.User, session)
			require.Equal(t, events[0].Region, e.Region, session)
			if e.Type == purchase {
				bought++
			}
			if bought == 2 && e.Type == purchase {
				require.NotEqual(t, cart, e.Product, "%s: the second line is of another product", session)
				two++
			} else if e.Quantity > 0 {
				require.True(t, cart == 0 || cart == e.Product, "%s buys what is in the cart", session)
				cart = e.Product
			}
		}
	}
}

func TestEventsComeLateAndOutOfOrder(t *testing.T) {
	s := shop{seed: 4, partitions: 1}
	const n = 200_000
	newest := opening
	var older, late int
	for offset := range int64(n) {
		at := eventAt(s, 0, offset).At
		if at.Before(newest) {
			older++
		}
		if at.Before(newest.Add(-30 * time.Minute)) {
			late++
		}
		newest = later(newest, at)
	}
	require.Greater(t, older, n/2)
	require.InDelta(t, 0.004*n, late, 0.004*n, "a few of 1000")
	require.Greater(t, late, 0)
}

func TestDaysAreFull(t *testing.T) {
	total := int64(0)
	for _, busy := range busyHours {
		total += busy
	}
	require.EqualValues(t, 1000, total)

	last := shop{}.businessTime(0)
	require.Equal(t, opening, last)
	for n := int64(1); n < 2*eventsPerDay; n += 97 {
		at := shop{}.businessTime(n)
		require.False(t, at.Before(last), n)
		last = at
	}
	require.Equal(t, opening.AddDate(0, 0, 3), shop{}.businessTime(3*eventsPerDay))
}

func TestVisitsAddUp(t *testing.T) {
	percent := 0
	for _, visit := range visits {
		percent += visit.percent
	}
	require.Equal(t, 100, percent)
}

func BenchmarkEvent(b *testing.B) {
	s := shop{seed: 1, partitions: 4}
	var e Event
	b.ReportAllocs()
	for offset := int64(0); b.Loop(); offset++ {
		s.event(&e, 0, offset)
	}
}
