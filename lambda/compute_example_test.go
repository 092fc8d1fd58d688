package lambda_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type venta struct {
	Momento   time.Time `anabranch:"momento"`
	Categoria string    `anabranch:"categoria"`
	Region    string    `anabranch:"region"`
	Centimos  int64     `anabranch:"centimos"`
}

var (
	ventaMomento   = source.FieldOf(func(v *venta) *time.Time { return &v.Momento })
	ventaCategoria = source.FieldOf(func(v *venta) *string { return &v.Categoria })
	ventaRegion    = source.FieldOf(func(v *venta) *string { return &v.Region })
	ventaCentimos  = source.FieldOf(func(v *venta) *int64 { return &v.Centimos })
)

// ventasDe gives some sales as a chunk.
func ventasDe(from int64, ventas ...venta) *source.Chunk[venta] {
	schema, err := source.SchemaOf[venta]()
	if err != nil {
		panic(err)
	}
	b := source.NewBuilder[venta](schema, nil)
	for i := range ventas {
		b.Append(&ventas[i], from+int64(i), nil)
	}
	return b.Chunk(0, from, from+int64(len(ventas)))
}

// A batch run over a directory of Parquet files, without an archive.
func ExampleCompute() {
	dir, err := os.MkdirTemp("", "ventas")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	schema, err := source.SchemaOf[venta]()
	if err != nil {
		panic(err)
	}
	w, err := source.NewParquetTable[venta](schema)
	if err != nil {
		panic(err)
	}
	lunes := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	if err := w.Write(ventasDe(0, venta{lunes, "libros", "norte", 1250}, venta{lunes, "hogar", "sur", 900}, venta{lunes, "libros", "sur", 750})); err != nil {
		panic(err)
	}
	body, err := w.Close()
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "lunes.parquet"), body, 0o644); err != nil {
		panic(err)
	}

	log, err := source.NewParquetFiles(os.DirFS(dir), "**/*.parquet", source.TablesOptions[venta]{})
	if err != nil {
		panic(err)
	}
	result, err := lambda.Compute(context.Background(), lambda.View[venta, string, int64]{
		Name: "ventas", Time: ventaMomento, Key: lambda.By(ventaCategoria),
		Window: window.Day(time.UTC), Aggregate: aggregate.Sum(ventaCentimos),
	}, log, lambda.ComputeOptions{})
	if err != nil {
		panic(err)
	}
	rows, err := result.Sorted()
	for _, row := range rows {
		fmt.Println(row.Window.Start.Format(time.DateOnly), row.Key, row.Value)
	}
	fmt.Println(err)
	// Output:
	// 2026-11-23 hogar 900
	// 2026-11-23 libros 2000
	// <nil>
}

// The rows of each window once, as it ends.
func ExampleFold() {
	fold, err := lambda.NewFold(lambda.View[venta, string, int64]{
		Name: "ventas", Time: ventaMomento, Key: lambda.By(ventaCategoria),
		Window: window.Tumbling(5 * time.Minute), Lateness: window.Lateness{Bound: 10 * time.Second},
		Aggregate: aggregate.Sum(ventaCentimos),
	})
	if err != nil {
		panic(err)
	}
	show := func(rows []lambda.Row[string, int64]) error {
		for _, row := range rows {
			fmt.Println(row.Window.Start.Format(time.TimeOnly), row.Key, row.Value)
		}
		return nil
	}
	nueve := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for i, chunk := range []*source.Chunk[venta]{
		ventasDe(0, venta{nueve, "libros", "norte", 1250}, venta{nueve.Add(time.Minute), "libros", "sur", 750}),
		ventasDe(2, venta{nueve.Add(5 * time.Minute), "hogar", "sur", 900}),
		ventasDe(3, venta{nueve.Add(6 * time.Minute), "hogar", "sur", 100}),
	} {
		if _, err := fold.Add(chunk); err != nil {
			panic(err)
		}
		fmt.Println("chunk", i)
		if err := fold.Drain(show); err != nil {
			panic(err)
		}
	}
	fold.End()
	fmt.Println("end", fold.Drain(show))
	// Output:
	// chunk 0
	// chunk 1
	// chunk 2
	// 09:00:00 libros 2000
	// 09:05:00 hogar 1000
	// end <nil>
}

// A key of parts that are known at run time only.
func ExampleByParts() {
	type clave [2]string
	var parts []lambda.KeyPart[venta, clave]
	for i, field := range []source.Field[venta, string]{ventaRegion, ventaCategoria} {
		parts = append(parts, lambda.Part(field, func(c *clave) *string { return &c[i] }))
	}
	fold, err := lambda.NewFold(lambda.View[venta, clave, int64]{
		Name: "ventas", Key: lambda.ByParts(parts...), Window: window.Global(), Aggregate: aggregate.Count[venta](),
	})
	if err != nil {
		panic(err)
	}
	if _, err := fold.Add(ventasDe(0, venta{Categoria: "libros", Region: "norte"}, venta{Categoria: "libros", Region: "norte"})); err != nil {
		panic(err)
	}
	fold.End()
	fmt.Println(fold.Drain(func(rows []lambda.Row[clave, int64]) error {
		for _, row := range rows {
			fmt.Println(row.Key, row.Value)
		}
		return nil
	}))
	// Output:
	// [norte libros] 2
	// <nil>
}
