package topk_test

import (
	"fmt"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/topk"
	"github.com/anabranch-go/anabranch/source"
)

// Sale is the examples' event.
type Sale struct {
	Article string `anabranch:"article"`
	Cents   int64  `anabranch:"cents,decimal=2"`
}

var (
	article = source.FieldOf(func(s *Sale) *string { return &s.Article })
	cents   = source.FieldOf(func(s *Sale) *int64 { return &s.Cents })
)

// show folds some sales into one group and prints its result, as an engine does.
func show(a aggregate.Aggregate[Sale, []topk.Item[string]]) {
	binder, err := source.NewBinder[Sale]()
	if err != nil {
		fmt.Println(err)
		return
	}
	states, err := a.Bind(binder)
	if err != nil {
		fmt.Println(err)
		return
	}
	builder := source.NewBuilder[Sale](binder.Schema(), nil)
	for i, s := range []Sale{{"tea", 450}, {"mug", 1200}, {"tea", 450}, {"pot", 3900}, {"tea", 500}, {"mug", 1100}} {
		builder.Append(&s, int64(i), nil)
	}
	frame := binder.NewFrame()
	frame.Load(builder.Chunk(0, 0, 6))
	s := states()
	s.Grow(1)
	s.Add(make([]uint32, 6), []int32{0, 1, 2, 3, 4, 5}, frame)
	results := make([][]topk.Item[string], 1)
	if _, err := s.Read([]uint32{0}, results); err != nil {
		fmt.Println(err)
		return
	}
	for _, item := range results[0] {
		fmt.Printf("%s %d (%d to %d)\n", item.Value, item.Estimate, item.Lower, item.Upper)
	}
}

func ExampleFrequent() {
	show(topk.Frequent(article, 2, topk.Options{}))
	// Output:
	// tea 3 (3 to 3)
	// mug 2 (2 to 2)
}

// With room for two values only, the bounds are apart.
func ExampleFrequent_bounds() {
	show(topk.Frequent(article, 2, topk.Options{Capacity: 2}))
	// Output:
	// tea 2 (2 to 3)
	// mug 1 (1 to 2)
}

func ExampleWeighted() {
	show(topk.Weighted(article, cents, 2, topk.Options{}))
	// Output:
	// pot 3900 (3900 to 3900)
	// mug 2300 (2300 to 2300)
}
