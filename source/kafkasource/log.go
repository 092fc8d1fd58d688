package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/anabranch-go/anabranch/internal/kafka"
	"github.com/anabranch-go/anabranch/source"
)

var (
	// ErrBrokers says that no broker answers, or that they refuse the credentials.
	ErrBrokers = errors.New("kafkasource: the brokers can't be used")
	// ErrTopic says that there's no such topic, or that it may not be read.
	ErrTopic = errors.New("kafkasource: the topic can't be read")
	// ErrCompacted says that the topic is log-compacted, so that its records go
	// away amid the log.
	ErrCompacted = errors.New("kafkasource: the topic is compacted")
	// ErrGroup says that the consumer group doesn't take this process, and won't
	// by being asked again: it has no right to the group, say, or the group is full.
	ErrGroup = errors.New("kafkasource: the group refuses this process")
)

// Options are the options of [New].
type Options[E any] struct {
	// Client has the options of every client that the log makes: kgo.SeedBrokers,
	// kgo.DialTLSConfig, kgo.SASL and the like.
	Client []kgo.Opt
	Topic  string
	// Group is the consumer group in which processes share the partitions. Without
	// one, Share takes all.
	Group string
	// ServerSideBalancing lets the brokers give out the partitions (KIP-848): of
	// one group all processes do, or none.
	ServerSideBalancing bool
	// Decoder turns records' values into columns; source.JSON if nil.
	Decoder source.Decoder[E]
	// Decode, in place of a Decoder, fills in an event from all of a record: headers,
	// key and the broker's time too. An error sends the record to quarantine. It's
	// called by several goroutines at once, and must not keep the record's bytes.
	Decode func(record *kgo.Record, event *E) error
	// Transform changes each event after it's decoded.
	Transform source.Transform[E]
	// ChunkRows is how many records a chunk holds at most: source.DefaultChunkRows
	// if zero.
	ChunkRows int
}

// Log is a topic as a log. It's safe for concurrent use.
type Log[E any] struct {
	options  Options[E]
	schema   *source.Schema
	client   *kgo.Client // for all but reading and sharing
	identity string
	id       [16]byte // the topic's

	mu     sync.Mutex // guards what follows
	member *kgo.Client
}

var (
	_ source.Source[struct{ A int64 }] = (*Log[struct{ A int64 }])(nil)
	_ source.Ender                     = (*Log[struct{ A int64 }])(nil)
	_ source.Starter                   = (*Log[struct{ A int64 }])(nil)
	_ source.Sharer                    = (*Log[struct{ A int64 }])(nil)
	_ source.Committer                 = (*Log[struct{ A int64 }])(nil)
)

// askTimeout bounds every question to the brokers.
const askTimeout = 10 * time.Second

