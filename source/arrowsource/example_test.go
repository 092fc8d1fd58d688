package arrowsource_test

import (
	"bytes"
	"context"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/arrowsource"
)

// sales makes an Arrow file, as another program would.
func sales() []byte {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_ns},
		{Name: "product", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	b.Field(0).(*array.TimestampBuilder).AppendValues([]arrow.Timestamp{1_764_000_000_123_456_789, 1_764_000_060_000_000_000}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"libro", "lápiz"}, nil)
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, ipc.WithSchema(schema), ipc.WithZstd())
	if err != nil {
		panic(err)
	}
	if err := w.Write(b.NewRecordBatch()); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func ExampleNewFiles() {
	type sale struct {
		At      time.Time `anabranch:"at"`
		Product string    `anabranch:"product"`
		Region  string    `anabranch:"region"`
	}
	files := fstest.MapFS{"ventas/region=norte/0.arrow": {Data: sales()}} // os.DirFS for those on a disk
	log, err := arrowsource.NewFiles(files, "ventas/**/*.arrow", source.TablesOptions[sale]{})
	if err != nil {
		panic(err)
	}
	r, err := log.Open(context.Background(), 0, 0)
	if err != nil {
		panic(err)
	}
	defer r.Close()
	chunk, err := r.Next(context.Background())
	if err != nil {
		panic(err)
	}
	for i, s := range chunk.Rows() {
		fmt.Println(chunk.Offsets[i], s.At.Format(time.RFC3339Nano), s.Product, s.Region)
	}
	// Output:
	// 0 2025-11-24T16:00:00.123456Z libro norte
	// 1 2025-11-24T16:01:00Z lápiz norte
}
