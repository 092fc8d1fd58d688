package arrowsink_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/arrowsink"
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

func sales(version, orders int64) sink.Row[Product, Sales] {
	return sink.Row[Product, Sales]{View: "ventas", Window: window.Day(time.UTC).At(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)),
		Key: Product{"libros"}, Value: Sales{orders, 2990 * orders}, Version: version, Final: true}
}

func ExampleNewStream() {
	var out bytes.Buffer // a connection or a file
	stream, err := arrowsink.NewStream[Product, Sales](&out, sink.SchemaOptions{})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	for _, row := range []sink.Row[Product, Sales]{sales(12, 1), sales(17, 2)} {
		if err := stream.Write(ctx, []sink.Row[Product, Sales]{row}); err != nil {
			panic(err)
		}
	}
	if err := stream.Close(); err != nil {
		panic(err)
	}
	reader, err := ipc.NewReader(&out)
	if err != nil {
		panic(err)
	}
	defer reader.Release()
	for reader.Next() {
		batch := reader.RecordBatch()
		fmt.Println(batch.Column(3).ValueStr(0), batch.Column(4).ValueStr(0), batch.Column(5).ValueStr(0))
	}
	// Output:
	// libros 1 29.9
	// libros 2 59.8
}

func ExampleWriteFile() {
	var out bytes.Buffer
	if err := arrowsink.WriteFile(&out, []sink.Row[Product, Sales]{sales(17, 2)}, sink.SchemaOptions{}); err != nil {
		panic(err)
	}
	fmt.Println(string(out.Bytes()[:6]))
	// Output: ARROW1
}

func ExampleFields() {
	schema, err := sink.SchemaOf[Product, Sales](sink.SchemaOptions{})
	if err != nil {
		panic(err)
	}
	fields, err := arrowsink.Fields(schema.Schema)
	if err != nil {
		panic(err)
	}
	for _, f := range fields.Fields() {
		fmt.Println(f.Name, f.Type, f.Nullable)
	}
	// Output:
	// view dictionary<values=utf8, indices=int32, ordered=false> false
	// window_start timestamp[us, tz=UTC] true
	// window_end timestamp[us, tz=UTC] true
	// category dictionary<values=utf8, indices=int32, ordered=false> false
	// orders int64 false
	// revenue decimal(19, 2) false
	// version int64 false
	// timing dictionary<values=utf8, indices=int32, ordered=false> false
	// final bool false
	// removed bool false
}
