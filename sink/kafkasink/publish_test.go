package kafkasink_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/kafkasink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type order struct {
	At       time.Time `json:"at"`
	Category string    `json:"category"`
	Region   string    `json:"region"`
	Cents    int64     `json:"cents"`
}

// TestAViewIsPublished: a topic's newest rows are a view's answer.
func TestAViewIsPublished(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		at := source.FieldOf(func(e *order) *time.Time { return &e.At })
		category := source.FieldOf(func(e *order) *string { return &e.Category })
		region := source.FieldOf(func(e *order) *string { return &e.Region })
		cents := source.FieldOf(func(e *order) *int64 { return &e.Cents })
		p := lambda.New[order](lambda.Config{Archive: archive.Memory(), FlushInterval: time.Millisecond})
		view, err := lambda.Register(p, lambda.View[order, sinktest.Key, sinktest.Value]{Name: "ventas", Time: at,
			Key:    lambda.By2(category, region, func(k *sinktest.Key) (*string, *string) { return &k.Category, &k.Region }),
			Window: window.Session(time.Minute),
			Aggregate: aggregate.Join2(aggregate.Sum(cents), aggregate.Mean(cents),
				func(sum int64, mean source.Null[float64]) sinktest.Value {
					return sinktest.Value{Sum: sum, Mean: mean.V}
				})})
		require.NoError(t, err)
		log, err := source.NewMemory("orders", 2, source.MemoryOptions[order]{})
		require.NoError(t, err)
		s := open(t, address, kafkasink.Options{Topic: topic(t, address, 3, nil)})
		ctx, cancel := context.WithCancel(t.Context())
		published := make(chan error, 1)
		go func() {
			published <- lambda.Publish(ctx, view, sink.Sink[sinktest.Key, sinktest.Value](s), lambda.PublishOptions{Interval: time.Millisecond})
		}()
		// Sessions grow, and join others: rows are removed.
		for i := range 60 {
			category := []string{"libros", "juguetes", "libros"}[i/20]
			_, err := log.Append(i%2, order{At: ten.Start.Add(time.Duration(i*37%60) * 40 * time.Second), Category: category, Region: "Lima", Cents: int64(i)})
			require.NoError(t, err)
		}
		require.NoError(t, log.Close())
		require.NoError(t, p.Run(t.Context(), log))
		cancel()
		require.NoError(t, <-published)

		answer, err := view.Query(t.Context(), lambda.Ever())
		require.NoError(t, err)
		type place struct {
			window.Span
			sinktest.Key
		}
		want, got := map[place]sinktest.Value{}, map[place]sinktest.Value{}
		for r := range answer.Rows() {
			want[place{r.Window, r.Key}] = r.Value
		}
		records, err := s.read(t.Context())
		require.NoError(t, err)
		rows, err := sinktest.Held(records)
		require.NoError(t, err)
		for _, r := range rows {
			got[place{r.Window, r.Key}] = r.Value
		}
		require.Greater(t, len(want), 5)
		require.Equal(t, want, got)
	})
}
