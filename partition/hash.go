package partition

import "math/bits"

// bucket gives the value's bucket of ByHash. The value is an integer or a string.
func bucket(v Value, buckets int) int {
	k := Kafka{last: uint32(buckets - 1)}
	if v.sort == integer {
		return int(k.Long(v.n))
	}
	return int(k.Text(v.s))
}

const (
	murmurSeed = 0x9747b28c
	murmurM    = 0x5bd1e995
)

// murmur2 is Austin Appleby's 32-bit MurmurHash2 with the seed of Kafka's Java
// client (org.apache.kafka.common.utils.Utils.murmur2): words are read little
// endian, and the seed is mixed with the length.
func murmur2[T string | []byte](key T) uint32 {
	h := murmurSeed ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		h = murmurWord(h, uint32(key[0])|uint32(key[1])<<8|uint32(key[2])<<16|uint32(key[3])<<24)
	}
	for i := len(key) - 1; i >= 0; i-- {
		h ^= uint32(key[i]) << (8 * i)
	}
	if len(key) > 0 {
		h *= murmurM
	}
	return murmurEnd(h)
}

// murmur2Long is murmur2 of the eight bytes of n, big endian, from registers.
func murmur2Long(n int64) uint32 {
	h := uint32(murmurSeed ^ 8)
	h = murmurWord(h, bits.ReverseBytes32(uint32(uint64(n)>>32)))
	h = murmurWord(h, bits.ReverseBytes32(uint32(n)))
	return murmurEnd(h)
}

func murmurWord(h, k uint32) uint32 {
	k *= murmurM
	k ^= k >> 24
	return h*murmurM ^ k*murmurM
}

func murmurEnd(h uint32) uint32 {
	h ^= h >> 13
	h *= murmurM
	return h ^ h>>15
}
