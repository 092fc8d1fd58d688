package kafkasink_test

import (
	"context"
	"crypto/tls"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/kafkasink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/source/kafkasource"
	"github.com/anabranch-go/anabranch/window"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// topic makes a topic, and deletes it at the end.
func topic(t testing.TB, address string, partitions int32, configs map[string]*string) string {
	_, name := kafkatest.Topic(t, address, partitions, configs)
	return name
}

// written is a sink onto a topic of a broker.
type written struct {
	*kafkasink.Topic[sinktest.Key, sinktest.Value]
	address, name string
}

func open(t testing.TB, address string, options kafkasink.Options) *written {
	options.Client = append(options.Client, kgo.SeedBrokers(address))
	s, err := kafkasink.New[sinktest.Key, sinktest.Value](t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &written{s, address, options.Topic}
}

// read reads a topic as the log of rows that it is.
func (w *written) read(ctx context.Context) (rows []sinktest.Record, err error) {
	log, err := kafkasource.New(ctx, kafkasource.Options[sinktest.Record]{Client: []kgo.Opt{kgo.SeedBrokers(w.address)}, Topic: w.name})
	if err != nil {
		return nil, err
	}
	defer log.Close()
	partitions, err := log.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	for p := range partitions {
		end, err := log.End(ctx, p)
		if err != nil {
			return nil, err
		}
		reader, err := log.Open(ctx, p, 0)
		if err != nil {
			return nil, err
		}
		for next := int64(0); next < end && err == nil; {
			chunk, failure := reader.Next(ctx)
			if err = failure; err == nil {
				rows, next = append(rows, chunk.Rows()...), chunk.Next
			}
		}
		reader.Close()
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func TestTopicIsASink(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		sinktest.TestSink(t, sinktest.Harness{
			Open: func(t *testing.T) sinktest.Sink {
				return open(t, address, kafkasink.Options{Topic: topic(t, address, 3, nil)})
			},
			Rows: func(ctx context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
				records, err := s.(*written).read(ctx)
				if err != nil {
					return nil, err
				}
				return sinktest.Held(records)
			},
		})
	})
}

var (
	ten    = window.Tumbling(5 * time.Minute).At(time.Date(2026, time.November, 1, 10, 0, 0, 0, time.UTC))
	libros = sinktest.Key{Category: "libros", Region: "Lima"}
)

func row(key sinktest.Key, version int64) sinktest.Row {
	return sinktest.Row{View: "ventas", Window: ten, Key: key, Value: sinktest.Value{Sum: version}, Version: version}
}

func TestWhatIsWrongIsSaidAtOnce(t *testing.T) {
	try := func(options kafkasink.Options) error {
		s, err := kafkasink.New[sinktest.Key, sinktest.Value](t.Context(), options)
		if err == nil {
			require.NoError(t, s.Close())
		}
		return err
	}
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		client := []kgo.Opt{kgo.SeedBrokers(address)}
		err := try(kafkasink.Options{Client: client, Topic: "no-such-topic"})
		require.ErrorIs(t, err, kafkasink.ErrTopic)
		require.ErrorContains(t, err, "no-such-topic")
	})
	address := []kgo.Opt{kgo.SeedBrokers(kafkatest.Fake(t).ListenAddrs()[0])}
	err := try(kafkasink.Options{Client: []kgo.Opt{kgo.SeedBrokers("127.0.0.1:1")}, Topic: "t"})
	require.ErrorIs(t, err, kafkasink.ErrBrokers)
	require.ErrorContains(t, err, "127.0.0.1:1")
	require.ErrorIs(t, try(kafkasink.Options{Client: address}), kafkasink.ErrOptions)
	require.ErrorIs(t, try(kafkasink.Options{Client: address, Topic: "t", Timeout: -1}), kafkasink.ErrOptions)
	require.ErrorIs(t, try(kafkasink.Options{Client: address, Topic: "t", Schema: sink.SchemaOptions{Rename: map[string]string{"none": "x"}}}), sink.ErrNames)
	for name, option := range map[string]kgo.Opt{
		"DisableIdempotentWrite": kgo.DisableIdempotentWrite(), "TransactionalID": kgo.TransactionalID("t"),
		"ManualFlushing": kgo.ManualFlushing(), "DefaultProduceTopicAlways": kgo.DefaultProduceTopicAlways(),
	} {
		err := try(kafkasink.Options{Client: append(address, option), Topic: "t"})
		require.ErrorIs(t, err, kafkasink.ErrOptions)
		require.ErrorContains(t, err, name)
	}
	_, err = kafkasink.New[int, any](t.Context(), kafkasink.Options{Client: address, Topic: "t"})
	require.ErrorIs(t, err, sink.ErrType)
}

