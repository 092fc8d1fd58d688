package kafkasource_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type event struct {
	User int64  `json:"user"`
	Kind string `json:"kind"`
}

func produce(t testing.TB, client *kgo.Client, topic string, partition int, values ...string) {
	for _, value := range values {
		record := &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte(value)}
		require.NoError(t, client.ProduceSync(context.Background(), record).FirstErr())
	}
}

func open(t testing.TB, address string, options kafkasource.Options[event]) *kafkasource.Log[event] {
	options.Client = append(options.Client, kgo.SeedBrokers(address))
	log, err := kafkasource.New(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	return log
}

func TestSource(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[event] {
			client, name := kafkatest.Topic(t, address, 2, nil)
			events := make([][]event, 2)
			for i := range int64(23) {
				e := event{User: i, Kind: fmt.Sprint("kind ", i%3)}
				p := int(i % 4 / 3)
				events[p] = append(events[p], e)
				produce(t, client, name, p, fmt.Sprintf(`{"user":%d,"kind":%q}`, e.User, e.Kind))
			}
			return sourcetest.Log[event]{
				Source: open(t, address, kafkasource.Options[event]{Topic: name, ChunkRows: 5}),
				Ends:   []int64{int64(len(events[0])), int64(len(events[1]))}, Events: events,
				Append: func(p int) error {
					record := &kgo.Record{Topic: name, Partition: int32(p), Value: []byte(`{"user":1}`)}
					return client.ProduceSync(context.Background(), record).FirstErr()
				},
			}
		})
	})
}

// read reads partition 0 from its start to its end.
func read(t *testing.T, log *kafkasource.Log[event]) (events []event, quarantine []source.Quarantined) {
	next, err := log.Start(t.Context(), 0)
	require.NoError(t, err)
	end, err := log.End(t.Context(), 0)
	require.NoError(t, err)
	reader, err := log.Open(t.Context(), 0, next)
	require.NoError(t, err)
	defer reader.Close()
	for next < end {
		chunk, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.NoError(t, chunk.Check())
		require.Equal(t, next, chunk.From, "chunks tile")
		events = append(events, chunk.Rows()...)
		for _, q := range chunk.Quarantine {
			q.Raw = append([]byte(nil), q.Raw...)
			quarantine = append(quarantine, q)
		}
		next = chunk.Next
	}
	require.Equal(t, end, next)
	return events, quarantine
}

func TestTransactionsLeaveNoGap(t *testing.T) {
	address := servers.Need(t, "ANABRANCH_KAFKA")
	plainly, name := kafkatest.Topic(t, address, 1, nil)
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.TransactionalID(name), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	defer client.Close()
	var want []event
	for i := range int64(12) {
		require.NoError(t, client.BeginTransaction())
		produce(t, client, name, 0, fmt.Sprintf(`{"user":%d}`, i))
		commit := kgo.TransactionEndTry(i%3 != 1)
		require.NoError(t, client.EndTransaction(t.Context(), commit))
		if commit {
			want = append(want, event{User: i})
		}
	}
	log := open(t, address, kafkasource.Options[event]{Topic: name})
	decided := func(end int64) { // the broker writes markers after it has answered
		require.Eventually(t, func() bool {
			now, err := log.End(t.Context(), 0)
			require.NoError(t, err)
			return now == end
		}, time.Minute, time.Millisecond)
	}
	decided(24)
	events, _ := read(t, log) // ends with a marker
	require.Equal(t, want, events)

	// What's undecided isn't in the log yet.
	require.NoError(t, client.BeginTransaction())
	produce(t, client, name, 0, `{"user":99}`)
	produce(t, plainly, name, 0, `{"user":100}`)
	decided(24)
	require.NoError(t, client.EndTransaction(t.Context(), kgo.TryAbort))
	decided(27)
	events, _ = read(t, log)
	require.Equal(t, append(want, event{User: 100}), events)
}

