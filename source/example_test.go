package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing/fstest"
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// Order is the event of the examples.
type Order struct {
	At      time.Time `anabranch:"at"`
	Product string    `anabranch:"product"`
	Units   int64     `anabranch:"units"`
	Price   int64     `anabranch:"price,decimal=2"` // 12.34 is held as 1234
	Coupon  *string   `anabranch:"coupon"`
}

var (
	product = source.FieldOf(func(o *Order) *string { return &o.Product })
	units   = source.FieldOf(func(o *Order) *int64 { return &o.Units })
	price   = source.FieldOf(func(o *Order) *int64 { return &o.Price })
	coupon  = source.OptionalOf(func(o *Order) **string { return &o.Coupon })
)

// threeOrders is a chunk of three.
func threeOrders() *source.Chunk[Order] {
	schema, err := source.SchemaOf[Order]()
	if err != nil {
		fmt.Println(err)
	}
	b := source.NewBuilder[Order](schema, nil)
	for offset, record := range []string{
		`{"at": "2024-05-01T10:00:00Z", "product": "tea", "units": 2, "price": 3.50}`,
		`{"at": "2024-05-01T10:01:00Z", "product": "cup", "units": 1, "price": 12, "coupon": "MAY"}`,
		`{"at": "2024-05-01T10:02:00Z", "product": "tea", "units": 5, "price": 3.25}`,
	} {
		b.Decode(source.JSON[Order](), []byte(record), int64(offset))
	}
	return b.Chunk(0, 0, 3)
}

