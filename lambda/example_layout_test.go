package lambda_test

import (
	"context"
	"fmt"
	"path"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// A scheme declared once splits the archive into directories that other engines
// know how to skip, and the batch layer skips too: of three files it reads two.
func ExampleConfig_partition() {
	ctx, store := context.Background(), archive.Memory()
	scheme, err := partition.New(partition.ByValue("region"), partition.ByHour("at"), partition.ByHash("user", 4))
	must(err)
	p := lambda.New[sale](lambda.Config{Archive: store, Partition: scheme, Observer: skips{}})
	view := byCategory()
	view.Where = source.Equal(region, "norte")
	h, err := lambda.Register(p, view)
	must(err)
	must(p.Run(ctx, sales()))
	for name, err := range store.List(ctx, "events/", "") {
		must(err)
		fmt.Println(path.Dir(name))
	}
	must(p.Batch(ctx))
	a, err := h.Query(ctx, lambda.Ever())
	must(err)
	for row := range a.Rows() {
		fmt.Println(row.Window.Start.Format("15:04"), row.Key, row.Value)
	}
	// Output:
	// events/region=norte/at_hour=2026-11-24-09/user_hash4=0
	// events/region=norte/at_hour=2026-11-24-10/user_hash4=0
	// events/region=sur/at_hour=2026-11-24-09/user_hash4=0
	// files read: 2 skipped: 1
	// 09:00 libros 1050
	// 10:10 hogar 4000
}

// skips prints how many files batch runs read.
type skips struct{}

func (skips) Observe(ob lambda.Observation) {
	if ob.Kind == lambda.BasePublished {
		fmt.Println("files read:", ob.Files, "skipped:", ob.Skipped)
	}
}
