package aggregate

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// Sampled is one key of a [Sample], with its value.
type Sampled[K, T any] struct {
	Key   K
	Value T
}

// Sample keeps n of the different keys, each with a value: the n keys with the
// least hashes, or all where there are fewer. Every key is as likely to be among
// them, however many events it has. The sample is exact, the same in whatever
// order and parts the events come; the first m of it are the sample of m; and since
// the hash is fixed, samples by one field in different views hold the same keys. A
// key's value is that of its last event, in the order of [Last]. The result is in
// the order of hashes. Events in which one of the three is null are skipped; a NaN
// is a key or a value as any other.
//
// This is a bottom-k sketch: Cohen and Kaplan, "Summarizing data using bottom-k
// sketches" (2007); the k minimum values of Bar-Yossef et al., "Counting distinct
// elements in a data stream" (2002). The hash is public, so whoever chooses keys
// can choose what is sampled.
//
// n must be positive: else Bind gives ErrDefinition. Errors of the fields come
// from Bind. A state takes n keys and values.
func Sample[E, K, T any](key source.Field[E, K], value source.Field[E, T], at source.Field[E, time.Time], n int) Aggregate[E, []Sampled[K, T]] {
	if n < 1 {
		return unusable[E, []Sampled[K, T]]{fmt.Sprintf("a sample of %d keys", n)}
	}
	return sample[E, K, T]{key, value, at, n}
}

type sample[E, K, T any] struct {
	key   source.Field[E, K]
	value source.Field[E, T]
	at    source.Field[E, time.Time]
	n     int
}

func (a sample[E, K, T]) Codec() string {
	return fmt.Sprintf("sample.%s.%s/1", a.key.Kind(), a.value.Kind())
}

func (a sample[E, K, T]) String() string {
	return fmt.Sprintf("sample(%s,%s,%s,%d)", a.key, a.value, a.at, a.n)
}

func (a sample[E, K, T]) HasCode() bool {
	return a.key.HasCode() || a.value.HasCode() || a.at.HasCode()
}