func TestTLSAndSASL(t *testing.T) {
	address, config := servers.Need(t, "ANABRANCH_KAFKA_TLS"), servers.TLS(t)
	name := topic(t, servers.Need(t, "ANABRANCH_KAFKA"), 1, nil)
	try := func(config *tls.Config, mechanism kgo.Opt) error {
		s, err := kafkasink.New[sinktest.Key, sinktest.Value](t.Context(), kafkasink.Options{Topic: name,
			Client: []kgo.Opt{kgo.SeedBrokers(address), kgo.DialTLSConfig(config), mechanism}})
		if err == nil {
			require.NoError(t, s.Write(t.Context(), []sinktest.Row{row(libros, 1)}))
			require.NoError(t, s.Close())
			return nil
		}
		require.NotContains(t, err.Error(), "sentinel")
		return err
	}
	require.NoError(t, try(config, kgo.SASL(plain.Auth{User: "alice", Pass: "alice-pw"}.AsMechanism())))
	require.NoError(t, try(config, kgo.SASL(scram.Auth{User: "bob", Pass: "bob-pw"}.AsSha256Mechanism())))
	require.NoError(t, try(config, kgo.SASL(scram.Auth{User: "bob", Pass: "bob-pw"}.AsSha512Mechanism())))
	require.ErrorIs(t, try(config, kgo.SASL(plain.Auth{User: "alice", Pass: "sentinel"}.AsMechanism())), kafkasink.ErrBrokers)
	require.ErrorIs(t, try(config, kgo.SASL(scram.Auth{User: "bob", Pass: "sentinel"}.AsSha256Mechanism())), kafkasink.ErrBrokers)
	require.ErrorIs(t, try(&tls.Config{MinVersion: tls.VersionTLS12}, kgo.SASL(plain.Auth{User: "alice", Pass: "sentinel"}.AsMechanism())), kafkasink.ErrBrokers)
}

// TestARowThatIsTooLargeIsNamed: the topic's own limit decides, and the rows beside
// the large one are written.
func TestARowThatIsTooLargeIsNamed(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		limit := "20000"
		s := open(t, address, kafkasink.Options{Topic: topic(t, address, 1, map[string]*string{"max.message.bytes": &limit}),
			Client: []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression())}})
		rows := []sinktest.Row{row(sinktest.Key{Category: "huge", Region: strings.Repeat("x", 20_000)}, 7)}
		for i := range 1000 { // more than the topic takes in one batch
			rows = append(rows, row(sinktest.Key{Category: "libros", Region: strings.Repeat("x", i%100)}, int64(1+i/100)))
		}
		err := s.Write(t.Context(), rows)
		require.ErrorIs(t, err, kafkasink.ErrTooLarge)
		require.ErrorIs(t, err, kerr.MessageTooLarge)
		for _, part := range []string{s.name, `"view":"ventas","window_start":"2026-11-01T10:00:00Z"`, `"category":"huge"`, "max.message.bytes"} {
			require.ErrorContains(t, err, part)
		}
		require.Less(t, len(err.Error()), 1500)
		records, err := s.read(t.Context())
		require.NoError(t, err)
		require.Len(t, records, 100)
	})
}

func TestClosedSinksTakeNothing(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		s := open(t, address, kafkasink.Options{Topic: topic(t, address, 1, nil)})
		require.NoError(t, s.Close())
		for range 2 * kafkasink.Unacknowledged {
			require.ErrorIs(t, s.Write(t.Context(), []sinktest.Row{row(libros, 1)}), kafkasink.ErrClosed)
		}
	})
}

func TestTheRowThatCannotBeWrittenIsNamed(t *testing.T) {
	address := kafkatest.Fake(t).ListenAddrs()[0]
	name := topic(t, address, 1, nil)
	s, err := kafkasink.New[int, uint64](t.Context(), kafkasink.Options{Topic: name, Client: []kgo.Opt{kgo.SeedBrokers(address)}})
	require.NoError(t, err)
	defer s.Close()
	rows := make([]sink.Row[int, uint64], 3000)
	for i := range rows {
		rows[i] = sink.Row[int, uint64]{View: "sound", Key: i}
	}
	rows[2500] = sink.Row[int, uint64]{View: "broken", Value: math.MaxUint64}
	err = s.Write(t.Context(), rows)
	require.ErrorIs(t, err, sink.ErrValue)
	require.ErrorContains(t, err, "of the rows from 2000 on: ")
	require.ErrorContains(t, err, "row 500, of view broken")
	require.Empty(t, records(t, t.Context(), address, name))
	rows[2500] = rows[7] // the same row twice
	require.NoError(t, s.Write(t.Context(), rows))
	require.Len(t, records(t, t.Context(), address, name), 2999)
}
