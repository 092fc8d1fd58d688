package source_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
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
	log, err := source.NewParquetFiles(files, "*.parquet", source.TablesOptions[order]{})
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

// A data set in directories: what they say fills the fields that the files
// don't have, and says which files to open.
func ExampleNewParquetFiles_directories() {
	type sale struct {
		Product string `anabranch:"product"`
		Region  string `anabranch:"region"`
	}
	files := fstest.MapFS{
		"ventas/fecha=2026-11-23/region=norte/0.parquet": {Data: orders()},
		"ventas/fecha=2026-11-24/region=norte/0.parquet": {Data: orders()},
		"ventas/fecha=2026-11-24/region=sur/0.parquet":   {Data: orders()},
		"ventas/_SUCCESS": {},
	}
	log, err := source.NewParquetFiles(files, "ventas/**/*.parquet", source.TablesOptions[sale]{
		Keep: func(_ string, values map[string]string) bool { return values["fecha"] >= "2026-11-24" },
	})
	if err != nil {
		panic(err)
	}
	r, err := log.Open(context.Background(), 0, 0)
	if err != nil {
		panic(err)
	}
	defer r.Close()
	for {
		chunk, err := r.Next(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(chunk.From, chunk.Rows())
	}
	// Output:
	// 0 [{libro norte} {lápiz norte}]
	// 2 [{libro sur} {lápiz sur}]
	// EOF
}

func ExampleGlob() {
	files := fstest.MapFS{"ventas/fecha=2026-11-24/0.parquet": {}, "ventas/fecha=2026-11-24/.0.parquet.crc": {}, "ventas/_SUCCESS": {}}
	fmt.Println(source.Glob(files, "ventas/**"))
	// Output: [ventas/fecha=2026-11-24/0.parquet] <nil>
}

type reading struct{ Celsius int64 }

// readings is a format of our own: integers of 8 bytes.
type readings struct{}

func (readings) Name() string { return "readings" }

func (readings) Open(file fs.File, options source.TableOptions) (source.Table[reading], error) {
	schema, err := source.SchemaOf[reading]()
	return &readingsTable{file, options, source.NewBuilder[reading](schema, nil), options.Base}, err
}

type readingsTable struct {
	file    fs.File
	options source.TableOptions
	builder *source.Builder[reading]
	next    int64
}

func (t *readingsTable) Rows() int64         { return t.options.Size / 8 }
func (t *readingsTable) Has(column int) bool { return column == 0 }
func (t *readingsTable) Skip(int64)          {}
func (t *readingsTable) Close() error        { return t.file.Close() }

func (t *readingsTable) Next() (*source.Chunk[reading], error) {
	from, b := t.next, make([]byte, 8)
	for t.builder.Reset(); t.builder.Len() < t.options.ChunkRows; t.next++ {
		if _, err := io.ReadFull(t.file, b); err == io.EOF && t.next > from {
			break
		} else if err != nil {
			return nil, err
		}
		t.builder.Append(&reading{int64(binary.LittleEndian.Uint64(b))}, t.next, nil)
	}
	return t.builder.Chunk(0, from, t.next), nil
}

func ExampleNewTables() {
	files := fstest.MapFS{"monday.bin": {Data: binary.LittleEndian.AppendUint64(nil, 21)}, "tuesday.bin": {Data: binary.LittleEndian.AppendUint64(nil, 19)}}
	log, err := source.NewTables(files, "*.bin", source.TableFormat[reading](readings{}), source.TablesOptions[reading]{})
	if err != nil {
		panic(err)
	}
	r, err := log.Open(context.Background(), 0, 1)
	if err != nil {
		panic(err)
	}
	defer r.Close()
	chunk, err := r.Next(context.Background())
	fmt.Println(chunk.From, chunk.Rows(), err)
	// Output: 1 [{19}] <nil>
}
