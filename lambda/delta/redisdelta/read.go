package redisdelta

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeebo/xxh3"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Read implements [delta.Store]. Low and High are equal: what it returns is the
// copy as of one flush.
//
// As long as the caller keeps what it has read, the next Read fetches only the
// batches that are new since, and shares the others' memory.
func (s *Store) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	what := fmt.Sprintf("read view %q, partition %d", view, partition)
	return awaited(ctx, what, func(ctx context.Context) (*delta.Open, error) { return s.read(ctx, view, partition) })
}

// read reads the record, and then the chunks that it lists. They never change, but
// a flush or a drop may delete them meanwhile; the record has changed then, so it's
// read again, and then only the chunks that are new. Where it hasn't, they're lost.
func (s *Store) read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	key := s.recordKey(view, partition)
	known := s.memory.recall(key)
	var was string
	held := make(map[string][]byte)
	for {
		record, err := s.client.HGetAll(ctx, key).Result()
		if err != nil {
			return nil, err
		}
		field := record[fieldShown]
		if field == "" {
			return nil, nil
		}
		c, isCopy := copyOf(view, partition, field)
		h, ok := decodeHeader(record[field])
		if !isCopy || !ok || record[field] == "" {
			return nil, fmt.Errorf("%w: the header of copy %s is lost", delta.ErrTorn, field)
		}
		if now := field + record[field]; now != was {
			was = now
		} else {
			return nil, fmt.Errorf("%w: some of the states of copy %+v are gone", delta.ErrTorn, c)
		}
		chunks := s.chunksOf(c)
		var fetch []batch
		for _, b := range h.Batches {
			if _, ok := known[chunks.batch(b)]; !ok {
				fetch = append(fetch, b)
			}
		}
		names := chunks.names(fetch)
		if held, err = s.fetch(ctx, names, held); err != nil {
			return nil, err
		}
		if len(held) < len(names) {
			continue
		}
		o, err := open(c, h, known, held, chunks)
		if err == nil {
			s.memory.keep(key, o, h, chunks)
		}
		return o, err
	}
}

// fetch gets the chunks of names that are there, from held if it has them.
func (s *Store) fetch(ctx context.Context, names []string, held map[string][]byte) (map[string][]byte, error) {
	got := make(map[string][]byte, len(names))
	var answers []*redis.StringCmd
	var asked []string
	l := s.newLoads(ctx)
	for _, name := range names {
		if chunk, ok := held[name]; ok {
			got[name] = chunk
			continue
		}
		asked = append(asked, name)
		l.add(s.chunk, func(ctx context.Context, p redis.Pipeliner) { answers = append(answers, p.Get(ctx, name)) })
	}
	if err := l.wait(); err != nil {
		return nil, err
	}
	for i, answer := range answers {
		if answer.Err() == nil {
			got[asked[i]], _ = answer.Bytes()
		}
	}
	return got, nil
}

// open puts a copy together from batches that are known, and chunks, which are all
// there. It shares the memory of both.
func open(c delta.Copy, h header, known map[string][]delta.State, held map[string][]byte, chunks chunkKey) (*delta.Open, error) {
	o := &delta.Open{Copy: c, Low: h.Through, High: h.Through, Batches: make([][]delta.State, len(h.Batches)),
		Rows: h.Rows, Late: h.Late, Watermark: h.Watermark, At: time.UnixMicro(h.At).UTC()}
	for i, b := range h.Batches {
		states, ok := known[chunks.batch(b)]
		if !ok {
			states, ok = decodeBatch(b, chunks.names([]batch{b}), held)
		}
		if !ok {
			return nil, fmt.Errorf("%w: the states of flush %d of copy %+v aren't what was flushed", delta.ErrTorn, b.Last, c)
		}
		o.Batches[i] = states
	}
	return o, nil
}

// decodeBatch decodes a batch's chunks. False says that they aren't what the
// header lists.
func decodeBatch(b batch, names []string, held map[string][]byte) ([]delta.State, bool) {
	total := 0
	for i, name := range names {
		n, ok := countStates(held[name])
		if !ok || xxh3.Hash(held[name]) != binary.BigEndian.Uint64(b.Chunks[8*i:]) {
			return nil, false
		}
		total += n
	}
	states := make([]delta.State, 0, total)
	for _, name := range names {
		for rest := held[name]; len(rest) > 0; {
			var state delta.State
			state, rest, _ = cutState(rest)
			states = append(states, state)
		}
	}
	return states, true
}
