package clickhousesink

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

type benchKey struct {
	Category string `json:"category"`
	Region   string `json:"region"`
}

type benchValue struct {
	Sum    int64 `anabranch:"sum,decimal=2"`
	Orders int64
	Users  int64
	Rate   float64
}

func benchRows(n int) []sink.Row[benchKey, benchValue] {
	rows := make([]sink.Row[benchKey, benchValue], n)
	for i := range rows {
		hour := window.Tumbling(time.Hour).At(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i/1000) * time.Hour))
		rows[i] = sink.Row[benchKey, benchValue]{View: "ventas", Window: hour, Version: int64(i),
			Key:   benchKey{fmt.Sprint("category ", i%100), fmt.Sprint("region ", i/100%10)},
			Value: benchValue{Sum: int64(i), Orders: int64(i % 7), Users: int64(i % 5), Rate: float64(i) / 3}}
	}
	return rows
}

// prepared makes all blocks of an INSERT before it's sent.
func (t *Table[K, R]) prepared(b *testing.B, rows []sink.Row[K, R]) ch.Query {
	var ready []proto.Input
	for part := range slices.Chunk(rows, blockRows) {
		input, err := t.block(part)
		require.NoError(b, err)
		ready = append(ready, input)
	}
	return t.layout.insert(ready[0], func() (proto.Input, error) {
		if ready = ready[1:]; len(ready) == 0 {
			return nil, io.EOF
		}
		return ready[0], nil
	})
}

// BenchmarkWrite writes a million rows by Write, in turns with the client's own INSERT
// of the same blocks, which were made before.
func BenchmarkWrite(b *testing.B) {
	const n = 1_000_000
	address := servers.Need(b, "ANABRANCH_CLICKHOUSE")
	table, err := Open[benchKey, benchValue](b.Context(), Options{Client: clickhousetest.Database(b, address), Table: "metrics", Create: true})
	require.NoError(b, err)
	defer table.Close()
	rows := benchRows(n)
	truncate := func() { require.NoError(b, table.server.Do(b.Context(), ch.Query{Body: "TRUNCATE TABLE metrics"})) }

	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		require.NoError(b, table.Write(b.Context(), rows))
		ours += time.Since(began)
		truncate()

		peer := table.prepared(b, rows)
		began = time.Now()
		require.NoError(b, table.server.Do(b.Context(), peer))
		theirs += time.Since(began)
		truncate()
	}
	perSecond := func(d time.Duration) float64 { return float64(n) * float64(b.N) / d.Seconds() }
	b.ReportMetric(perSecond(ours), "rows/s")
	b.ReportMetric(perSecond(theirs), "client-rows/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-the-client")
}
