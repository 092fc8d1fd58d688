package parquettable_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/parquettable"
	"github.com/anabranch-go/anabranch/window"
)

// Product and Sales are a view's key and result.
type Product struct {
	Category string `anabranch:"category"`
}

type Sales struct {
	Orders  int64 `anabranch:"orders"`
	Revenue int64 `anabranch:"revenue,decimal=2"`
}

func sales(day int, category string, version, orders int64) sink.Row[Product, Sales] {
	return sink.Row[Product, Sales]{View: "ventas", Window: window.Day(time.UTC).At(time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC)),
		Key: Product{category}, Value: Sales{orders, 2990 * orders}, Version: version, Final: true}
}

// byDay puts each day's rows into a directory of its own.
func byDay() parquettable.Options {
	scheme, err := partition.New(partition.ByDay("fecha"))
	if err != nil {
		panic(err)
	}
	return parquettable.Options{Scheme: scheme, Columns: []string{"window_start"}}
}

func ExampleReplace() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	metrics := filepath.Join(dir, "batch-metrics")
	rows := []sink.Row[Product, Sales]{sales(24, "libros", 17, 2), sales(25, "libros", 17, 5), sales(25, "juguetes", 17, 1)}
	if err := parquettable.Replace(context.Background(), metrics, rows, byDay()); err != nil {
		panic(err)
	}
	current, err := parquettable.Current(metrics)
	if err != nil {
		panic(err)
	}
	parts, err := filepath.Glob(filepath.Join(current, "*", "*.parquet"))
	if err != nil {
		panic(err)
	}
	for _, path := range parts {
		fmt.Println(filepath.Base(filepath.Dir(path)))
	}
	// Output:
	// fecha=2026-11-24
	// fecha=2026-11-25
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	table, err := parquettable.Open[Product, Sales](dir, byDay())
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	for _, row := range []sink.Row[Product, Sales]{sales(24, "libros", 12, 1), sales(24, "libros", 17, 2), sales(25, "libros", 17, 3)} {
		if err := table.Write(ctx, []sink.Row[Product, Sales]{row}); err != nil {
			panic(err)
		}
	}
	rows, err := table.Rows(ctx)
	if err != nil {
		panic(err)
	}
	for _, row := range rows {
		fmt.Println(row.Window.Start.Format(time.DateOnly), row.Key.Category, row.Value.Orders, row.Version)
	}
	// Output:
	// 2026-11-24 libros 2 17
	// 2026-11-25 libros 3 17
}