// show prints a field's values over the orders.
func show[T any](f source.Field[Order, T]) {
	binder, err := source.NewBinder[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	slot, err := f.Bind(binder)
	if err != nil {
		fmt.Println(err)
		return
	}
	frame := binder.NewFrame()
	frame.Load(threeOrders())
	for row := range int32(3) {
		fmt.Print(frame.Vector(slot).Value(row), " ")
	}
	fmt.Println()
}

// pick prints the places of the orders that a predicate selects.
func pick(p source.Predicate[Order]) {
	binder, err := source.NewBinder[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	filter, err := p.Bind(binder)
	if err != nil {
		fmt.Println(err)
		return
	}
	frame := binder.NewFrame()
	frame.Load(threeOrders())
	fmt.Println(filter.Keep(frame, []int32{0, 1, 2}, nil))
}

// printAll prints a log that ends.
func printAll(log source.Source[Order], from int64) {
	reader, err := log.Open(context.Background(), 0, from)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	for {
		chunk, err := reader.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		for i, o := range chunk.Rows() {
			fmt.Println(chunk.Offsets[i], o.Product, o.Units)
		}
		for _, q := range chunk.Quarantine {
			fmt.Println(q.Offset, q.Reason)
		}
	}
}

func ExampleSchemaOf() {
	schema, err := source.SchemaOf[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range schema.Columns {
		fmt.Println(c.Name, c.Kind, c.Nullable)
	}
	// Output:
	// at time false
	// product string false
	// units int false
	// price decimal false
	// coupon string true
}

func ExampleNewBuilder() {
	schema, _ := source.SchemaOf[Order]()
	b := source.NewBuilder(schema, func(o *Order) error {
		if o.Units == 0 {
			return errors.New("an order of nothing")
		}
		o.Product = strings.ToLower(o.Product)
		return nil
	})
	b.Append(&Order{Product: "TEA", Units: 2}, 0, nil)
	b.Append(&Order{Product: "CUP"}, 1, nil)
	chunk := b.Chunk(0, 0, 2)
	fmt.Println(chunk.Rows()[0].Product)
	fmt.Println(chunk.Quarantine[0].Offset, chunk.Quarantine[0].Reason)
	// Output:
	// tea
	// 1 the transform: an order of nothing
}

func ExampleFieldOf() {
	show(product)
	// Output: "tea" "cup" "tea"
}

func ExampleOptionalOf() {
	show(coupon)
	// Output: null "MAY" null
}

func ExampleMap() {
	show(source.Map(product, strings.ToUpper))
	// Output: "TEA" "CUP" "TEA"
}

func ExampleMap2() {
	show(source.Map2(units, price, func(units, cents int64) int64 { return units * cents }))
	// Output: 700 1200 1625
}

func ExampleDerive() {
	show(source.Derive(func(o *Order) bool { return o.Coupon != nil }))
	// Output: false true false
}

func ExampleEqual() {
	pick(source.Equal(product, "tea"))
	// Output: [0 2]
}

func ExampleIn() {
	pick(source.In(units, 1, 2))
	// Output: [0 1]
}

func ExampleAtLeast() {
	pick(source.AtLeast(price, 350))
	// Output: [0 1]
}

func ExampleLess() {
	pick(source.Less(price, 350))
	// Output: [2]
}

func ExampleIsNull() {
	pick(source.IsNull(coupon))
	// Output: [0 2]
}

func ExampleMatch() {
	pick(source.Match(product, func(s string) bool { return strings.HasPrefix(s, "c") }))
	// Output: [1]
}

func ExampleFunc() {
	pick(source.Func(func(o *Order) bool { return o.Units*o.Price > 1000 }))
	// Output: [1 2]
}

func ExampleAnd() {
	pick(source.And(source.Equal(product, "tea"), source.AtLeast(units, 3)))
	// Output: [2]
}

func ExampleOr() {
	pick(source.Or(source.Equal(product, "cup"), source.AtLeast(units, 3)))
	// Output: [1 2]
}

func ExampleNot() {
	pick(source.Not(source.Equal(product, "tea")))
	// Output: [1]
}

func ExampleNewBinder() {
	binder, err := source.NewBinder[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	slot, err := units.Bind(binder)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("reads columns", binder.Columns())
	frame := binder.NewFrame()
	frame.Load(threeOrders())
	fmt.Println(frame.Vector(slot).Ints)
	// Output:
	// reads columns [2]
	// [2 1 5]
}

func ExampleNewInterner() {
	texts := source.NewInterner()
	fmt.Println(texts.Code("tea"), texts.Code("cup"), texts.Code("tea"))
	fmt.Println(texts.Dictionary().Values)
	// Output:
	// 0 1 0
	// [tea cup]
}

func ExampleValueOf() {
	v, err := source.ValueOf(time.UnixMicro(1))
	fmt.Println(v.Kind, v.Int, err)
	// Output: time 1 <nil>
}

func ExampleJSON() {
	chunk := threeOrders()
	fmt.Println(chunk.Len(), chunk.Rows()[1].Price, *chunk.Rows()[1].Coupon)
	// Output: 3 1200 MAY
}

func ExampleStrictJSON() {
	schema, err := source.SchemaOf[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	b := source.NewBuilder[Order](schema, nil)
	b.Decode(source.StrictJSON[Order](), []byte(`{"at": "2024-05-01T10:00:00Z", "product": "tea", "unit": 2}`), 0)
	fmt.Println(b.Chunk(0, 0, 1).Quarantine[0].Reason)
	// Output: source: unfit value: no column has the member "unit"
}

func ExampleNewMemory() {
	log, err := source.NewMemory("orders", 1, source.MemoryOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := log.Append(0, Order{Product: "tea", Units: 2}, Order{Product: "cup", Units: 1})
	fmt.Println(next, err)
	log.Close()
	printAll(log, 1)
	// Output:
	// 2 <nil>
	// 1 cup 1
}

func ExampleNewFiles() {
	files := fstest.MapFS{ // os.DirFS("data"), say
		"2024-05-01.jsonl": {Data: []byte(`{"at": "2024-05-01T10:00:00Z", "product": "tea", "units": 2}
			{"at": "2024-05-01T10:01:00Z", "product": "cup", "units": 1.5}`)},
		"2024-05-02.jsonl": {Data: []byte(`{"at": "2024-05-02T10:00:00Z", "product": "tea", "units": 5}`)},
	}
	log, err := source.NewFiles(files, "*.jsonl", source.Lines(source.JSON[Order]()), source.FilesOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	printAll(log, 0)
	// Output:
	// 0 tea 2
	// 2 tea 5
	// 1 2024-05-01.jsonl:2: column units: source: unfit value: "1.5" has more than 0 digits after the point
}

func ExampleLines() {
	files := fstest.MapFS{"orders": {Data: []byte(`{"at": "2024-05-01T10:00:00Z", "product": "tea"}

		{"at": "2024-05-01T10:01:00Z", "product": "cup"}`)}}
	log, err := source.NewFiles(files, "orders", source.Lines(source.JSON[Order]()), source.FilesOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	printAll(log, 1)
	// Output: 1 cup 0
}

// Records after their lengths: 0x30 is 48.
func ExampleDelimited() {
	file := "\x30{\"at\": \"2024-05-01T10:00:00Z\", \"product\": \"tea\"}"
	files := fstest.MapFS{"orders": {Data: []byte(file + file)}}
	log, err := source.NewFiles(files, "orders", source.Delimited(source.JSON[Order]()), source.FilesOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	printAll(log, 1)
	// Output: 1 tea 0
}

func ExampleCSV() {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		fmt.Println(err)
		return
	}
	files := fstest.MapFS{"orders.csv": {Data: []byte("product,units,price,at\n" +
		"\"tea, green\",2.0,3.50,2024-05-01 10:00:00\n" +
		"cup,1,,2024-05-01 10:01:00\n")}}
	format := source.CSV[Order](source.CSVOptions{TimeLayout: "2006-01-02 15:04:05", Location: london})
	log, err := source.NewFiles(files, "*.csv", format, source.FilesOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	printAll(log, 0)
	// Output:
	// 0 tea, green 2
	// 1 orders.csv:3: column price: source: unfit value: an empty cell where a decimal belongs
}

// A topic for each type of event, one pipeline.
func ExampleMerge() {
	orders, err := source.NewMemory("orders", 2, source.MemoryOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	returns, err := source.NewMemory("returns", 1, source.MemoryOptions[Order]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	log, err := source.Merge[Order](orders, returns)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = orders.Append(1, Order{Product: "tea", Units: 2})
	_, _ = returns.Append(0, Order{Product: "tea", Units: -1})
	fmt.Println(log.Identity(context.Background()))
	for _, partition := range []int{1, 2} {
		reader, err := log.Open(context.Background(), partition, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		chunk, err := reader.Next(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(chunk.Partition, chunk.Rows()[0].Product, chunk.Rows()[0].Units)
		_ = reader.Close()
	}
	// Output:
	// merged: "orders" with 2 partitions, "returns" <nil>
	// 1 tea 2
	// 2 tea -1
}

// Returns become orders of fewer units, to be merged with them.
func ExampleConvert() {
	type Return struct {
		Product string
		Units   int
	}
	returns, err := source.NewMemory("returns", 1, source.MemoryOptions[Return]{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = returns.Append(0, Return{"tea", 1}, Return{"cup", 0}, Return{"cup", 3})
	_ = returns.Close()
	log, err := source.Convert(source.Source[Return](returns), func(r *Return) (Order, error) {
		if r.Units == 0 {
			return Order{}, errors.New("nothing came back")
		}
		return Order{Product: r.Product, Units: -int64(r.Units)}, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	printAll(log, 0)
	// Output:
	// 0 tea -1
	// 2 cup -3
	// 1 the conversion: nothing came back
}

func ExampleMicros() {
	us, err := source.Micros(time.Date(1970, 1, 1, 0, 0, 1, 999, time.UTC))
	fmt.Println(us, err, source.FromMicros(us))
	// Output: 1000000 <nil> 1970-01-01 00:00:01 +0000 UTC
}

func ExampleSetValue() {
	var units int8
	fmt.Println(source.SetValue(&units, source.Value{Kind: source.Int, Int: 100}), units)
	fmt.Println(source.SetValue(&units, source.Value{Kind: source.Int, Int: 1000}))
	// Output:
	// <nil> 100
	// source: unfit value: 1000 in a int8
}

// To skip a file of which it's known that it has no tea.
func ExamplePredicate_Limits() {
	p := source.And(source.In(product, "tea", "cup"), source.AtLeast(units, 2), source.Func(func(o *Order) bool { return o.Coupon != nil }))
	for i, name := range []string{"at", "product", "units"} {
		limits, ok := p.Limits(i)
		fmt.Println(name, ok, limits.Texts, len(limits.Ranges))
	}
	// Output:
	// at false [] 0
	// product true [cup tea] 0
	// units true [] 1
}

// The second and third event of a chunk.
func ExampleChunk_Pick() {
	picked := threeOrders().Pick([]int32{1, 2})
	fmt.Println(picked.Offsets, picked.Rows()[0].Product, picked.Rows()[1].Product)
	// Output: [1 2] cup tea
}
