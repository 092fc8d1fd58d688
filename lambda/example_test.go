package lambda_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// sale is the event of the examples.
type sale struct {
	At       time.Time `anabranch:"at"`
	Category string    `anabranch:"category"`
	Region   string    `anabranch:"region"`
	User     int64     `anabranch:"user"`
	Cents    int64     `anabranch:"cents,decimal=2"`
}

var (
	saleAt   = source.FieldOf(func(s *sale) *time.Time { return &s.At })
	category = source.FieldOf(func(s *sale) *string { return &s.Category })
	region   = source.FieldOf(func(s *sale) *string { return &s.Region })
	user     = source.FieldOf(func(s *sale) *int64 { return &s.User })
	cents    = source.FieldOf(func(s *sale) *int64 { return &s.Cents })
)

func sales() *source.Memory[sale] {
	log, err := source.NewMemory[sale]("examples", 1, source.MemoryOptions[sale]{})
	must(err)
	nine := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	_, err = log.Append(0,
		sale{nine, "libros", "norte", 1, 1000},
		sale{nine.Add(time.Minute), "libros", "sur", 2, 250},
		sale{nine.Add(70 * time.Minute), "hogar", "norte", 1, 4000},
		sale{nine.Add(2 * time.Minute), "libros", "norte", 2, 50}, // late, and counted
	)
	must(err)
	log.Close()
	return log
}

