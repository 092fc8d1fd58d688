package kafkasource_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
	"github.com/anabranch-go/anabranch/window"
)

// numbered is an event that a producer has given a number, so that one that was
// lost, or counted twice, shows.
type numbered struct {
	At     time.Time `json:"at"`
	Number int64     `json:"number"`
}

type seen struct{ Events, Sum, Numbers int64 }

// TestAGroupOfPipelinesLosesNothing: three processes share a topic on one archive.
// One of them after the other leaves and comes back while events are produced. In
// the end every event counts once, and answers meanwhile never go back.
func TestAGroupOfPipelinesLosesNothing(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		const members, rounds, each, partitions = 3, 6, 300, 4
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		client, name := kafkatest.Topic(t, address, partitions, nil)
		store, deltas := archive.Memory(), delta.Memory()

		at := source.FieldOf(func(e *numbered) *time.Time { return &e.At })
		number := source.FieldOf(func(e *numbered) *int64 { return &e.Number })
		view := lambda.View[numbered, struct{}, seen]{Name: "seen", Time: at, Key: lambda.All[numbered](), Window: window.Global(),
			Aggregate: aggregate.Join3(aggregate.Count[numbered](), aggregate.Sum(number), aggregate.Distinct(number),
				func(n, sum, numbers int64) seen { return seen{n, sum, numbers} })}
		pipeline := func() (*lambda.Pipeline[numbered], *lambda.Handle[numbered, struct{}, seen]) {
			p := lambda.New[numbered](lambda.Config{Archive: store, Deltas: deltas, FlushInterval: 5 * time.Millisecond, SegmentRows: 100})
			h, err := lambda.Register(p, view)
			require.NoError(t, err)
			return p, h
		}
		join := func() (leave func()) {
			log, err := kafkasource.New(t.Context(), kafkasource.Options[numbered]{Client: []kgo.Opt{kgo.SeedBrokers(address)}, Topic: name, Group: name})
			require.NoError(t, err)
			p, _ := pipeline()
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- p.Run(ctx, log) }()
			return func() {
				cancel()
				require.NoError(t, <-done)
				require.NoError(t, log.Close())
			}
		}
		leave := make([]func(), members)
		for i := range leave {
			leave[i] = join()
		}
		_, reader := pipeline()
		reached := int64(0)
		ask := func() seen {
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
			return seen{}
		}
		next := int64(0)
		for range rounds {
			records := make([]*kgo.Record, each)
			for i := range records {
				value := fmt.Sprintf(`{"at":"2026-11-25T10:00:00Z","number":%d}`, next)
				records[i] = &kgo.Record{Topic: name, Partition: int32(random.IntN(partitions)), Value: []byte(value)}
				next++
			}
			require.NoError(t, client.ProduceSync(t.Context(), records...).FirstErr())
			ask()
			member := random.IntN(members)
			leave[member]()
			leave[member] = join()
		}
		require.Eventually(t, func() bool { return ask().Events == next }, time.Minute, 10*time.Millisecond)
		require.Equal(t, seen{next, next * (next - 1) / 2, next}, ask())
		for i := range leave {
			leave[i]()
		}

		// The group's offsets are the archive's, for whoever measures lag.
		committed, err := kadm.NewClient(client).FetchOffsets(t.Context(), name)
		require.NoError(t, err)
		total := int64(0)
		committed.Each(func(o kadm.OffsetResponse) { total += o.At })
		require.Equal(t, next, total)
	})
}