func (a sample[E, K, T]) Bind(b *source.Binder[E]) (Maker[E, []Sampled[K, T]], error) {
	s := samples[E, K, T]{n: a.n, codec: a.Codec()}
	var err error
	if s.key, err = bindScalar(b, a.key); err == nil {
		s.value, err = bindScalar(b, a.value)
	}
	if err == nil {
		s.at, err = bindScalar(b, a.at)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return func() Results[E, []Sampled[K, T]] {
		made := s
		return &made
	}, nil
}

type samples[E, K, T any] struct {
	key, value, at scalar
	n              int
	codec          string

	live int       // groups that there are; those past them wait, empty
	kept [][]keyed // by group, in order
}

// keyed is a key of a sample. Keys are in the order of hashes, and in their own
// where two texts have one hash.
type keyed struct {
	hash    uint64
	key     int64
	keyText string
	last    moment
	value   int64
	text    string
}

func (s *samples[E, K, T]) Grow(n int) {
	if n > len(s.kept) {
		s.kept = append(s.kept, make([][]keyed, n-len(s.kept))...)
	}
	s.live = max(s.live, n)
}

func (s *samples[E, K, T]) Reset() {
	for i := range s.kept[:s.live] {
		clear(s.kept[i]) // the texts can go
		s.kept[i] = s.kept[i][:0]
	}
	s.live = 0
}

func (s *samples[E, K, T]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	key, value, at, rows := f.Vector(s.key.slot), f.Vector(s.value.slot), f.Vector(s.at.slot), rows[:len(groups)]
	partition, offsets := int64(f.Chunk().Partition), f.Chunk().Offsets
	for i, g := range groups {
		row := rows[i]
		if key.IsNull(row) || value.IsNull(row) || at.IsNull(row) {
			continue
		}
		var k keyed
		if s.key.isText() {
			k.keyText = textOf(key, row)
			k.hash = hashText(k.keyText)
		} else {
			k.key = wordOf(key, row)
			k.hash = hashWord(k.key)
		}
		if kept := s.kept[g]; len(kept) == s.n && k.hash > kept[s.n-1].hash {
			continue // what nearly all events of a large group come to
		}
		k.last = moment{at.Ints[row], partition, offsets[row]}
		if s.value.isText() {
			k.text = textOf(value, row)
		} else {
			k.value = wordOf(value, row)
		}
		s.offer(g, &k)
	}
}

// offer puts a key in its place, if it's among the first n.
func (s *samples[E, K, T]) offer(group uint32, k *keyed) {
	kept := s.kept[group]
	place, has := find(kept, k)
	switch {
	case has:
		if kept[place].before(k) {
			p := &kept[place]
			p.last, p.value, p.text = k.last, k.value, k.text
		}
	case place == s.n:
	case len(kept) == s.n:
		copy(kept[place+1:], kept[place:])
		kept[place] = *k
	default:
		s.kept[group] = slices.Insert(kept, place, *k)
	}
}

// find gives the place where a key is, or would be.
func find(kept []keyed, k *keyed) (place int, has bool) {
	low, high := 0, len(kept)
	for low < high {
		middle := int(uint(low+high) >> 1)
		switch order := kept[middle].compare(k); {
		case order == 0:
			return middle, true
		case order < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

func (k *keyed) compare(o *keyed) int {
	switch {
	case k.hash != o.hash:
		return cmp.Compare(k.hash, o.hash)
	case k.key != o.key:
		return cmp.Compare(k.key, o.key)
	}
	return strings.Compare(k.keyText, o.keyText)
}

// before says whether the other event of a key is the one to keep. One event with
// two values comes only from damaged or foreign states: the least counts then.
func (k *keyed) before(o *keyed) bool {
	if order := k.last.compare(o.last); order != 0 {
		return order < 0
	}
	return o.value < k.value || o.value == k.value && o.text < k.text
}

func (s *samples[E, K, T]) Merge(groups []uint32, other States[E]) {
	o := other.(*samples[E, K, T])
	for i, g := range groups {
		for at := range o.kept[i] {
			s.offer(g, &o.kept[i][at])
		}
	}
}

// A state is the number of keys, then each in their order: the key, its last
// event's time, partition and offset, and the value.
func (s *samples[E, K, T]) AppendState(dst []byte, group uint32) []byte {
	kept := s.kept[group]
	dst = binary.AppendUvarint(dst, uint64(len(kept)))
	for i := range kept {
		k := &kept[i]
		dst = k.last.appendTo(s.key.append(dst, k.key, k.keyText))
		dst = s.value.append(dst, k.value, k.text)
	}
	return dst
}

func (s *samples[E, K, T]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeUvarint(state)
	if !ok || n > uint64(s.n) {
		return notState(s.codec, "it isn't of up to %d keys", s.n)
	}
	var before keyed
	for i := range n {
		var k keyed
		if k, rest, ok = s.take(rest); !ok {
			return notState(s.codec, "key %d of %d ends early", i, n)
		}
		if i > 0 && before.compare(&k) >= 0 {
			return notState(s.codec, "key %d of %d isn't past the one before", i, n)
		}
		s.offer(group, &k)
		before = k
	}
	if len(rest) > 0 {
		return notState(s.codec, "%d bytes follow the last key", len(rest))
	}
	return nil
}

// take reads one key.
func (s *samples[E, K, T]) take(b []byte) (k keyed, rest []byte, ok bool) {
	var text []byte
	if k.key, text, rest, ok = s.key.take(b); !ok {
		return k, b, false
	}
	if s.key.isText() {
		k.keyText = string(text)
		k.hash = hashText(k.keyText)
	} else {
		k.hash = hashWord(k.key)
	}
	if k.last, rest, ok = takeMoment(rest); !ok {
		return k, b, false
	}
	k.value, text, rest, ok = s.value.take(rest)
	k.text = string(text)
	return k, rest, ok
}

func (s *samples[E, K, T]) Read(groups []uint32, into [][]Sampled[K, T]) (int, error) {
	return readEach(groups, into, s.result)
}

func (s *samples[E, K, T]) result(group uint32) ([]Sampled[K, T], error) {
	kept := s.kept[group]
	out := make([]Sampled[K, T], len(kept))
	for i := range kept {
		k := &kept[i]
		var err error
		if out[i].Key, err = scalarTo[K](s.key, k.key, k.keyText); err != nil {
			return nil, err
		}
		if out[i].Value, err = scalarTo[T](s.value, k.value, k.text); err != nil {
			return nil, err
		}
	}
	return out, nil
}
