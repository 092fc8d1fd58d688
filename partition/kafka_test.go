package partition

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// vector is a key with the signed hash that another implementation publishes.
type vector struct {
	key  string
	hash int32
}

// published are the vectors of murmur2, by where they are published. Between
// them they cover each length modulo four.
var published = map[string][]vector{
	// apache/kafka, clients/…/common/utils/UtilsTest.java, testMurmur2.
	// twmb/franz-go has the same in pkg/kgo/partitioner_test.go.
	"Kafka's UtilsTest": {
		{"21", -973932308},
		{"foobar", -790332482},
		{"a-little-bit-long-string", -985981536},
		{"a-little-bit-longer-string", -1486304829},
		{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
		{"abc", 479470107},
	},
	// confluentinc/librdkafka, src/rdmurmur2.c, unittest_murmur2: there in hex, as
	// java_murmur2_results. segmentio/kafka-go has the same in its TestMurmur2.
	"librdkafka's rdmurmur2.c": {
		{"kafka", -798503068},
		{"giberish123456789", -1890243828},
		{"1234", -1614185708},
		{"234", -406844982},
		{"34", -2026295078},
		{"4", 1514888353},
		{"PreAmbleWillBeRemoved,ThePrePartThatIs", 2017611548},
		{"reAmbleWillBeRemoved,ThePrePartThatIs", 1247982455},
		{"eAmbleWillBeRemoved,ThePrePartThatIs", -521871202},
		{"AmbleWillBeRemoved,ThePrePartThatIs", 1656271935},
		{"", 275646681},
	},
	// tulios/kafkajs, src/producer/partitioners/defaultJava/murmur2.spec.js: its
	// JavaCompatiblePartitioner. (Its legacy partitioner gives other hashes.)
	"KafkaJS's murmur2.spec.js": {
		{"0", 971027396},
		{"1", -1993445489},
		{"128", -326012175},
		{"2187", -1508407203},
		{"16384", -325739742},
		{"78125", -1654490814},
		{"279936", 1462227128},
		{"823543", -2014198330},
		{"2097152", 607668903},
		{"4782969", -1182699775},
		{"10000000", -1830336757},
		{"19487171", -1603849305},
		{"35831808", -857013643},
		{"62748517", -1167431028},
		{"105413504", -381294639},
		{"170859375", -1658323481},
		{"100:48069", 1009543857},
	},
}

func TestKafkaPublished(t *testing.T) {
	for source, vectors := range published {
		for _, v := range vectors {
			require.Equal(t, v.hash, int32(murmur2(v.key)), "%s: %q", source, v.key)
			for _, partitions := range []int{1, 3, 50, 1 << 10, math.MaxInt32} {
				k, err := NewKafka(partitions)
				require.NoError(t, err)
				require.Equal(t, partitions, k.Partitions())
				// Java: (n & 0x7fffffff) % partitions, on a signed n.
				want := int32(int64(v.hash&0x7fffffff) % int64(partitions))
				require.Equal(t, want, k.Text(v.key), "%s: %q", source, v.key)
				require.Equal(t, want, k.Bytes([]byte(v.key)), "%s: %q", source, v.key)
				// The number whose serialised bytes are the key's.
				switch len(v.key) {
				case 4:
					require.Equal(t, want, k.Int(int32(binary.BigEndian.Uint32([]byte(v.key)))))
				case 8:
					require.Equal(t, want, k.Long(int64(binary.BigEndian.Uint64([]byte(v.key)))))
				}
			}
		}
	}
}

// A sign is cleared, not negated: Java's Math.abs would give another partition
// for nearly every negative hash.
func TestKafkaClearsTheSign(t *testing.T) {
	k, err := NewKafka(50)
	require.NoError(t, err)
	require.Equal(t, int32(16), k.Text("foobar"))
	require.NotEqual(t, int32(790332482%50), k.Text("foobar"))
}

func TestKafkaRefuses(t *testing.T) {
	for _, partitions := range []int{0, -1, math.MinInt, math.MaxInt32 + 1} {
		_, err := NewKafka(partitions)
		require.ErrorIs(t, err, ErrScheme)
	}
	for _, d := range []Dimension{{}, ByDay("fecha"), ByValue("region"), ByHash("user_id", 0)} {
		_, err := d.Kafka()
		require.ErrorIs(t, err, ErrScheme, "%v", d)
	}
	require.Equal(t, 1, Kafka{}.Partitions())
	require.Equal(t, int32(0), Kafka{}.Text("foobar"))
}

// Numbers are hashed as their serialisers write them, and the buckets of a
// scheme are the partitions of a topic.
func TestKafkaNumbersAndBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		k, err := ByHash("user_id", rapid.IntRange(1, math.MaxInt32).Draw(t, "partitions")).Kafka()
		require.NoError(t, err)
		require.Equal(t, k.Bytes(binary.BigEndian.AppendUint64(nil, uint64(n))), k.Long(n))
		require.Equal(t, k.Bytes(binary.BigEndian.AppendUint32(nil, uint32(n))), k.Int(int32(n)))
		require.Equal(t, bucket(Int(n), k.Partitions()), int(k.Long(n)))
		text := anyText().Draw(t, "text")
		require.Equal(t, bucket(String(text), k.Partitions()), int(k.Text(text)))
		for _, p := range []int32{k.Long(n), k.Int(int32(n)), k.Text(text)} {
			require.GreaterOrEqual(t, p, int32(0))
			require.Less(t, int(p), k.Partitions())
		}
	})
}

func BenchmarkKafka(b *testing.B) {
	k, err := NewKafka(64)
	require.NoError(b, err)
	key := []byte("9f138052-36302")
	for name, pick := range map[string]func(int) int32{
		"bytes": func(int) int32 { return k.Bytes(key) },
		"long":  func(i int) int32 { return k.Long(int64(i)) },
		"int":   func(i int) int32 { return k.Int(int32(i)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				pick(i)
				i++
			}
		})
	}
}
