package sink_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

// Product and Sales are a view's key and result.
type Product struct {
	Category string `json:"category"`
}

type Sales struct {
	Orders int64 `json:"orders"`
	Cents  int64 `json:"cents"`
}

// sales is what a view says after some offsets.
func sales(version, orders, cents int64, final bool) sink.Row[Product, Sales] {
	ten := window.Tumbling(5 * time.Minute).At(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC))
	return sink.Row[Product, Sales]{View: "ventas", Window: ten, Key: Product{"libros"},
		Value: Sales{orders, cents}, Version: version, Final: final}
}

func ExampleNewMemory() {
	memory := sink.NewMemory[Product, Sales]()
	ctx := context.Background()
	for _, row := range []sink.Row[Product, Sales]{
		sales(17, 2, 5980, true),
		sales(12, 1, 2990, false), // too late
		sales(17, 2, 5980, true),  // once more
	} {
		if err := memory.Write(ctx, []sink.Row[Product, Sales]{row}); err != nil {
			fmt.Println(err)
		}
	}
	for _, row := range memory.Rows() {
		fmt.Println(row.Window.Start.Format(time.TimeOnly), row.Key.Category, row.Value.Orders, row.Value.Cents, row.Final)
	}
	// Output:
	// 10:00:00 libros 2 5980 true
}

func ExampleSchemaOf() {
	// The result is a number of cents, so it's the column "value"; it gets a name and
	// a point.
	schema, err := sink.SchemaOf[Product, int64](sink.SchemaOptions{
		Rename:   map[string]string{"value": "revenue"},
		Decimals: map[string]int{"revenue": 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, c := range schema.Columns {
		fmt.Println(c.Name, c.Kind, i < schema.Identity)
	}
	// Output:
	// view string true
	// window_start time true
	// window_end time true
	// category string true
	// revenue decimal false
	// version int false
	// timing string false
	// final bool false
	// removed bool false
}

func ExampleSchema_Encoder() {
	schema, err := sink.SchemaOf[Product, Sales](sink.SchemaOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	chunk, err := schema.Encoder().Encode([]sink.Row[Product, Sales]{sales(12, 1, 2990, false), sales(17, 2, 5980, true)})
	if err != nil {
		fmt.Println(err)
		return
	}
	cents, _ := schema.Lookup("cents")
	fmt.Println(chunk.Len(), chunk.Columns[cents].Ints)
	// Output: 2 [2990 5980]
}

func ExampleRecordOf() {
	row := sales(12, 1, 2990, false)
	record := sink.RecordOf(&row)
	fmt.Println(record.View, record.Start, record.Key, record.Value, record.Row() == row)
	// Output: ventas 2026-11-01 10:00:00 +0000 UTC {libros} {1 2990} true
}

func ExampleJSONLines() {
	file, err := sink.JSONLines[Product, Sales](os.Stdout, sink.SchemaOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := []sink.Row[Product, Sales]{sales(12, 1, 2990, false), sales(17, 2, 5980, true)}
	if err := file.Write(context.Background(), rows); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros","orders":1,"cents":2990,"version":12,"timing":"early","final":false,"removed":false}
	// {"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros","orders":2,"cents":5980,"version":17,"timing":"early","final":true,"removed":false}
}

func ExampleCSV() {
	file, err := sink.CSV[Product, Sales](os.Stdout, sink.CSVOptions{Schema: sink.SchemaOptions{Decimals: map[string]int{"cents": 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := file.Write(context.Background(), []sink.Row[Product, Sales]{sales(17, 2, 5980, true)}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// view,window_start,window_end,category,orders,cents,version,timing,final,removed
	// ventas,2026-11-01T10:00:00Z,2026-11-01T10:05:00Z,libros,2,59.80,17,early,true,false
}

// A sink of the caller's own: here one that tells of final results alone.
func ExampleFunc() {
	var tell sink.Sink[Product, Sales] = sink.Func[Product, Sales](func(ctx context.Context, rows []sink.Row[Product, Sales]) error {
		for _, row := range rows {
			if row.Final {
				fmt.Printf("%s until %s: %d orders\n", row.Key.Category, row.Window.End.Format(time.TimeOnly), row.Value.Orders)
			}
		}
		return ctx.Err()
	})
	rows := []sink.Row[Product, Sales]{sales(12, 1, 2990, false), sales(17, 2, 5980, true)}
	if err := tell.Write(context.Background(), rows); err != nil {
		fmt.Println(err)
	}
	// Output:
	// libros until 10:05:00: 2 orders
}
