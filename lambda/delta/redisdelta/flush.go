package redisdelta

import (
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
	"github.com/zeebo/xxh3"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Flush implements [delta.Store]. It shows all of the flush at once.
func (s *Store) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.Check(c); err != nil {
		return err
	}
	_, err := awaited(ctx, fmt.Sprintf("flush copy %+v", c), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.flush(ctx, c, f)
	})
	return err
}

// flush first writes chunks, which nobody sees, and then the header that lists
// them. When the header has changed meanwhile, by a call of this copy that was
// given up and arrived late, it decides again.
func (s *Store) flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	var tried []batch // what f replaces, if it was sent
	for {
		seen, err := s.look(ctx, c)
		if err != nil {
			return err
		}
		next, replaced, retry, err := seen.next(c, f)
		if retry {
			s.unlink(ctx, s.chunksOf(c).names(tried))
		}
		if err != nil || retry {
			return err
		}
		whole, err := s.write(ctx, c, f, &next)
		if err != nil {
			return err
		}
		if !whole {
			now, err := s.look(ctx, c)
			if err == nil && now == seen {
				err = fmt.Errorf("%w: flush %d, and some of the states before it are gone", delta.ErrLostFlush, f.Number)
			}
			if err != nil {
				return err
			}
			continue
		}
		text, err := next.encode()
		if err != nil {
			return err
		}
		answer, err := advance.Run(ctx, s.client, []string{s.recordKey(c.View, c.Partition)},
			termText(c.Term), fieldOf(c), seen.header, text, s.expiry()).Text()
		if err != nil {
			return err
		}
		if answer == "done" {
			s.unlink(ctx, s.chunksOf(c).names(replaced))
			return nil
		}
		tried = replaced // the client may have sent it twice
	}
}

// seen is what a record says of a copy.
type seen struct{ raised, header string }

func (s *Store) look(ctx context.Context, c delta.Copy) (seen, error) {
	values, err := s.client.HMGet(ctx, s.recordKey(c.View, c.Partition), fieldTerm, fieldOf(c)).Result()
	if err != nil {
		return seen{}, err
	}
	raised, _ := values[0].(string)
	header, _ := values[1].(string)
	return seen{raised, header}, nil
}

// next is the header that f makes of the one seen, its new batch still without
// chunks, and the batches that it replaces.
func (s seen) next(c delta.Copy, f delta.Flush) (next header, replaced []batch, retry bool, err error) {
	if s.raised > termText(c.Term) {
		return next, nil, false, fmt.Errorf("%w: flush of term %d", delta.ErrStaleTerm, c.Term)
	}
	h, ok := decodeHeader(s.header)
	last := h.last()
	if !ok {
		return next, nil, false, fmt.Errorf("%w: the copy's header isn't one", delta.ErrLostFlush)
	}
	if f.Number == last.Last && f.Replaces == last.First && f.Through == h.Through {
		return next, nil, true, nil
	}
	if f.Number != last.Last+1 {
		return next, nil, false, fmt.Errorf("%w: flush %d, the last one here is %d", delta.ErrLostFlush, f.Number, last.Last)
	}
	if f.Number > 1 && f.Through < h.Through {
		return next, nil, false, fmt.Errorf("%w: through falls from %d to %d", delta.ErrInvalidFlush, h.Through, f.Through)
	}
	keep := slices.IndexFunc(h.Batches, func(b batch) bool { return b.First >= f.Replaces })
	if keep < 0 {
		keep = len(h.Batches)
	}
	if f.Replaces != f.Number && (keep == len(h.Batches) || h.Batches[keep].First != f.Replaces) {
		return next, nil, false, fmt.Errorf("%w: it replaces from %d, amid an older batch", delta.ErrInvalidFlush, f.Replaces)
	}
	return header{
		Format: format, Through: f.Through, Rows: f.Rows, Late: f.Late, Watermark: f.Watermark, At: f.At.UnixMicro(),
		Batches: append(slices.Clone(h.Batches[:keep]), batch{First: f.Replaces, Last: f.Number}),
	}, h.Batches[keep:], false, nil
}

// write writes f's chunks and lists them in next, and renews the expiry of those
// before them. Whole says that these are all there.
func (s *Store) write(ctx context.Context, c delta.Copy, f delta.Flush, next *header) (whole bool, err error) {
	l, chunks := s.newLoads(ctx), s.chunksOf(c)
	kept := next.Batches[:len(next.Batches)-1]
	var renewed []*redis.BoolCmd
	for _, name := range chunks.names(kept) {
		l.add(0, func(ctx context.Context, p redis.Pipeliner) {
			renewed = append(renewed, p.PExpire(ctx, name, s.options.Expiry))
		})
	}
	added := &next.Batches[len(kept)]
	for states := f.States; len(states) > 0 && l.ctx.Err() == nil; {
		var chunk []byte
		chunk, states = s.cutChunk(states)
		digest := xxh3.Hash(chunk)
		name := chunks.name(f.Number, len(added.Chunks)/8, digest)
		added.add(digest)
		l.add(len(chunk), func(ctx context.Context, p redis.Pipeliner) { p.Set(ctx, name, chunk, s.options.Expiry) })
	}
	if err := l.wait(); err != nil {
		return false, err
	}
	return !slices.ContainsFunc(renewed, func(r *redis.BoolCmd) bool { return !r.Val() }), nil
}

// cutChunk encodes as many states as make a chunk.
func (s *Store) cutChunk(states []delta.State) (chunk []byte, rest []delta.State) {
	n, size := 0, 0
	for n < len(states) {
		more := encodedLen(&states[n])
		if n > 0 && size+more > s.chunk {
			break
		}
		n, size = n+1, size+more
	}
	chunk = make([]byte, 0, size)
	for i := range states[:n] {
		chunk = appendState(chunk, &states[i])
	}
	return chunk, states[n:]
}
