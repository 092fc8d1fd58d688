package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// evento is what the queries know of an event. fecha stands in the files' paths.
type evento struct {
	Fecha     time.Time `anabranch:"fecha"`
	Tipo      string    `anabranch:"event_type"`
	Categoria string    `anabranch:"categoria"`
	Usuario   int64     `anabranch:"user_id"`
	Importe   int64     `anabranch:"revenue"`
}

var (
	fecha     = source.FieldOf(func(e *evento) *time.Time { return &e.Fecha })
	tipo      = source.FieldOf(func(e *evento) *string { return &e.Tipo })
	categoria = source.FieldOf(func(e *evento) *string { return &e.Categoria })
	usuario   = source.FieldOf(func(e *evento) *int64 { return &e.Usuario })
	importe   = source.FieldOf(func(e *evento) *int64 { return &e.Importe })
)

// ventas is a category's day.
type ventas struct {
	Importe, Usuarios, Compras int64
}

func (v ventas) conversion() float64 { return float64(v.Compras) / float64(v.Usuarios) }

func porDia(usuarios aggregate.Aggregate[evento, int64]) lambda.View[evento, string, ventas] {
	return lambda.View[evento, string, ventas]{Name: "ventas", Time: fecha, Key: lambda.By(categoria), Window: window.Day(time.UTC),
		Aggregate: aggregate.Join(
			aggregate.To(aggregate.Sum(importe), func(v *ventas) *int64 { return &v.Importe }),
			aggregate.To(usuarios, func(v *ventas) *int64 { return &v.Usuarios }),
			aggregate.To(aggregate.Where(aggregate.Count[evento](), source.Equal(tipo, "purchase")), func(v *ventas) *int64 { return &v.Compras }),
		)}
}

func delMes(usuarios aggregate.Aggregate[evento, int64]) lambda.View[evento, string, int64] {
	return lambda.View[evento, string, int64]{Name: "usuarios", Key: lambda.By(categoria), Window: window.Global(), Aggregate: usuarios}
}

func estimados() aggregate.Aggregate[evento, int64] {
	return hll.Distinct(usuario, hll.Options{})
}

var queries = map[string]func(ctx context.Context, dir string) (check string, err error){
	"seed": func(ctx context.Context, dir string) (string, error) {
		return compute(ctx, dir, porDia(aggregate.Distinct(usuario)), func(v ventas) int64 { _ = v.conversion(); return v.Usuarios })
	},
	"approx": func(ctx context.Context, dir string) (string, error) {
		return compute(ctx, dir, porDia(estimados()), func(v ventas) int64 { _ = v.conversion(); return v.Usuarios })
	},
	"sum": func(ctx context.Context, dir string) (string, error) {
		return compute(ctx, dir, porDia(aggregate.Count[evento]()), func(v ventas) int64 { return v.Usuarios })
	},
	"global": func(ctx context.Context, dir string) (string, error) {
		return compute(ctx, dir, delMes(aggregate.Distinct(usuario)), func(n int64) int64 { return n })
	},
	"gapprox": func(ctx context.Context, dir string) (string, error) {
		return compute(ctx, dir, delMes(estimados()), func(n int64) int64 { return n })
	},
}

// compute runs a view over the files in a directory, and adds up a number of its rows.
func compute[R any](ctx context.Context, dir string, view lambda.View[evento, string, R], number func(R) int64) (string, error) {
	log, err := source.NewParquetFiles(os.DirFS(dir), "**/*.parquet", source.TablesOptions[evento]{})
	if err != nil {
		return "", err
	}
	rows, err := lambda.Compute(ctx, view, log, lambda.ComputeOptions{})
	if err != nil {
		return "", err
	}
	sum := int64(0)
	for row, err := range rows.All() {
		if err != nil {
			return "", err
		}
		sum += number(row.Value)
	}
	return fmt.Sprint(rows.Len(), " ", sum), nil
}
