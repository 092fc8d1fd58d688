package kafkasink

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/internal/kafka"
	"github.com/anabranch-go/anabranch/sink"
)

// Options are the options of [New].
type Options struct {
	// Client has the client's options: kgo.SeedBrokers, kgo.DialTLSConfig, kgo.SASL,
	// kgo.ProducerBatchCompression and the like.
	Client []kgo.Opt
	Topic  string
	Schema sink.SchemaOptions
	// Timeout is how long a Write waits for the brokers at most: 2 min if zero.
	Timeout time.Duration
}

// Unacknowledged is how many Writes are at work at once; others wait.
const Unacknowledged = 4

// askTimeout bounds the questions to the brokers.
const askTimeout = 10 * time.Second

// Topic is a sink onto a topic. It's safe for concurrent use.
type Topic[K, R any] struct {
	options    Options
	encoder    *encoder[K, R]
	client     *kgo.Client
	batchBytes int32         // how large a batch, and so a row, may be
	turns      chan struct{} // has one of each Write whose rows aren't all decided
}

// New makes a sink onto a topic, which must be there. Errors are ErrBrokers,
// ErrTopic, ErrOptions and those of [sink.SchemaOf].
func New[K, R any](ctx context.Context, options Options) (*Topic[K, R], error) {
	encoder, err := newEncoder[K, R](options.Schema)
	switch {
	case err != nil:
		return nil, err
	case options.Topic == "":
		return nil, fmt.Errorf("%w: no topic is named", ErrOptions)
	case options.Timeout < 0:
		return nil, fmt.Errorf("%w: a timeout of %v", ErrOptions, options.Timeout)
	}
	if options.Timeout == 0 {
		options.Timeout = 2 * time.Minute
	}
	t := &Topic[K, R]{options: options, encoder: encoder, batchBytes: 1_000_012, turns: make(chan struct{}, Unacknowledged)}
	if t.client, err = t.connect(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := t.look(ctx); err != nil {
		t.client.Close()
		return nil, err
	}
	return t, nil
}

// connect makes the client. Its own bounds on what it holds don't apply: they
// would block where a context can't end it without harm to others' rows. Turns
// are the bound.
func (t *Topic[K, R]) connect() (*kgo.Client, error) {
	opts := []kgo.Opt{kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil))}
	opts = append(opts, t.options.Client...)
	opts = append(opts, kgo.RequiredAcks(kgo.AllISRAcks()), kgo.MaxBufferedRecords(math.MaxInt32), kgo.MaxBufferedBytes(0),
		kgo.ProducerBatchMaxBytesFn(func(string) int32 { return t.batchBytes }))
	client, err := kafka.Connect(opts...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	for name, option := range map[string]any{"DisableIdempotentWrite": kgo.DisableIdempotentWrite, "ManualFlushing": kgo.ManualFlushing, "DefaultProduceTopicAlways": kgo.DefaultProduceTopicAlways} {
		if set, _ := client.OptValue(option).(bool); set {
			client.Close()
			return nil, fmt.Errorf("%w: the sink can't work with kgo.%s", ErrOptions, name)
		}
	}
	if values := client.OptValues(kgo.TransactionalID); len(values) > 1 && values[1] == true {
		client.Close()
		return nil, fmt.Errorf("%w: the sink makes no transactions, so leave out kgo.TransactionalID", ErrOptions)
	}
	return client, nil
}

// look asks whether the topic is there, and how large a batch it takes. Who may
// write to a topic may not always see its configuration: then it's the default.
func (t *Topic[K, R]) look(ctx context.Context) error {
	unusable := fmt.Errorf("%w: %v", ErrBrokers, t.client.OptValue(kgo.SeedBrokers))
	if err := t.client.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", unusable, err)
	}
	if _, _, err := kafka.Topic(ctx, t.client, t.options.Topic, kafka.Errors{Brokers: unusable, Topic: ErrTopic}); err != nil {
		return err
	}
	configs, err := kadm.NewClient(t.client).DescribeTopicConfigs(ctx, t.options.Topic)
	if err != nil {
		return nil
	}
	config, _ := configs.On(t.options.Topic, nil)
	for _, c := range config.Configs {
		if n, err := strconv.ParseInt(c.MaybeValue(), 10, 32); err == nil && c.Key == "max.message.bytes" && n >= 512 {
			t.batchBytes = int32(min(n, 1<<30))
		}
	}
	return nil
}

// Close ends the connections. Writes that are at work end with ErrClosed.
func (t *Topic[K, R]) Close() error {
	t.client.Close()
	return nil
}

// failed says what an error of the client means.
func (t *Topic[K, R]) failed(rows int, key []byte, err error) error {
	switch {
	case errors.Is(err, kgo.ErrClientClosed):
		err = ErrClosed
	case errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.UnknownTopicOrPartition):
		// A topic that was deleted may be made anew: the client would ask for the old one.
		t.client.PurgeTopicsFromProducing(t.options.Topic)
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		err = fmt.Errorf("%w: %w; raise its max.message.bytes, or make the value smaller", ErrTooLarge, err)
	}
	return fmt.Errorf("cannot write %d rows to the topic %s, the first of them %.300s: %w", rows, t.options.Topic, key, err)
}
