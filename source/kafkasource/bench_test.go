package kafkasource_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
	"github.com/anabranch-go/anabranch/window"
)

type visit struct {
	At       time.Time `json:"at"`
	User     int64     `json:"user_id"`
	Type     string    `json:"event_type"`
	Session  string    `json:"session_id"`
	Category string    `json:"categoria"`
	Cents    int64     `json:"revenue"`
}

// BenchmarkSpeedLayer takes a topic of JSON events into the whole speed layer
// (folded, shown and archived in a folder), and in turns reads it by a bare client
// that decodes them with the same decoder.
func BenchmarkSpeedLayer(b *testing.B) {
	const events, partitions = 400_000, 2
	address := servers.Need(b, "ANABRANCH_KAFKA")
	client, name := kafkatest.Topic(b, address, partitions, nil)
	for i := range events {
		value := fmt.Sprintf(`{"at":"2026-11-25T10:%02d:00.123456Z","user_id":%d,"event_type":"purchase","session_id":"s-%d","categoria":"libros","revenue":%d}`, i/7000, i%50_000, i%90_000, i%1000)
		client.Produce(b.Context(), &kgo.Record{Topic: name, Partition: int32(i % partitions), Value: []byte(value)}, nil)
	}
	require.NoError(b, client.Flush(b.Context()))
	at := source.FieldOf(func(e *visit) *time.Time { return &e.At })
	user := source.FieldOf(func(e *visit) *int64 { return &e.User })
	cents := source.FieldOf(func(e *visit) *int64 { return &e.Cents })
	view := lambda.View[visit, int64, int64]{Name: "sales", Time: at, Key: lambda.By(user), Window: window.Tumbling(5 * time.Minute), Aggregate: aggregate.Sum(cents)}

	var ours, bare time.Duration
	for b.Loop() {
		began := time.Now()
		ctx, cancel := context.WithCancel(b.Context())
		log, err := kafkasource.New(ctx, kafkasource.Options[visit]{Client: []kgo.Opt{kgo.SeedBrokers(address)}, Topic: name})
		require.NoError(b, err)
		p := lambda.New[visit](lambda.Config{Archive: archive.Dir(b.TempDir()), Observer: &until{left: events, end: cancel}})
		_, err = lambda.Register(p, view)
		require.NoError(b, err)
		require.NoError(b, p.Run(ctx, log))
		require.NoError(b, log.Close())
		ours += time.Since(began)

		began = time.Now()
		decodeBare(b, address, name, partitions, events)
		bare += time.Since(began)
	}
	b.ReportMetric(float64(events)*float64(b.N)/ours.Seconds(), "events/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "of-a-bare-consumer")
}

// until ends a run when so many events are folded.
type until struct {
	mu   sync.Mutex
	left int64
	end  context.CancelFunc
}

func (u *until) Observe(o lambda.Observation) {
	if o.Kind != lambda.Folded {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.left -= o.Rows; u.left == 0 {
		u.end()
	}
}

func decodeBare(b *testing.B, address, topic string, partitions, events int) {
	at := map[int32]kgo.Offset{}
	for p := range partitions {
		at[int32(p)] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: at}))
	require.NoError(b, err)
	defer client.Close()
	schema, err := source.SchemaOf[visit]()
	require.NoError(b, err)
	decoder := source.JSON[visit]()
	var group sync.WaitGroup
	for left := events; left > 0; {
		client.PollFetches(b.Context()).EachPartition(func(p kgo.FetchTopicPartition) {
			left -= len(p.Records)
			group.Go(func() { // each partition by itself, as the speed layer does
				builder := source.NewBuilder[visit](schema, nil)
				for i, record := range p.Records {
					if i%source.DefaultChunkRows == 0 {
						builder.Reset()
					}
					builder.Decode(decoder, record.Value, record.Offset)
				}
			})
		})
	}
	group.Wait()
}
