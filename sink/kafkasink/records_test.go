package kafkasink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/kafkasink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/window"
)

// records reads what a topic's partitions hold, by a plain client.
func records(t require.TestingT, ctx context.Context, address, topic string) (all []*kgo.Record) {
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	require.NoError(t, err)
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		require.NoError(t, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			all = append(all, r)
			if r.Offset+1 == left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return all
}

// TestJavaFindsTheSamePartitions: the hashes are those of Kafka 4.4.0's
// org.apache.kafka.common.utils.Utils.murmur2 of these keys.
func TestJavaFindsTheSamePartitions(t *testing.T) {
	const partitions = 7
	hashes := map[string]int32{
		`{"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros","region":"Lima"}`:                 770583084,
		`{"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"juguetes","region":"Áncash"}`:             -2112500416,
		`{"view":"total","window_start":null,"window_end":null,"category":"","region":""}`:                                                                -1872297406,
		`{"view":"ventas","window_start":"2026-11-01T10:00:00.000001Z","window_end":"2026-11-01T10:05:00Z","category":"a \"b\"\t,\\'\n","region":"日本 🎈"}`: -578885385,
	}
	odd := row(sinktest.Key{Category: "a \"b\"\t,\\'\n", Region: "日本 🎈"}, 1)
	odd.Window.Start = odd.Window.Start.Add(time.Microsecond)
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		s := open(t, address, kafkasink.Options{Topic: topic(t, address, partitions, nil)})
		require.NoError(t, s.Write(t.Context(), []sinktest.Row{
			row(libros, 1), row(sinktest.Key{Category: "juguetes", Region: "Áncash"}, 1), {View: "total"}, odd,
		}))
		all := records(t, t.Context(), address, s.name)
		require.Len(t, all, len(hashes))
		ours, err := partition.NewKafka(partitions)
		require.NoError(t, err)
		for _, r := range all {
			require.Contains(t, hashes, string(r.Key))
			require.Equal(t, (hashes[string(r.Key)]&0x7fffffff)%partitions, r.Partition, "%s", r.Key)
			require.Equal(t, ours.Bytes(r.Key), r.Partition)
		}
	})
}

// deep is a key with all that could stand in the way of finding its end.
type deep struct {
	Name string `json:"name"`
	In   struct {
		A string   `json:"a"`
		B []string `json:"b"`
	} `json:"in"`
	Out string `json:"out"`
}

// TestAKeyIsTheIdentityOfItsRow: all of it, nothing else, whatever texts it holds.
func TestAKeyIsTheIdentityOfItsRow(t *testing.T) {
	address := kafkatest.Fake(t).ListenAddrs()[0]
	name := topic(t, address, 1, nil)
	s, err := kafkasink.New[deep, map[string]string](t.Context(), kafkasink.Options{Topic: name, Client: []kgo.Opt{kgo.SeedBrokers(address)}})
	require.NoError(t, err)
	defer s.Close()
	written := 0
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\\"{}\[\],:a\n]*`))
		key := deep{Name: text.Draw(r, "name"), Out: text.Draw(r, "out")}
		key.In.A, key.In.B = text.Draw(r, "a"), rapid.SliceOf(text).Draw(r, "b")
		require.NoError(r, s.Write(t.Context(), []sink.Row[deep, map[string]string]{{View: text.Draw(r, "view"), Window: ten, Key: key, Value: map[string]string{"x": text.Draw(r, "x")}}}))
		written++
		all := records(r, t.Context(), address, name)
		require.Len(r, all, written)
		record := all[written-1]
		var identity, whole map[string]json.RawMessage
		require.NoError(r, json.Unmarshal(record.Key, &identity))
		require.NoError(r, json.Unmarshal(record.Value, &whole))
		require.Len(r, identity, 6) // view, window_start, window_end, name, in, out
		require.True(r, strings.HasPrefix(string(record.Value), strings.TrimSuffix(string(record.Key), "}")+`,"value":`))
		for member, value := range identity {
			require.Equal(r, string(whole[member]), string(value))
		}
	})
}

func TestARowOfNoKeyHasAKey(t *testing.T) {
	address := kafkatest.Fake(t).ListenAddrs()[0]
	name := topic(t, address, 1, nil)
	s, err := kafkasink.New[struct{}, int](t.Context(), kafkasink.Options{Topic: name, Client: []kgo.Opt{kgo.SeedBrokers(address)},
		Schema: sink.SchemaOptions{Rename: map[string]string{"view": "métrica", "value": "n"}}})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.Write(t.Context(), []sink.Row[struct{}, int]{{View: "v", Value: 3, Window: window.Span{}}}))
	all := records(t, t.Context(), address, name)
	require.Len(t, all, 1)
	require.Equal(t, `{"métrica":"v","window_start":null,"window_end":null}`, string(all[0].Key))
	require.Contains(t, string(all[0].Value), `,"n":3,`)
}

// TestACompactedTopicKeepsTheNewestRows: of each identity, the removed too.
func TestACompactedTopicKeepsTheNewestRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	cluster := kafkatest.Fake(t)
	policy := "compact"
	s := open(t, cluster.ListenAddrs()[0], kafkasink.Options{Topic: topic(t, cluster.ListenAddrs()[0], 2, map[string]*string{"cleanup.policy": &policy})})
	newest := sink.NewMemory[sinktest.Key, sinktest.Value]()
	version := int64(0)
	for range 40 {
		var rows []sinktest.Row
		for range 1 + random.IntN(10) {
			version++
			r := row(sinktest.Key{Category: fmt.Sprint(random.IntN(8))}, version)
			if r.Removed = random.IntN(4) == 0; r.Removed {
				r.Value = sinktest.Value{}
			}
			rows = append(rows, r)
		}
		// The order inside a Write is anybody's.
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		require.NoError(t, s.Write(t.Context(), rows))
		require.NoError(t, newest.Write(t.Context(), rows))
	}
	before := len(records(t, t.Context(), s.address, s.name))
	cluster.Compact()
	after := records(t, t.Context(), s.address, s.name)
	require.Less(t, len(after), before/2)
	last := map[string]sinktest.Row{} // of each key: brokers keep some older ones for a while
	for _, r := range after {
		var flat struct {
			sinktest.Key
			sinktest.Value
			Version int64
			Removed bool
		}
		require.NoError(t, json.Unmarshal(r.Value, &flat))
		last[string(r.Key)] = sinktest.Row{View: "ventas", Window: ten, Key: flat.Key, Value: flat.Value, Version: flat.Version, Removed: flat.Removed}
	}
	require.Len(t, last, 8)
	var held []sinktest.Row
	for _, r := range last {
		if !r.Removed {
			held = append(held, r)
		}
	}
	require.ElementsMatch(t, newest.Rows(), held)
}
