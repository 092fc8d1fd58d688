package partition

import (
	"encoding/binary"
)

// bucket gives the value's bucket of ByHash: toPositive(murmur2(key)) % buckets,
// as BuiltInPartitioner.partitionForKey of Kafka's Java client does. The value
// is an integer or a string.
func bucket(v Value, buckets int) int {
	var hash uint32
	if v.sort == integer {
		hash = murmur2(string(binary.BigEndian.AppendUint64(nil, uint64(v.n))))
	} else {
		hash = murmur2(v.s)
	}
	return int(hash&0x7fffffff) % buckets
}

// murmur2 is Austin Appleby's 32-bit MurmurHash2 with the seed of Kafka's Java
// client (org.apache.kafka.common.utils.Utils.murmur2): words are read little
// endian, and the seed is mixed with the length.
func murmur2(key string) uint32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
	)
	h := seed ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := uint32(key[0]) | uint32(key[1])<<8 | uint32(key[2])<<16 | uint32(key[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h *= m
		h ^= k
	}
	for i := len(key) - 1; i >= 0; i-- {
		h ^= uint32(key[i]) << (8 * i)
	}
	if len(key) > 0 {
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
