package kafkasource_test

import (
	"context"
	"log"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source/kafkasource"
)

// Any number of processes run this: the group shares the topic's partitions out.
func Example() {
	ctx := context.Background()
	events, err := kafkasource.New(ctx, kafkasource.Options[event]{
		Topic: "user_events",
		Group: "metrics",
		Client: []kgo.Opt{
			kgo.SeedBrokers("kafka-1:9093", "kafka-2:9093"),
			kgo.DialTLS(),
			kgo.SASL(scram.Auth{User: "metrics", Pass: os.Getenv("KAFKA_PASSWORD")}.AsSha512Mechanism()),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer events.Close()
	pipeline := lambda.New[event](lambda.Config{Archive: archive.Dir("data")})
	if err := pipeline.Run(ctx, events); err != nil {
		log.Print(err)
	}
}
