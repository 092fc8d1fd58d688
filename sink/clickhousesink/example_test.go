package clickhousesink_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/source"
)

// Place and Metrics are a view's key and result.
type Place struct {
	Categoria string `anabranch:"categoria"`
	Region    string `anabranch:"region"`
}

type Metrics struct {
	Ventas     int64              `anabranch:"ventas_total,decimal=2"`
	Ordenes    int32              `anabranch:"ordenes_total"`
	Clientes   int32              `anabranch:"clientes_unicos"`
	Conversion source.Null[int64] `anabranch:"conversion_rate"`
}

// lima is where the shop's days begin.
var lima = time.FixedZone("America/Lima", -5*60*60)

// metricasDiarias is a table of one day a row, with columns of the shop's own.
func metricasDiarias() clickhousesink.Options {
	byMonth, err := partition.New(partition.ByMonth("fecha"))
	if err != nil {
		panic(err)
	}
	return clickhousesink.Options{
		Table: "metricas_diarias",
		Schema: sink.SchemaOptions{
			Rename:   map[string]string{"window_start": "fecha"},
			Decimals: map[string]int{"conversion_rate": 4},
		},
		Columns: map[string]clickhousesink.Column{
			"fecha":           {NotNull: true, Date: lima},
			"window_end":      {NotNull: true},
			"ventas_total":    {Precision: 10},
			"conversion_rate": {Precision: 5},
		},
		Scheme:  byMonth,
		Order:   []string{"fecha", "categoria", "region", "view", "window_end"},
		Current: []string{"fecha", "categoria", "region", "ventas_total", "ordenes_total", "clientes_unicos", "conversion_rate"},
	}
}

func ExampleDDL() {
	statements, err := clickhousesink.DDL[Place, Metrics](metricasDiarias())
	if err != nil {
		panic(err)
	}
	for _, statement := range statements {
		fmt.Println(statement + ";")
	}
	// Output:
	// CREATE TABLE IF NOT EXISTS `metricas_diarias` (
	//     `view` LowCardinality(String),
	//     `fecha` Date,
	//     `window_end` DateTime64(6, 'UTC'),
	//     `categoria` LowCardinality(String),
	//     `region` LowCardinality(String),
	//     `ventas_total` Decimal(10, 2),
	//     `ordenes_total` Int32,
	//     `clientes_unicos` Int32,
	//     `conversion_rate` Nullable(Decimal(5, 4)),
	//     `version` Int64,
	//     `timing` LowCardinality(String),
	//     `final` Bool,
	//     `removed` Bool
	// )
	// ENGINE = ReplacingMergeTree(`version`)
	// PARTITION BY toYYYYMM(`fecha`)
	// ORDER BY (`fecha`, `categoria`, `region`, `view`, `window_end`);
	// CREATE VIEW IF NOT EXISTS `metricas_diarias_current` AS
	// SELECT `fecha`, `categoria`, `region`, `ventas_total`, `ordenes_total`, `clientes_unicos`, `conversion_rate`
	// FROM `metricas_diarias` FINAL
	// WHERE NOT `removed`;
}

// A program makes its table, and writes a view's rows to it.
func ExampleOpen() {
	ctx := context.Background()
	options := metricasDiarias()
	options.Addresses = []string{"clickhouse-1:9000", "clickhouse-2:9000"}
	options.Client = ch.Options{Database: "tienda", User: "panel", Password: "from a file, say"}
	options.Create = true
	table, err := clickhousesink.Open[Place, Metrics](ctx, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer table.Close()
	var metrics sink.Sink[Place, Metrics] = table // for lambda.Publish
	_ = metrics
}
