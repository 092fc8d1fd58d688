package redisdelta_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type numberedEvent struct {
	At     time.Time `anabranch:"at"`
	Number int64     `anabranch:"number"`
}

type total struct{ Events, Sum, Numbers int64 }

// TestPipelinesOverAServerThatForgets: one process reads the log and shares its open
// deltas, another one answers from them. The server is wiped now and then, and the
// owner gives way to another. Answers hold every event before their offset once,
// and don't go back.
func TestPipelinesOverAServerThatForgets(t *testing.T) {
	t.Run("fake", func(t *testing.T) { overAServerThatForgets(t, miniredis.RunT(t).Addr()) })
	t.Run("server", func(t *testing.T) { overAServerThatForgets(t, servers.Start(t, "ANABRANCH_REDIS").Address()) })
}

func overAServerThatForgets(t *testing.T, address string) {
	const rounds, each, partitions = 12, 200, 2
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	log, err := source.NewMemory[numberedEvent]("numbers", partitions, source.MemoryOptions[numberedEvent]{})
	require.NoError(t, err)
	folder := t.TempDir()
	at := source.FieldOf(func(e *numberedEvent) *time.Time { return &e.At })
	number := source.FieldOf(func(e *numberedEvent) *int64 { return &e.Number })
	process := func() (*lambda.Pipeline[numberedEvent], *lambda.Handle[numberedEvent, struct{}, total]) {
		deltas, err := redisdelta.New(t.Context(), client(t, redis.UniversalOptions{Addrs: []string{address}}), redisdelta.Options{})
		require.NoError(t, err)
		store, err := archive.Open(t.Context(), folder)
		require.NoError(t, err)
		p := lambda.New[numberedEvent](lambda.Config{Archive: store, Deltas: deltas, FlushInterval: 2 * time.Millisecond, SegmentRows: 350})
		h, err := lambda.Register(p, lambda.View[numberedEvent, struct{}, total]{Name: "total", Time: at, Key: lambda.All[numberedEvent](), Window: window.Global(),
			Aggregate: aggregate.Join3(aggregate.Count[numberedEvent](), aggregate.Sum(number), aggregate.Distinct(number),
				func(n, sum, numbers int64) total { return total{n, sum, numbers} })})
		require.NoError(t, err)
		return p, h
	}
	own := func() (leave func()) {
		p, _ := process()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx, log) }()
		return func() {
			cancel()
			require.NoError(t, <-done)
		}
	}
	leave := own()
	_, reader := process()
	reached := int64(0)
	ask := func() total {
		answer, err := reader.Query(t.Context(), lambda.Ever().AllowIncomplete())
		require.NoError(t, err)
		offsets := answer.Provenance().Offsets()
		require.GreaterOrEqual(t, offsets, reached, "an answer goes back")
		reached = offsets
		for row := range answer.Rows() {
			require.Equal(t, offsets, row.Value.Events, "events that were counted twice, or not")
			require.Equal(t, offsets, row.Value.Numbers)
			return row.Value
		}
		return total{}
	}
	admin := client(t, redis.UniversalOptions{Addrs: []string{address}})
	next, now := int64(0), time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for round := range rounds {
		wipe := random.IntN(each)
		for i := range each {
			_, err := log.Append(random.IntN(partitions), numberedEvent{now, next})
			require.NoError(t, err)
			next++
			if i == wipe {
				require.NoError(t, admin.FlushAll(t.Context()).Err())
			}
			if i%20 == 0 {
				ask()
			}
		}
		// All of it is shown: what was wiped came back from the owner.
		require.Eventually(t, func() bool { return ask().Events == next }, 30*time.Second, time.Millisecond)
		if round%4 == 3 {
			leave()
			leave = own()
		}
	}
	require.Equal(t, total{next, next * (next - 1) / 2, next}, ask())
	leave()
}