func TestPoisonGoesToQuarantine(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		big := "10485760"
		client, name := kafkatest.Topic(t, address, 1, map[string]*string{"max.message.bytes": &big})
		produce(t, client, name, 0, `{"user":1}`, `no JSON`, `{"user":"text"}`, strings.Repeat("x", 9<<20), `{"user":2}`)
		require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: name}).FirstErr()) // null
		events, quarantine := read(t, open(t, address, kafkasource.Options[event]{Topic: name}))
		require.Equal(t, []event{{User: 1}, {User: 2}}, events)
		require.Len(t, quarantine, 4)
		for i, offset := range []int64{1, 2, 3, 5} {
			require.Equal(t, offset, quarantine[i].Offset)
			require.NotEmpty(t, quarantine[i].Reason)
		}
		require.Equal(t, "no JSON", string(quarantine[0].Raw))
		require.Len(t, quarantine[2].Raw, 9<<20)
	})
}

func TestADecoderOfWholeRecords(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		client, name := kafkatest.Topic(t, address, 1, nil)
		now := time.Now()
		for _, key := range []string{"a", "bad", "worse", "b"} {
			require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: name, Key: []byte(key), Value: []byte("v"),
				Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("eader")}}}).FirstErr())
		}
		events, quarantine := read(t, open(t, address, kafkasource.Options[event]{Topic: name, Decode: func(r *kgo.Record, e *event) error {
			switch string(r.Key) {
			case "bad":
				return errors.New("not today")
			case "worse":
				panic("never")
			}
			require.WithinDuration(t, now, r.Timestamp, time.Hour)
			*e = event{User: r.Offset, Kind: string(r.Key) + r.Headers[0].Key + string(r.Headers[0].Value)}
			return nil
		}}))
		require.Equal(t, []event{{0, "aheader"}, {3, "bheader"}}, events)
		require.Len(t, quarantine, 2)
		require.Contains(t, quarantine[0].Reason, "not today")
		require.Contains(t, quarantine[1].Reason, "panicked: never")
	})
}

func TestWhatRetentionRemovedIsALoudStop(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		client, name := kafkatest.Topic(t, address, 1, nil)
		produce(t, client, name, 0, `{"user":0}`, `{"user":1}`, `{"user":2}`)
		log := open(t, address, kafkasource.Options[event]{Topic: name})
		var offsets kadm.Offsets
		offsets.Add(kadm.Offset{Topic: name, Partition: 0, At: 2})
		_, err := kadm.NewClient(client).DeleteRecords(t.Context(), offsets)
		require.NoError(t, err)
		_, err = log.Open(t.Context(), 0, 1)
		require.ErrorIs(t, err, source.ErrOffset)
		events, _ := read(t, log)
		require.Equal(t, []event{{User: 2}}, events)
	})
}

func TestATopicMadeAnewIsAnotherLog(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		client, name := kafkatest.Topic(t, address, 1, nil)
		admin := kadm.NewClient(client)
		identity := func() string {
			id, err := open(t, address, kafkasource.Options[event]{Topic: name}).Identity(t.Context())
			require.NoError(t, err)
			return id
		}
		old := open(t, address, kafkasource.Options[event]{Topic: name})
		before := identity()
		require.Equal(t, before, identity())
		_, err := admin.DeleteTopic(t.Context(), name)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := admin.CreateTopic(t.Context(), 1, 1, nil, name)
			return err == nil
		}, time.Minute, 10*time.Millisecond)
		require.NotEqual(t, before, identity())
		_, err = old.Open(t.Context(), 0, 0)
		require.ErrorIs(t, err, kafkasource.ErrTopic, "a log that was opened before")
	})
}

