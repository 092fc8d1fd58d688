// Quickstart folds orders in two arms, and merges both into one exact answer.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type Order struct {
	At       time.Time
	Category string
	Cents    int64
}

var (
	at       = source.FieldOf(func(o *Order) *time.Time { return &o.At })
	category = source.FieldOf(func(o *Order) *string { return &o.Category })
	cents    = source.FieldOf(func(o *Order) *int64 { return &o.Cents })
)

func main() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "quickstart-*")
	check(err)
	defer os.RemoveAll(dir)
	pipeline := lambda.New[Order](lambda.Config{Archive: archive.Dir(dir), SegmentRows: 3})
	sales, err := lambda.Register(pipeline, lambda.View[Order, string, int64]{
		Name: "sales", Time: at, Key: lambda.By(category),
		Window: window.Tumbling(time.Hour), Aggregate: aggregate.Sum(cents),
	})
	check(err)
	orders, err := source.NewMemory[Order]("orders", 1, source.MemoryOptions[Order]{})
	check(err)
	var speed sync.WaitGroup
	speed.Go(func() { check(pipeline.Run(ctx, orders)) }) // the speed layer
	nine := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
	_, err = orders.Append(0, Order{nine, "books", 1250}, Order{nine, "music", 899}, Order{nine.Add(time.Hour), "books", 2000})
	check(err)
	reach(ctx, sales, func(p lambda.Provenance) bool { return p.FromSealed() == 3 })
	check(pipeline.Batch(ctx))
	_, err = orders.Append(0, Order{nine.Add(time.Minute), "books", 750}) // late: its hour is in the base
	check(err)
	answer := reach(ctx, sales, func(p lambda.Provenance) bool { return p.Offsets() == 4 }) // the serving layer
	for row := range answer.Rows() {
		fmt.Printf("%s %s %5d\n", row.Window.Start.Format("15:04"), row.Key, row.Value)
	}
	p := answer.Provenance()
	fmt.Printf("%d events from base %d, %d from deltas; complete: %t\n", p.FromBase(), p.Base, p.FromOpen(), p.Complete)
	orders.Close()
	speed.Wait()
}

// reach asks until the answer has come that far.
func reach(ctx context.Context, sales *lambda.Handle[Order, string, int64], far func(lambda.Provenance) bool) *lambda.Answer[string, int64] {
	for {
		answer, err := sales.Query(ctx, lambda.Ever().AllowIncomplete())
		check(err)
		if far(answer.Provenance()) {
			return answer
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
