package clickhousesource_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/clickhousesource"
)

// Metrics is a row of metricas_diarias_current, which a sink has made.
type Metrics struct {
	Fecha     time.Time `anabranch:"fecha"` // its midnight in UTC
	Categoria string    `anabranch:"categoria"`
	Region    string    `anabranch:"region"`
	Ventas    int64     `anabranch:"ventas_total,decimal=2"`
	Ordenes   int32     `anabranch:"ordenes_total"`
	Clientes  int32     `anabranch:"clientes_unicos"`
}

// A program reads what another has exported, as the events of a pipeline.
func ExampleNew() {
	table, err := clickhousesource.New(context.Background(), clickhousesource.Options[Metrics]{
		Addresses: []string{"clickhouse-1:9000", "clickhouse-2:9000"},
		Client:    ch.Options{Database: "tienda", User: "panel", Password: "from a file, say"},
		Table:     "metricas_diarias_current",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer table.Close()
	var log source.Source[Metrics] = table // for a pipeline's Run, until io.EOF
	_ = log
}
