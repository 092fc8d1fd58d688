package kafkasink_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/kafkasink"
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

func ExampleNew() {
	ctx := context.Background()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "metrics")) // in place of real ones
	if err != nil {
		log.Fatal(err)
	}
	defer brokers.Close()
	topic, err := kafkasink.New[Product, Sales](ctx, kafkasink.Options{
		Topic:  "metrics",
		Client: []kgo.Opt{kgo.SeedBrokers(brokers.ListenAddrs()...)}, // and kgo.DialTLS(), kgo.SASL(…)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer topic.Close()
	// lambda.Publish does this whenever a view's rows change.
	ten := window.Tumbling(5 * time.Minute).At(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC))
	if err := topic.Write(ctx, []sink.Row[Product, Sales]{
		{View: "ventas", Window: ten, Key: Product{"libros"}, Value: Sales{2, 5980}, Version: 17},
	}); err != nil {
		log.Print(err)
	}

	reader, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...), kgo.ConsumeTopics("metrics"))
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Close()
	for record := range reader.PollFetches(ctx).RecordsAll() {
		fmt.Printf("%s\n%s\n", record.Key, record.Value)
	}
	// Output:
	// {"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros"}
	// {"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros","orders":2,"cents":5980,"version":17,"timing":"early","final":false,"removed":false}
}
