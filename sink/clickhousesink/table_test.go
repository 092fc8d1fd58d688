package clickhousesink_test

import (
	"context"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database makes a database of a test's own, and gives options that name it.
func database(t testing.TB, address string) clickhousesink.Options {
	return clickhousesink.Options{Client: clickhousetest.Database(t, address), Addresses: []string{address}, Table: "metrics", Create: true}
}

// real is database on the real server.
func real(t testing.TB) clickhousesink.Options {
	return database(t, servers.Need(t, "ANABRANCH_CLICKHOUSE"))
}

// run runs a statement, and gives the texts of its only column.
func run(t testing.TB, options clickhousesink.Options, statement string) []string {
	options.Client.Address = options.Addresses[0]
	return clickhousetest.Run(t, options.Client, statement)
}

func open[K, R any](t testing.TB, options clickhousesink.Options) *clickhousesink.Table[K, R] {
	table, err := clickhousesink.Open[K, R](t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, table.Close()) })
	return table
}

type suiteTable = clickhousesink.Table[sinktest.Key, sinktest.Value]

func TestTablesAreSinks(t *testing.T) {
	byRegion, err := partition.New(partition.ByHash("region", 4))
	require.NoError(t, err)
	for name, change := range map[string]func(*clickhousesink.Options){
		"as it is": func(*clickhousesink.Options) {},
		"in parts": func(o *clickhousesink.Options) { o.Scheme = byRegion },
		"sorted otherwise": func(o *clickhousesink.Options) {
			o.Order = []string{"window_end", "region", "category", "view", "window_start"}
		},
		"compressed": func(o *clickhousesink.Options) { o.Client.Compression = ch.CompressionLZ4 },
		"no dictionaries": func(o *clickhousesink.Options) {
			o.Columns = map[string]clickhousesink.Column{"category": {ManyValues: true}, "region": {ManyValues: true}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sinktest.TestSink(t, sinktest.Harness{
				Open: func(t *testing.T) sinktest.Sink {
					options := real(t)
					change(&options)
					return open[sinktest.Key, sinktest.Value](t, options)
				},
				Rows: func(ctx context.Context, s sinktest.Sink) ([]sinktest.Row, error) { return s.(*suiteTable).Rows(ctx) },
			})
		})
	}
}
