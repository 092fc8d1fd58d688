package sink_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

// BenchmarkEncode makes columns of a hundred thousand rows.
func BenchmarkEncode(b *testing.B) {
	const n = 100_000
	rows := make([]sink.Row[benchKey, benchValue], n)
	for i := range rows {
		hour := window.Tumbling(time.Hour).At(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i/1000) * time.Hour))
		rows[i] = sink.Row[benchKey, benchValue]{View: "ventas", Window: hour, Version: int64(i),
			Key:   benchKey{fmt.Sprint("category ", i%100), fmt.Sprint("region ", i/100%10)},
			Value: benchValue{Sum: int64(i), Orders: int64(i % 7), Users: int64(i % 5), Rate: float64(i) / 3}}
	}
	schema, err := sink.SchemaOf[benchKey, benchValue](sink.SchemaOptions{})
	require.NoError(b, err)
	for name, encoder := range map[string]func() *sink.Encoder[benchKey, benchValue]{"new": schema.Encoder, "used": func() func() *sink.Encoder[benchKey, benchValue] {
		e := schema.Encoder()
		return func() *sink.Encoder[benchKey, benchValue] { return e }
	}()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := encoder().Encode(rows)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
