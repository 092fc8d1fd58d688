package kafkasource_test

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/s3archive"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
	"github.com/anabranch-go/anabranch/window"
)

// Purchase is a record of the topic, in JSON.
type Purchase struct {
	At       time.Time `anabranch:"timestamp"`
	Category string    `anabranch:"categoria"`
	Cents    int64     `anabranch:"revenue,decimal=2"`
}

// Sales is a row of the table.
type Sales struct {
	Cents int64 `anabranch:"ventas_total,decimal=2"`
	Lines int64 `anabranch:"lineas"`
}

// A process of a shop on four systems: it takes its share of a topic's partitions,
// keeps open deltas in Redis and the archive on S3, recomputes every hour, and keeps
// a table of ClickHouse up to date. Any number of such processes may run.
func Example_onFourSystems() {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	events, err := kafkasource.New(ctx, kafkasource.Options[Purchase]{
		Topic: "user_events", Group: "metrics", Client: []kgo.Opt{
			kgo.SeedBrokers("kafka-1:9092", "kafka-2:9092"),
			kgo.SessionTimeout(10 * time.Second), // a process that was killed holds its partitions for so long: 45 s if not set
		},
	})
	must(err)
	defer events.Close()
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"redis-1:6379", "redis-2:6379", "redis-3:6379"}, ContextTimeoutEnabled: true})
	defer client.Close()
	deltas, err := redisdelta.New(ctx, client, redisdelta.Options{})
	must(err)
	store, err := archive.Open(ctx, "s3://data-lake/shop", s3archive.Opener())
	must(err)
	table, err := clickhousesink.Open[string, Sales](ctx, clickhousesink.Options{
		Addresses: []string{"clickhouse-1:9000"}, Table: "ventas", Create: true,
		Client: ch.Options{User: "metrics", Password: os.Getenv("CLICKHOUSE_PASSWORD")},
	})
	must(err)
	defer table.Close()

	at := source.FieldOf(func(p *Purchase) *time.Time { return &p.At })
	category := source.FieldOf(func(p *Purchase) *string { return &p.Category })
	cents := source.FieldOf(func(p *Purchase) *int64 { return &p.Cents })
	pipeline := lambda.New[Purchase](lambda.Config{Archive: store, Deltas: deltas})
	sales, err := lambda.Register(pipeline, lambda.View[Purchase, string, Sales]{
		Name: "ventas", Time: at, Key: lambda.By(category), Window: window.Tumbling(5 * time.Minute),
		Aggregate: aggregate.Join2(aggregate.Sum(cents), aggregate.Count[Purchase](), func(cents, lines int64) Sales { return Sales{cents, lines} }),
	})
	must(err)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return pipeline.Run(ctx, events) }) // the speed layer
	group.Go(func() error {                                     // the batch layer
		for ctx.Err() == nil {
			if err := pipeline.Batch(ctx); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
		}
		return nil
	})
	group.Go(func() error { return lambda.Publish(ctx, sales, table, lambda.PublishOptions{}) }) // the serving layer
	must(group.Wait())
}