// New makes a log of a topic, which must be there. Errors are ErrBrokers,
// ErrTopic, ErrCompacted, source.ErrSchema and source.ErrOptions.
func New[E any](ctx context.Context, options Options[E]) (*Log[E], error) {
	schema, err := source.SchemaOf[E]()
	switch {
	case err != nil:
		return nil, err
	case options.Topic == "":
		return nil, fmt.Errorf("%w: no topic is named", source.ErrOptions)
	case options.ChunkRows < 0:
		return nil, fmt.Errorf("%w: chunks of %d rows", source.ErrOptions, options.ChunkRows)
	case options.Decoder != nil && options.Decode != nil:
		return nil, fmt.Errorf("%w: both Decoder and Decode", source.ErrOptions)
	}
	if options.ChunkRows == 0 {
		options.ChunkRows = source.DefaultChunkRows
	}
	if options.Decoder == nil {
		options.Decoder = source.JSON[E]()
	}
	client, err := kafka.Connect(options.Client...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", source.ErrOptions, err)
	}
	l := &Log[E]{options: options, schema: schema, client: client}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := l.look(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return l, nil
}

// look asks the brokers for what the log is.
func (l *Log[E]) look(ctx context.Context) error {
	if err := l.client.Ping(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrBrokers, err)
	}
	cluster, topic, err := l.ask(ctx)
	if err != nil {
		return err
	}
	l.id = topic.TopicID
	l.identity = fmt.Sprintf("kafka/%s/%s/%s", cluster, l.options.Topic, kadm.TopicID(l.id))
	configs, err := kadm.NewClient(l.client).DescribeTopicConfigs(ctx, l.options.Topic)
	if err != nil {
		return fmt.Errorf("%w: cannot ask for the configuration of %s: %w", ErrTopic, l.options.Topic, err)
	}
	config, err := configs.On(l.options.Topic, nil)
	if err != nil || config.Err != nil {
		return fmt.Errorf("%w: cannot ask for the configuration of %s: %w", ErrTopic, l.options.Topic, errors.Join(err, config.Err))
	}
	for _, c := range config.Configs {
		if c.Key == "cleanup.policy" && slices.Contains(strings.Split(c.MaybeValue(), ","), "compact") {
			return fmt.Errorf("%w: %s has cleanup.policy=%s; the policy of a log is delete", ErrCompacted, l.options.Topic, c.MaybeValue())
		}
	}
	return nil
}

// Close ends the log's own connections. Readers are closed by themselves, and
// Share ends with its context: both first.
func (l *Log[E]) Close() error {
	l.client.Close()
	return nil
}

// Identity implements [source.Source].
func (l *Log[E]) Identity(context.Context) (string, error) { return l.identity, nil }

// ask asks which cluster this is, and what it knows of the topic now.
func (l *Log[E]) ask(ctx context.Context) (cluster string, topic kmsg.MetadataResponseTopic, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return kafka.Topic(ctx, l.client, l.options.Topic, kafka.Errors{Brokers: ErrBrokers, Topic: ErrTopic})
}

// Partitions implements [source.Source].
func (l *Log[E]) Partitions(ctx context.Context) (int, error) {
	_, topic, err := l.ask(ctx)
	return len(topic.Partitions), err
}

// same says whether the topic is still the one that the log is of.
func (l *Log[E]) same(ctx context.Context) error {
	_, topic, err := l.ask(ctx)
	if err == nil && topic.TopicID != l.id {
		return fmt.Errorf("%w: %s was made anew since the log was opened", ErrTopic, l.options.Topic)
	}
	return err
}

// What ListOffsets calls a partition's first offset, and the one after its last.
const (
	earliest = -2
	latest   = -1
)

// Start implements [source.Starter]: what retention has left.
func (l *Log[E]) Start(ctx context.Context, partition int) (int64, error) {
	return l.offset(ctx, partition, earliest)
}

// End implements [source.Ender]: up to where transactions are decided.
func (l *Log[E]) End(ctx context.Context, partition int) (int64, error) {
	return l.offset(ctx, partition, latest)
}

// offset asks for one partition alone, which the admin client can't.
func (l *Log[E]) offset(ctx context.Context, partition int, which int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request := kmsg.NewPtrListOffsetsRequest()
	request.ReplicaID, request.IsolationLevel = -1, 1 // a client's, read-committed
	topic, asked := kmsg.NewListOffsetsRequestTopic(), kmsg.NewListOffsetsRequestTopicPartition()
	asked.Partition, asked.Timestamp = int32(partition), which
	topic.Topic, topic.Partitions = l.options.Topic, append(topic.Partitions, asked)
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, l.client)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrBrokers, err)
	}
	if len(response.Topics) != 1 || len(response.Topics[0].Partitions) != 1 {
		return 0, fmt.Errorf("%w: the brokers answer nothing for %s, partition %d", ErrTopic, l.options.Topic, partition)
	}
	answer := response.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return 0, fmt.Errorf("%w: %s, partition %d: %w", ErrTopic, l.options.Topic, partition, err)
	}
	return answer.Offset, nil
}
