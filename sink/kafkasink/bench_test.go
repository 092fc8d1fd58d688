package kafkasink_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink/kafkasink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

// BenchmarkWrite writes batches as large as a publisher's, and in turns lets a bare
// producer write the same bytes, encoded before.
func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{100, 10_000} {
		b.Run(fmt.Sprint("rows=", size), func(b *testing.B) {
			address := servers.Need(b, "ANABRANCH_KAFKA")
			s := open(b, address, kafkasink.Options{Topic: topic(b, address, 4, nil)})
			rows := make([]sinktest.Row, size)
			for i := range rows {
				rows[i] = row(sinktest.Key{Category: "libros", Region: fmt.Sprint(i)}, 17)
			}
			require.NoError(b, s.Write(b.Context(), rows))
			encoded := records(b, b.Context(), address, s.name)
			client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.DefaultProduceTopic(topic(b, address, 4, nil)))
			require.NoError(b, err)
			defer client.Close()
			require.NoError(b, client.ProduceSync(b.Context(), &kgo.Record{}).FirstErr()) // gets to know the topic

			var ours, bare time.Duration
			for b.Loop() {
				began := time.Now()
				require.NoError(b, s.Write(b.Context(), rows))
				ours += time.Since(began)

				plain := make([]*kgo.Record, len(encoded))
				for i, r := range encoded {
					plain[i] = &kgo.Record{Key: r.Key, Value: r.Value}
				}
				began = time.Now()
				require.NoError(b, client.ProduceSync(context.Background(), plain...).FirstErr())
				bare += time.Since(began)
			}
			b.ReportMetric(float64(size)*float64(b.N)/ours.Seconds(), "rows/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "of-a-bare-producer")
		})
	}
}
