package redissink_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

// BenchmarkWrite compares the sink with what a program without it would send: an
// HSET of the same fields, in pipelines of as many rows.
func BenchmarkWrite(b *testing.B) {
	client := connect(b, &redis.UniversalOptions{Addrs: []string{servers.Need(b, "ANABRANCH_REDIS")}})
	prefix := newPrefix(b, client)
	const n = 10_000
	rows := make([]sinktest.Row, n)
	for i := range rows {
		rows[i] = sinktest.Row{View: "ventas", Window: at(0), Key: sinktest.Key{Category: "categoría", Region: fmt.Sprint(i)},
			Value: sinktest.Value{Sum: int64(i), Mean: float64(i) / 3}}
	}
	perSecond := func(b *testing.B) { b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "rows/s") }
	for name, options := range map[string]redissink.Options{"sink": {}, "sink with retention": {Retention: 1000 * 24 * time.Hour}} {
		b.Run(name, func(b *testing.B) {
			s := open[sinktest.Key, sinktest.Value](b, client, prefix, options)
			for b.Loop() {
				for i := range rows {
					rows[i].Version++
				}
				require.NoError(b, s.Write(b.Context(), rows))
			}
			perSecond(b)
		})
	}
	b.Run("HSET", func(b *testing.B) {
		for b.Loop() {
			for from := 0; from < n; from += 1000 {
				pipe := client.Pipeline()
				for i := from; i < from+1000; i++ {
					r := &rows[i]
					pipe.HSet(b.Context(), prefix+":plain:"+r.Key.Category+":"+r.Key.Region, "view", r.View, "window_start", "2026-11-01T10:00:00Z",
						"window_end", "2026-11-01T10:05:00Z", "category", r.Key.Category, "region", r.Key.Region, "sum", r.Value.Sum, "mean", r.Value.Mean,
						"version", r.Version, "timing", "early", "final", "false")
				}
				_, err := pipe.Exec(b.Context())
				require.NoError(b, err)
			}
		}
		perSecond(b)
	})
}
