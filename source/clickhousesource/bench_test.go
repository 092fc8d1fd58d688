package clickhousesource_test

import (
	"context"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source/clickhousesource"
)

// BenchmarkRead reads half a million rows, in two pages, in turns with the client's
// own SELECT of them in the table's order.
func BenchmarkRead(b *testing.B) {
	const n = 500_000
	client := database(b, "CREATE TABLE t (at DateTime64(6, 'UTC'), category LowCardinality(String), cents Decimal(18, 2), version Int64) ENGINE = ReplacingMergeTree(version) ORDER BY (at, category)",
		"INSERT INTO t SELECT toDateTime64('2026-11-24 00:00:00', 6, 'UTC') + number, concat('category ', toString(number % 100)), number, 1 FROM numbers(500000)")
	table := open(b, client, clickhousesource.Options[sale]{})
	bare, err := ch.Dial(b.Context(), client)
	require.NoError(b, err)
	defer bare.Close()

	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		reader, err := table.Open(b.Context(), 0, 0)
		require.NoError(b, err)
		for next := int64(0); next < n; {
			chunk, err := reader.Next(b.Context())
			require.NoError(b, err)
			next = chunk.Next
		}
		require.NoError(b, reader.Close())
		ours += time.Since(began)

		began = time.Now()
		rows, at, category, cents := 0, new(proto.ColInt64), new(proto.ColStr), new(proto.ColDecimal64)
		require.NoError(b, bare.Do(b.Context(), ch.Query{
			Body:     "SELECT toUnixTimestamp64Micro(at), CAST(category, 'String'), cents FROM t FINAL ORDER BY at, category",
			Result:   proto.Results{{Data: at}, {Data: category}, {Data: cents}},
			OnResult: func(context.Context, proto.Block) error { rows += at.Rows(); return nil },
		}))
		require.Equal(b, n, rows)
		theirs += time.Since(began)
	}
	b.ReportMetric(n*float64(b.N)/ours.Seconds(), "rows/s")
	b.ReportMetric(n*float64(b.N)/theirs.Seconds(), "client-rows/s")
}
