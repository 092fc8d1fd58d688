package source_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/anabranch-go/anabranch/source"
)

type Order struct {
	Product string `anabranch:"product"`
	Cents   int64  `anabranch:"cents,decimal=2"`
}

// orders makes a file of two events.
func orders() []byte {
	schema, err := source.SchemaOf[Order]()
	if err != nil {
		panic(err)
	}
	b := source.NewBuilder[Order](schema, nil)
	b.Append(&Order{"libro", 1250}, 100, nil)
	b.Append(&Order{"lápiz", 80}, 101, nil)
	w, err := source.NewParquetWriter[Order](schema)
	if err != nil {
		panic(err)
	}
	if err := w.Write(b.Chunk(0, 100, 102)); err != nil {
		panic(err)
	}
	body, err := w.Close()
	if err != nil {
		panic(err)
	}
	return body
}

func ExampleNewParquetWriter() {
	body := orders()
	fmt.Println(string(body[:4]), string(body[len(body)-4:]))
	// Output: PAR1 PAR1
}

func ExampleOpenParquet() {
	r, err := source.OpenParquet[Order]("orders.parquet", orders(), source.ParquetOptions{})
	if err != nil {
		panic(err)
	}
	chunk, err := r.Next()
	if err != nil {
		panic(err)
	}
	for i, order := range chunk.Rows() {
		fmt.Println(chunk.Offsets[i], order.Product, order.Cents)
	}
	// Output:
	// 100 libro 1250
	// 101 lápiz 80
}

func ExampleNewParquet() {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "monday.parquet"), orders(), 0o600); err != nil {
		panic(err)
	}
	log, err := source.NewParquet(filepath.Join(dir, "*.parquet"), source.ParquetFiles[Order]{})
	if err != nil {
		panic(err)
	}
	end, err := log.End(context.Background(), 0)
	fmt.Println(end, err)
	// Output: 2 <nil>
}
