package lambda_test

import (
	"context"
	"fmt"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
)

// Publish runs beside the layers. A program that has come to its end ends its
// context: Publish then looks a last time.
func ExamplePublish() {
	p := lambda.New[sale](lambda.Config{Archive: archive.Memory()})
	h, err := lambda.Register(p, byCategory())
	must(err)
	metrics := sink.NewMemory[string, int64]()
	ctx, cancel := context.WithCancel(context.Background())
	published := make(chan error)
	go func() { published <- lambda.Publish(ctx, h, metrics, lambda.PublishOptions{}) }()

	must(p.Run(ctx, sales()))
	cancel()
	must(<-published)
	for _, row := range metrics.Rows() {
		fmt.Println(row.Window.Start.Format("15:04"), row.Key, row.Value, "version", row.Version, "final", row.Final)
	}
	// Output:
	// 09:00 libros 1300 version 4 final true
	// 10:10 hogar 4000 version 4 final false
}
