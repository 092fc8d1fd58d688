package avrodecoder

import (
	"encoding/binary"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/twmb/avro"

	"github.com/anabranch-go/anabranch/source"
)

// Lookup gives the schema that a registry has under an id, as JSON. An error says
// that there's none: the record goes to quarantine, for ever. So it must give the
// same for an id always, and where a registry doesn't answer, go on trying; the
// reading of the log waits meanwhile. It's called once for each id that it knows,
// each time for one that it doesn't, and never twice at once.
type Lookup func(id uint32) (schema string, err error)

// Confluent decodes records in the wire format of Confluent's schema registry: a
// zero byte, the id of the writer's schema in four bytes, the greatest first, and
// the record as [New] reads it. A schema that doesn't fit E is found when a record
// of it comes, and sends it to quarantine: set opts.Reader, so that all of them are
// resolved to one. E and opts.Reader themselves are checked at once.
func Confluent[E any](lookup Lookup, opts Options) (source.Decoder[E], error) {
	if _, err := source.SchemaOf[E](); err != nil {
		return nil, err
	}
	if lookup == nil {
		return nil, fmt.Errorf("%w: nothing to look schemas up with", source.ErrOptions)
	}
	if opts.Reader != "" {
		if _, err := newDecoder[E](opts.Reader, Options{}); err != nil {
			return nil, err
		}
	}
	c := &confluent[E]{lookup: lookup, opts: opts}
	c.known.Store(new(map[uint32]schema[E]))
	return c, nil
}

type confluent[E any] struct {
	lookup Lookup
	opts   Options

	learning sync.Mutex
	known    atomic.Pointer[map[uint32]schema[E]] // by id; each map stays as it is
}

// schema is what a schema's id stands for.
type schema[E any] struct {
	decoder *decoder[E]
	err     error // of one that doesn't fit
}

// Decode implements [source.Decoder].
func (c *confluent[E]) Decode(record []byte, b *source.Builder[E]) error {
	const header = 5
	if len(record) < header || record[0] != 0 {
		return fmt.Errorf("%w: the record doesn't begin with a zero byte and a schema's id", source.ErrValue)
	}
	id := binary.BigEndian.Uint32(record[1:])
	s, ok := (*c.known.Load())[id]
	if !ok {
		s = c.learn(id)
	}
	if s.err != nil {
		return fmt.Errorf("%w: the schema %d: %w", source.ErrValue, id, s.err)
	}
	return s.decoder.Decode(record[header:], b)
}

// learn looks a schema up, and keeps what it is.
func (c *confluent[E]) learn(id uint32) schema[E] {
	c.learning.Lock()
	defer c.learning.Unlock()
	if s, ok := (*c.known.Load())[id]; ok { // learnt while we waited
		return s
	}
	text, err := c.lookup(id)
	if err != nil {
		return schema[E]{err: fmt.Errorf("cannot look it up: %w", err)}
	}
	var s schema[E]
	s.decoder, s.err = newDecoder[E](text, c.opts)
	known := maps.Clone(*c.known.Load())
	if known == nil {
		known = map[uint32]schema[E]{}
	}
	known[id] = s
	c.known.Store(&known)
	return s
}

// SingleObject decodes records in Avro's single-object encoding: a marker, the
// CRC-64-AVRO fingerprint of the writer's schema, and the record as [New] reads it.
// schemas are those that records may be written with; another's go to quarantine.
func SingleObject[E any](schemas []string, opts Options) (source.Decoder[E], error) {
	if len(schemas) == 0 {
		return nil, fmt.Errorf("%w: no schemas to decode", source.ErrOptions)
	}
	out := singleObject[E]{}
	for i, schema := range schemas {
		d, err := newDecoder[E](schema, opts)
		if err != nil {
			return nil, fmt.Errorf("schema %d: %w", i, err)
		}
		parsed, err := parse("the schema", schema) // d's may be resolved: a reader's
		if err != nil {
			return nil, err
		}
		var fingerprint [8]byte
		sum := avro.NewRabin()
		_, _ = sum.Write(parsed.Canonical())
		binary.LittleEndian.PutUint64(fingerprint[:], sum.Sum64())
		if _, ok := out[fingerprint]; ok {
			return nil, fmt.Errorf("%w: schema %d has the fingerprint of one before it", source.ErrOptions, i)
		}
		out[fingerprint] = d
	}
	return out, nil
}

type singleObject[E any] map[[8]byte]*decoder[E]

// Decode implements [source.Decoder].
func (s singleObject[E]) Decode(record []byte, b *source.Builder[E]) error {
	fingerprint, rest, err := avro.SingleObjectFingerprint(record)
	if err != nil {
		return fmt.Errorf("%w: %w", source.ErrValue, err)
	}
	d, ok := s[fingerprint]
	if !ok {
		return fmt.Errorf("%w: no schema has the fingerprint %x", source.ErrValue, fingerprint)
	}
	return d.Decode(rest, b)
}
