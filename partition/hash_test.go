package partition

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The first six are the cases of Kafka's UtilsTest.testMurmur2, those from
// "kafka" on the ones of librdkafka's rdmurmur2.c. They cover every length
// modulo four.
func TestMurmur2Published(t *testing.T) {
	for key, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc":               479470107,
		"":                  275646681,
		"kafka":             -798503068,
		"giberish123456789": -1890243828,
		"1234":              -1614185708,
		"234":               -406844982,
		"34":                -2026295078,
		"4":                 1514888353,
	} {
		require.Equal(t, want, int32(murmur2(key)), "%q", key)
	}
}

// toPositive clears the sign; it doesn't negate. (Java's Math.abs would give
// another bucket for every negative hash.)
func TestBucketPositive(t *testing.T) {
	hash := int32(-790332482)
	require.Equal(t, int(uint32(hash)&0x7fffffff)%50, bucket(String("foobar"), 50))
	require.Equal(t, 16, bucket(String("foobar"), 50))
}

// An integer is hashed as LongSerializer writes it.
func TestBucketInt(t *testing.T) {
	require.Equal(t, bucket(String("12345678"), 1<<30), bucket(Int(0x3132333435363738), 1<<30))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		buckets := rapid.IntRange(1, 1<<31-1).Draw(t, "buckets")
		got := bucket(Int(n), buckets)
		require.Equal(t, bucket(String(string(binary.BigEndian.AppendUint64(nil, uint64(n)))), buckets), got)
		require.GreaterOrEqual(t, got, 0)
		require.Less(t, got, buckets)
	})
}
