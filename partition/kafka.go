package partition

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kafka picks the partition of a topic for a record with a key, as the producer
// of Kafka's Java client does by default:
// (murmur2(key bytes) & 0x7fffffff) % partitions
// (BuiltInPartitioner.partitionForKey). franz-go's StickyKeyPartitioner and
// librdkafka's murmur2_random and murmur2 pick the same; librdkafka's default,
// consistent_random, doesn't: it hashes by CRC-32.
//
// What is hashed is the key as it was serialised, so there is a method for each
// of the Java serialisers: the number 7 as a long, as an int and as the text "7"
// are three keys with three partitions.
//
// A record without a key (null, not empty) has no partition of its own: the Java
// client spreads such records by batch and load. That is the caller's business;
// don't pass an empty key for it, which is a key like any other.
//
// Kafka is immutable and safe for concurrent use, and its methods don't
// allocate. The zero Kafka is that of a topic with one partition.
type Kafka struct{ last uint32 } // partitions-1, so that the zero Kafka divides by 1

// NewKafka gives the choice among so many partitions: 1 to 2^31-1, or it's
// ErrScheme. Keys change their partitions when the number changes.
func NewKafka(partitions int) (Kafka, error) {
	if partitions < 1 || partitions > math.MaxInt32 {
		return Kafka{}, fmt.Errorf("%w: a topic of %d partitions: use 1 to 2^31-1", ErrScheme, partitions)
	}
	return Kafka{last: uint32(partitions - 1)}, nil
}

// Kafka gives the choice of a dimension made by ByHash, for the topic whose
// partitions are its buckets; ErrScheme marks any other dimension. What the topic
// holds in partition 7 is then what the scheme puts under "name=7", for integers
// written by LongSerializer and for strings.
func (d Dimension) Kafka() (Kafka, error) {
	if d.rule != byHash {
		return Kafka{}, fmt.Errorf("%w: %v gives no Kafka partitions: use ByHash", ErrScheme, d)
	}
	return NewKafka(d.buckets)
}

// Partitions gives the number of partitions.
func (k Kafka) Partitions() int { return int(k.last) + 1 }

// Bytes picks for a key of these bytes, as ByteArraySerializer writes it. Nil is
// taken as empty.
func (k Kafka) Bytes(key []byte) int32 { return k.pick(murmur2(key)) }

// Text picks for a text, as StringSerializer writes it: its UTF-8. A string
// that isn't valid UTF-8 is hashed as it is, where Java would have replaced the
// bad bytes.
func (k Kafka) Text(key string) int32 { return k.pick(murmur2(key)) }

// Long picks for a Java long, as LongSerializer writes it: 8 bytes, big endian.
func (k Kafka) Long(key int64) int32 { return k.pick(murmur2Long(key)) }

// Int picks for a Java int, as IntegerSerializer writes it: 4 bytes, big endian.
func (k Kafka) Int(key int32) int32 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(key))
	return k.pick(murmur2(b[:]))
}

// pick clears the sign as Java's Utils.toPositive does, rather than negate.
func (k Kafka) pick(hash uint32) int32 { return int32((hash & 0x7fffffff) % (k.last + 1)) }
