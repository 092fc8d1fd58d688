package clickhousesource_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/clickhousesource"
	"github.com/anabranch-go/anabranch/window"
)

// TestFromTableToTable: a table's rows go through a view into another table, and that
// is read as a log again. The archive of a table goes on as long as its rows stay.
func TestFromTableToTable(t *testing.T) {
	client := sales(t, "ReplacingMergeTree(version)", "(at, category)")
	at := source.FieldOf(func(e *sale) *time.Time { return &e.At })
	category := source.FieldOf(func(e *sale) *string { return &e.Category })
	cents := source.FieldOf(func(e *sale) *int64 { return &e.Cents })
	pipeline := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	daily, err := lambda.Register(pipeline, lambda.View[sale, string, int64]{Name: "ventas", Time: at, Key: lambda.By(category),
		Window: window.Day(time.UTC), Aggregate: aggregate.Sum(cents)})
	require.NoError(t, err)

	run := func() error {
		return pipeline.Run(t.Context(), open(t, client, clickhousesource.Options[sale]{ChunkRows: 7}))
	}
	require.NoError(t, run())
	clickhousetest.Run(t, client, "OPTIMIZE TABLE t FINAL")
	require.NoError(t, run(), "there's nothing more of the same rows")

	metrics, err := clickhousesink.Open[string, int64](t.Context(), clickhousesink.Options{Client: client, Table: "metricas", Create: true,
		Schema: sink.SchemaOptions{Rename: map[string]string{"key": "categoria", "value": "ventas_total"}, Decimals: map[string]int{"ventas_total": 2}}})
	require.NoError(t, err)
	defer metrics.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel() // so that it looks once
	for range 2 {
		require.NoError(t, lambda.Publish(ended, daily, metrics, lambda.PublishOptions{}))
	}
	type metric struct {
		Category string `anabranch:"categoria"`
		Cents    int64  `anabranch:"ventas_total,decimal=2"`
	}
	rows, _ := read(t, open(t, client, clickhousesource.Options[metric]{Table: "metricas_current"}))
	// 0 to 39 by threes, and half a unit more for each of the first five.
	require.Equal(t, []metric{{"0", 273_00 + 100}, {"1", 247_00 + 100}, {"2", 260_00 + 50}}, rows)

	clickhousetest.Run(t, client, "INSERT INTO t SELECT at, category, cents + 1, 3 FROM t LIMIT 1")
	require.ErrorIs(t, run(), archive.ErrLogIdentity)
}