// TestATopicMadeAnewWhileItIsRead: the reader mustn't go on in the new one.
// The client takes its time to be sure (10 s).
func TestATopicMadeAnewWhileItIsRead(t *testing.T) {
	address := servers.Need(t, "ANABRANCH_KAFKA")
	client, name := kafkatest.Topic(t, address, 1, nil)
	produce(t, client, name, 0, `{"user":0}`, `{"user":1}`)
	log := open(t, address, kafkasource.Options[event]{Topic: name})
	reader, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	defer reader.Close()
	for next := int64(0); next < 2; {
		chunk, err := reader.Next(t.Context())
		require.NoError(t, err)
		next = chunk.Next
	}
	admin := kadm.NewClient(client)
	_, err = admin.DeleteTopic(t.Context(), name)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := admin.CreateTopic(t.Context(), 1, 1, nil, name)
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	anew, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	defer anew.Close()
	produce(t, anew, name, 0, `{"user":10}`, `{"user":11}`, `{"user":12}`, `{"user":13}`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = reader.Next(ctx)
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, name+", partition 0, at offset 2")
}

func TestCompactedTopicsAreRefused(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		for _, policy := range []string{"compact", "compact,delete"} {
			_, name := kafkatest.Topic(t, address, 1, map[string]*string{"cleanup.policy": &policy})
			_, err := kafkasource.New(t.Context(), kafkasource.Options[event]{Client: []kgo.Opt{kgo.SeedBrokers(address)}, Topic: name})
			require.ErrorIs(t, err, kafkasource.ErrCompacted)
		}
	})
}

func TestWhatIsWrongIsSaidAtOnce(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		_, err := kafkasource.New(t.Context(), kafkasource.Options[event]{Client: []kgo.Opt{kgo.SeedBrokers(address)}, Topic: "no-such-topic"})
		require.ErrorIs(t, err, kafkasource.ErrTopic)
		require.ErrorContains(t, err, "no-such-topic")
	})
	_, err := kafkasource.New(t.Context(), kafkasource.Options[event]{Client: []kgo.Opt{kgo.SeedBrokers("127.0.0.1:1")}, Topic: "t"})
	require.ErrorIs(t, err, kafkasource.ErrBrokers)
	_, err = kafkasource.New(t.Context(), kafkasource.Options[event]{})
	require.ErrorIs(t, err, source.ErrOptions)
}

func TestTLSAndSASL(t *testing.T) {
	address, config := servers.Need(t, "ANABRANCH_KAFKA_TLS"), servers.TLS(t)
	_, name := kafkatest.Topic(t, servers.Need(t, "ANABRANCH_KAFKA"), 1, nil)
	try := func(config *tls.Config, options ...kgo.Opt) error {
		log, err := kafkasource.New(t.Context(), kafkasource.Options[event]{Topic: name,
			Client: append(options, kgo.SeedBrokers(address), kgo.DialTLSConfig(config))})
		if err == nil {
			require.NoError(t, log.Close())
			return nil
		}
		require.NotContains(t, err.Error(), "sentinel")
		return err
	}
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYXJvbCIsImlhdCI6MTc2MDAwMDAwMCwiZXhwIjo0MTAyNDQ0ODAwfQ."
	require.NoError(t, try(config, kgo.SASL(plain.Auth{User: "alice", Pass: "alice-pw"}.AsMechanism())))
	require.NoError(t, try(config, kgo.SASL(scram.Auth{User: "bob", Pass: "bob-pw"}.AsSha256Mechanism())))
	require.NoError(t, try(config, kgo.SASL(scram.Auth{User: "bob", Pass: "bob-pw"}.AsSha512Mechanism())))
	require.NoError(t, try(config, kgo.SASL(oauth.Auth{Token: token}.AsMechanism())))
	require.ErrorIs(t, try(config, kgo.SASL(plain.Auth{User: "alice", Pass: "sentinel"}.AsMechanism())), kafkasource.ErrBrokers)
	require.ErrorIs(t, try(config, kgo.SASL(scram.Auth{User: "bob", Pass: "sentinel"}.AsSha256Mechanism())), kafkasource.ErrBrokers)
	require.ErrorIs(t, try(&tls.Config{MinVersion: tls.VersionTLS12}, kgo.SASL(plain.Auth{User: "alice", Pass: "sentinel"}.AsMechanism())), kafkasource.ErrBrokers)
}
