package redissink_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type sale struct {
	At       time.Time `anabranch:"at"`
	Category string    `anabranch:"category"`
	Cents    int64     `anabranch:"cents,decimal=2"`
}

// TestAPublisherFillsAnEmptyRedisAgain runs a view into Redis, wipes that, and
// publishes once more.
func TestAPublisherFillsAnEmptyRedisAgain(t *testing.T) {
	log, err := source.NewMemory[sale]("sales", 1, source.MemoryOptions[sale]{})
	require.NoError(t, err)
	nine := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	_, err = log.Append(0, sale{nine, "libros", 1000}, sale{nine.Add(70 * time.Minute), "libros", 4000}, sale{nine.Add(time.Minute), "libros", 250})
	require.NoError(t, err)
	log.Close()
	p := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	ventas, err := lambda.Register(p, lambda.View[sale, string, int64]{
		Name: "ventas", Time: source.FieldOf(func(s *sale) *time.Time { return &s.At }),
		Key:    lambda.By(source.FieldOf(func(s *sale) *string { return &s.Category })),
		Window: window.Tumbling(5 * time.Minute), Aggregate: aggregate.Sum(source.FieldOf(func(s *sale) *int64 { return &s.Cents })),
	})
	require.NoError(t, err)
	require.NoError(t, p.Run(t.Context(), log))
	ended, cancel := context.WithCancel(t.Context())
	cancel() // so that each publisher looks once

	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		s := open[string, int64](t, client, prefix, redissink.Options{Schema: sink.SchemaOptions{
			Rename: map[string]string{"key": "category", "value": "revenue"}, Decimals: map[string]int{"revenue": 2}}})
		for range 2 {
			require.NoError(t, lambda.Publish(ended, ventas, s, lambda.PublishOptions{}))
			tag := prefix + ":{ventas:category=libros}:"
			require.Equal(t, []any{"2026-11-24T10:10:00Z", "40.00", "3"}, client.HMGet(ctx, tag+"latest", "window_start", "revenue", "version").Val())
			require.Equal(t, []any{"12.50", "true"}, client.HMGet(ctx, tag+"2026-11-24T09:00:00Z/2026-11-24T09:05:00Z", "revenue", "final").Val())
			wipe(t, client, prefix)
		}
	})
}
