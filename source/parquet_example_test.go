package source_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/anabranch-go/anabranch/source"
)

type order struct {
	Product string `anabranch:"product"`
	Cents   int64  `anabranch:"cents,decimal=2"`
}

// orders makes a file of two events.
func orders() []byte {
	schema, err := source.SchemaOf[order]()
	if err != nil {
		panic(err)
	}
	b := source.NewBuilder[order](schema, nil)
	b.Append(&order{"libro", 1250}, 100, nil)
	b.Append(&order{"lápiz", 80}, 101, nil)
	w, err := source.NewParquetWriter[order](schema)
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
	r, err := source.OpenParquet[order]("orders.parquet", orders(), source.ParquetOptions{})
	if err != nil {
		panic(err)
	}
	chunk, err := r.Next()
	if err != nil {
		panic(err)
	}
	for i, o := range chunk.Rows() {
		fmt.Println(chunk.Offsets[i], o.Product, o.Cents)
	}
	// Output:
	// 100 libro 1250
	// 101 lápiz 80
}

func ExampleNewParquetFiles() {
	files := fstest.MapFS{"monday.parquet": {Data: orders()}} // os.DirFS for those on a disk
	log, err := source.NewParquetFiles(files, "*.parquet", source.ParquetFilesOptions[order]{})
	if err != nil {
		panic(err)
	}
	end, err := log.End(context.Background(), 0)
	fmt.Println(end, err)
	// Output: 2 <nil>
}

func ExampleSchemaWith() {
	schema, err := source.SchemaWith[order](source.SchemaOptions{Rename: map[string]string{"product": "producto"}})
	if err != nil {
		panic(err)
	}
	for _, c := range schema.Columns {
		fmt.Println(c.Name, c.Kind)
	}
	// Output:
	// producto string
	// cents decimal
}

func ExampleNewParquetTable() {
	schema, err := source.SchemaOf[order]()
	if err != nil {
		panic(err)
	}
	b := source.NewBuilder[order](schema, nil)
	b.Append(&order{"libro", 1250}, 0, nil)
	w, err := source.NewParquetTable[order](schema)
	if err != nil {
		panic(err)
	}
	if err := w.Write(b.Chunk(0, 0, 1)); err != nil {
		panic(err)
	}
	body, err := w.Close()
	if err != nil {
		panic(err)
	}
	r, err := source.OpenParquet[order]("orders.parquet", body, source.ParquetOptions{})
	fmt.Println(r.Rows(), err)
	// Output: 1 <nil>
}