// answer registers a view, runs the log through all layers, and asks.
func answer[K, R any](v lambda.View[sale, K, R], r lambda.Range, keys ...K) *lambda.Answer[K, R] {
	ctx := context.Background()
	p := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	h, err := lambda.Register(p, v)
	must(err)
	must(p.Run(ctx, sales()))
	must(p.Batch(ctx))
	a, err := h.Query(ctx, r, keys...)
	must(err)
	return a
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func byCategory() lambda.View[sale, string, int64] {
	return lambda.View[sale, string, int64]{
		Name: "ventas", Time: saleAt, Key: lambda.By(category),
		Window: window.Tumbling(5 * time.Minute), Aggregate: aggregate.Sum(cents),
	}
}

func printRows[K, R any](a *lambda.Answer[K, R]) {
	for row := range a.Rows() {
		fmt.Println(row.Window.Start.Format("15:04"), row.Key, row.Value)
	}
}

func Example() {
	ctx := context.Background()
	pipeline := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	ventas, err := lambda.Register(pipeline, byCategory())
	must(err)
	must(pipeline.Run(ctx, sales())) // the speed layer, until the log ends
	must(pipeline.Batch(ctx))        // the batch layer
	a, err := ventas.Query(ctx, lambda.Ever().By(window.Hour(time.UTC)))
	must(err)
	for row := range a.Rows() {
		fmt.Println(row.Window.Start.Format(time.RFC3339), row.Key, row.Value)
	}
	p := a.Provenance()
	fmt.Println(p.Complete, p.FromBase(), "of", p.Offsets(), "offsets from base", p.Base)
	// Output:
	// 2026-11-24T09:00:00Z libros 1300
	// 2026-11-24T10:00:00Z hogar 4000
	// true 4 of 4 offsets from base 0
}

func ExampleNew() {
	pipeline := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	fmt.Println(pipeline.Batch(context.Background())) // nothing to do yet
	// Output: <nil>
}

func ExampleRegister() {
	pipeline := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	broken := byCategory()
	broken.Window = window.Tumbling(0)
	_, err := lambda.Register(pipeline, broken)
	fmt.Println(err != nil)
	_, err = lambda.Register(pipeline, byCategory())
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleBy() {
	printRows(answer(byCategory(), lambda.Ever(), "libros"))
	// Output: 09:00 libros 1300
}

type place struct{ Category, Region string }

func ExampleBy2() {
	printRows(answer(lambda.View[sale, place, int64]{
		Name: "ventas", Time: saleAt, Window: window.Hour(time.UTC), Aggregate: aggregate.Sum(cents),
		Key: lambda.By2(category, region, func(p *place) (*string, *string) { return &p.Category, &p.Region }),
	}, lambda.Ever()))
	// Output:
	// 09:00 {libros norte} 1050
	// 09:00 {libros sur} 250
	// 10:00 {hogar norte} 4000
}

func ExampleBy3() {
	type visit struct {
		place
		User int64
	}
	printRows(answer(lambda.View[sale, visit, int64]{
		Name: "ventas", Time: saleAt, Window: window.Day(time.UTC), Aggregate: aggregate.Count[sale](),
		Key: lambda.By3(category, region, user, func(v *visit) (*string, *string, *int64) { return &v.Category, &v.Region, &v.User }),
	}, lambda.Ever(), visit{place{"libros", "sur"}, 2}))
	// Output: 00:00 {{libros sur} 2} 1
}

func ExampleBy4() {
	type visit struct {
		place
		User  int64
		Large bool
	}
	large := source.Map(cents, func(c int64) bool { return c >= 1000 })
	printRows(answer(lambda.View[sale, visit, int64]{
		Name: "ventas", Version: 1, Time: saleAt, Window: window.Day(time.UTC), Aggregate: aggregate.Count[sale](),
		Key: lambda.By4(category, region, user, large, func(v *visit) (*string, *string, *int64, *bool) {
			return &v.Category, &v.Region, &v.User, &v.Large
		}),
	}, lambda.Ever()))
	// Output:
	// 00:00 {{hogar norte} 1 true} 1
	// 00:00 {{libros norte} 1 true} 1
	// 00:00 {{libros norte} 2 false} 1
	// 00:00 {{libros sur} 2 false} 1
}

// The region that sells most in each hour, of all categories that begin with l.
func ExampleHandle_Select() {
	ctx := context.Background()
	p := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	ventas, err := lambda.Register(p, lambda.View[sale, place, int64]{
		Name: "ventas", Time: saleAt, Window: window.Tumbling(5 * time.Minute), Aggregate: aggregate.Sum(cents),
		Key: lambda.By2(category, region, func(p *place) (*string, *string) { return &p.Category, &p.Region }),
	})
	must(err)
	must(p.Run(ctx, sales()))
	a, err := ventas.Select(ctx, lambda.Ever().By(window.Hour(time.UTC)), lambda.Selection[place, int64]{
		Where: func(p place) bool { return p.Category[0] == 'l' },
		By:    func(p *place) []any { return []any{&p.Region} },
		Order: func(a, b int64) int { return cmp.Compare(b, a) },
		Top:   1,
	})
	must(err)
	printRows(a)
	// Output: 09:00 { norte} 1050
}

// Half an hour without a sale ends a customer's visit.
func ExampleView_session() {
	a := answer(lambda.View[sale, int64, int64]{
		Name: "visitas", Time: saleAt, Key: lambda.By(user),
		Window: window.Session(30 * time.Minute), Aggregate: aggregate.Sum(cents),
	}, lambda.Ever())
	for row := range a.Rows() {
		fmt.Println(row.Window.Start.Format("15:04"), row.Window.End.Format("15:04"), row.Key, row.Value)
	}
	// Output:
	// 09:00 09:30 1 1000
	// 09:01 09:32 2 300
	// 10:10 10:40 1 4000
}

// Each half hour's sales of the hour before, by windows that overlap.
func ExampleView_sliding() {
	printRows(answer(lambda.View[sale, struct{}, int64]{
		Name: "ritmo", Time: saleAt, Key: lambda.All[sale](),
		Window: window.Sliding(time.Hour, 30*time.Minute), Aggregate: aggregate.Sum(cents),
	}, lambda.Ever()))
	// Output:
	// 08:30 {} 1300
	// 09:00 {} 1300
	// 09:30 {} 4000
	// 10:00 {} 4000
}

func ExampleByFunc() {
	printRows(answer(lambda.View[sale, bool, int64]{
		Name: "ventas_grandes", Version: 1, // a closure can't be compared, so it needs a version
		Time: saleAt, Window: window.Day(time.UTC), Aggregate: aggregate.Count[sale](),
		Key: lambda.ByFunc(func(s *sale) bool { return s.Cents >= 1000 }),
	}, lambda.Ever()))
	// Output:
	// 00:00 false 2
	// 00:00 true 2
}

func ExampleAll() {
	printRows(answer(lambda.View[sale, struct{}, int64]{
		Name: "clientes", Time: saleAt, Key: lambda.All[sale](), Window: window.Hour(time.UTC), Aggregate: aggregate.Distinct(user),
	}, lambda.Ever()))
	// Output:
	// 09:00 {} 2
	// 10:00 {} 1
}

func ExampleEver() {
	// Hours roll up to a day by merging states: a user of both hours counts once.
	printRows(answer(lambda.View[sale, struct{}, int64]{
		Name: "clientes", Time: saleAt, Key: lambda.All[sale](), Window: window.Hour(time.UTC), Aggregate: aggregate.Distinct(user),
	}, lambda.Ever().By(window.Day(time.UTC))))
	// Output: 00:00 {} 2
}

func ExampleBetween() {
	from := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	printRows(answer(byCategory(), lambda.Between(from, from.Add(time.Hour))))
	// Output: 10:10 hogar 4000
}

func ExampleLast() {
	fmt.Println(answer(byCategory(), lambda.Last(time.Minute)).Len()) // by the clock: the sales are of 2026
	// Output: 0
}

func ExampleLog() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	observer := lambda.Log(logger) // goes into Config.Observer
	observer.Observe(lambda.Observation{Kind: lambda.Sealed, Partition: 3, From: 100, To: 250, Term: 7, Rows: 149, Bytes: 4096, Took: time.Second})
	observer.Observe(lambda.Observation{Kind: lambda.FlushFailed, View: "ventas", From: 250, To: 260, Err: errors.New("connection refused")})
	observer.Observe(lambda.Observation{Kind: lambda.Queried, View: "ventas"}) // below the logger's level
	// Output:
	// level=INFO msg=sealed partition=3 from=100 to=250 term=7 rows=149 bytes=4096 took=1s
	// level=WARN msg="flush failed" partition=0 view=ventas from=250 to=260 error="connection refused"
}

// Customers by what they have spent, from the rows of another view.
func ExampleOver() {
	type customer struct {
		At    time.Time
		Total int64
	}
	ctx := context.Background()
	p := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	totals, err := lambda.Register(p, lambda.View[sale, int64, int64]{
		Name: "clientes", Time: saleAt, Key: lambda.By(user), Window: window.Day(time.UTC), Aggregate: aggregate.Sum(cents),
	})
	must(err)
	at := source.FieldOf(func(c *customer) *time.Time { return &c.At })
	total := source.FieldOf(func(c *customer) *int64 { return &c.Total })
	segments, err := lambda.Over(totals, lambda.Ever(),
		func(row lambda.Row[int64, int64], emit func(customer)) { emit(customer{row.Window.Start, row.Value}) },
		lambda.View[customer, string, int64]{
			Name: "segmentos", Version: 1, Time: at, Window: window.Day(time.UTC), Aggregate: aggregate.Count[customer](),
			Key: lambda.By(source.Map(total, func(cents int64) string {
				if cents >= 1000 {
					return "oro"
				}
				return "plata"
			})),
		})
	must(err)
	must(p.Run(ctx, sales()))
	must(p.Batch(ctx))
	a, err := segments.Query(ctx, lambda.Ever())
	must(err)
	printRows(a)
	// Output:
	// 00:00 oro 1
	// 00:00 plata 1
}

// A batch run's results as a table's rows.
func ExampleAnswer_SinkRows() {
	table := sink.NewMemory[string, int64]()
	must(table.Write(context.Background(), answer(byCategory(), lambda.Ever().By(window.Day(time.UTC))).SinkRows()))
	for _, row := range table.Rows() {
		fmt.Println(row.Window, row.Key, row.Value, row.Version, row.Timing)
	}
	// Output:
	// 2026-11-24T00:00:00Z/2026-11-25T00:00:00Z hogar 4000 4 early
	// 2026-11-24T00:00:00Z/2026-11-25T00:00:00Z libros 1300 4 early
}
