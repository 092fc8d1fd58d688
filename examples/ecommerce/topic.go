package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
)

// topic is the log on Kafka. Its record at an offset of a partition is what the shop
// generates for these, so that what is read can be checked without reading it.
type topic struct {
	*kafkasource.Log[Event]
	name   string
	client []kgo.Opt
}

// group is the consumer group of the processes that share the topic.
const group = "ecommerce"

// A process that was killed keeps its partitions until its session is over.
const session = 6 * time.Second

func (s *systems) openTopic(ctx context.Context, o options) error {
	t := &topic{name: o.topic, client: []kgo.Opt{kgo.SeedBrokers(addresses(o.kafka)...)}}
	if config := o.tlsConfig(); config != nil {
		t.client = append(t.client, kgo.DialTLSConfig(config))
	}
	if user := os.Getenv("KAFKA_USERNAME"); user != "" {
		t.client = append(t.client, kgo.SASL(mechanism(user, os.Getenv("KAFKA_PASSWORD"))))
	}
	if err := t.create(ctx, o.partitions); err != nil {
		return err
	}
	log, err := kafkasource.New(ctx, kafkasource.Options[Event]{Topic: o.topic, Group: group, Client: append(t.client, kgo.SessionTimeout(session))})
	if err != nil {
		return err
	}
	t.Log, s.topic, s.log = log, t, log
	s.closers = append(s.closers, func() { _ = log.Close() })
	partitions, err := log.Partitions(ctx)
	if err != nil {
		return err
	}
	s.shop, s.from = shop{seed: o.seed, partitions: partitions}, make([]int64, partitions)
	for p := range s.from {
		if s.from[p], err = log.End(ctx, p); err != nil {
			return err
		}
		if err := t.isOf(ctx, s.shop, p, s.from[p]); err != nil {
			return err
		}
	}
	if roles[o.role].generate {
		s.to = grown(s.from, o.events)
	}
	return nil
}

func mechanism(user, password string) sasl.Mechanism {
	if os.Getenv("KAFKA_MECHANISM") == "PLAIN" {
		return plain.Auth{User: user, Pass: password}.AsMechanism()
	}
	return scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
}

// create makes the topic where it's missing.
func (t *topic) create(ctx context.Context, partitions int) error {
	client, err := kgo.NewClient(t.client...)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", kafkasource.ErrBrokers, err)
	}
	const replication = -1 // the brokers' own
	_, err = kadm.NewClient(client).CreateTopic(ctx, int32(partitions), replication, nil, t.name)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("cannot make the topic %s: %w", t.name, err)
	}
	return nil
}

// isOf looks at the last record of a partition: it must be the shop's.
func (t *topic) isOf(ctx context.Context, s shop, partition int, end int64) error {
	start, err := t.Start(ctx, partition)
	if err != nil || start == end {
		return err
	}
	reader, err := t.Open(ctx, partition, end-1)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	chunk, err := reader.Next(ctx)
	if err != nil {
		return err
	}
	var want Event
	s.event(&want, partition, end-1)
	if chunk.Len() == 0 || chunk.Rows()[0] != want {
		return fmt.Errorf("the topic %s holds another log: what is at offset %d of partition %d isn't what -seed %d has there; name another by -topic", t.name, end-1, partition, s.seed)
	}
	return nil
}

// message is an event as the topic has it. Money is a text: no reader makes a
// float of it.
type message struct {
	Timestamp time.Time `json:"timestamp"`
	UserID    int64     `json:"user_id"`
	EventType string    `json:"event_type"`
	SessionID string    `json:"session_id"`
	ProductID int64     `json:"product_id"`
	Categoria string    `json:"categoria"`
	Region    string    `json:"region"`
	Revenue   string    `json:"revenue"`
	Quantity  int64     `json:"quantity"`
	OrderID   int64     `json:"order_id"`
}

func encode(e *Event) ([]byte, error) {
	return json.Marshal(message{e.At, e.User, e.Type, e.Session, e.Product, e.Category, e.Region, decimal(e.Revenue), e.Quantity, e.Order})
}

// append brings the topic from where it ends to where it shall.
func (s *systems) append(ctx context.Context, rate int64, progress func(events int)) error {
	log, err := newShopLog(s.shop, s.to, rate)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(s.topic.client, kgo.DefaultProduceTopic(s.topic.name), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		return err
	}
	defer client.Close()
	group, ctx := errgroup.WithContext(ctx)
	for p := range s.to {
		group.Go(func() error { return appendTo(ctx, client, log, p, s.from[p], progress) })
	}
	return group.Wait()
}

// appendTo appends to a partition: a chunk is on its way while the next is made.
func appendTo(ctx context.Context, client *kgo.Client, log *shopLog, partition int, from int64, progress func(events int)) error {
	reader, err := log.Open(ctx, partition, from)
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	acknowledged := func() error { return nil }
	for {
		chunk, err := reader.Next(ctx)
		if err == io.EOF {
			return acknowledged()
		}
		if err != nil {
			return err
		}
		sent, err := send(ctx, client, chunk)
		if err != nil {
			return err
		}
		if err := acknowledged(); err != nil {
			return err
		}
		acknowledged = func() error {
			defer progress(chunk.Len())
			return sent()
		}
	}
}

// send sends a chunk's events. What it gives waits until the brokers have them, at
// the offsets that they're meant for.
func send(ctx context.Context, client *kgo.Client, chunk *source.Chunk[Event]) (sent func() error, err error) {
	results := make(chan kgo.ProduceResult, chunk.Len())
	for i, e := range chunk.Rows() {
		value, err := encode(&e)
		if err != nil {
			return nil, err
		}
		record := &kgo.Record{Partition: int32(chunk.Partition), Value: value}
		client.Produce(ctx, record, func(r *kgo.Record, err error) {
			if want := chunk.Offsets[i]; err == nil && r.Offset != want {
				err = fmt.Errorf("somebody else writes to it as well: an event meant for offset %d has come to %d, and the topic can't be checked any more", want, r.Offset)
			}
			results <- kgo.ProduceResult{Record: r, Err: err}
		})
	}
	return func() error {
		for range chunk.Len() {
			if r := <-results; r.Err != nil {
				return fmt.Errorf("cannot append to partition %d of topic %s: %w", chunk.Partition, client.OptValue(kgo.DefaultProduceTopic), r.Err)
			}
		}
		return nil
	}, nil
}

// generate is the role that only appends.
func generate(ctx context.Context, o options, s *systems, stderr io.Writer) error {
	bar := progressbar.NewOptions64(total(s.to)-total(s.from), progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("events to "+s.topic.name),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("events"), progressbar.OptionThrottle(lookEvery),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(stderr) }))
	return s.append(ctx, o.rate, func(events int) { _ = bar.Add(events) })
}
