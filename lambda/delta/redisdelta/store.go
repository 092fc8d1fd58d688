package redisdelta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Options are a store's options. The zero value will do.
type Options struct {
	// Prefix begins every key (default "anabranch:"). All processes that share
	// deltas have the same. It has no {: keys are to be spread over a cluster.
	Prefix string

	// Expiry is how long the server keeps what nobody has written to or kept up
	// (default 6 hours). It clears away what crashed owners leave. Every flush
	// renews it for all of its copy, so let it be far longer than a segment is
	// open: than lambda.Config.SegmentInterval.
	Expiry time.Duration
}

const (
	defaultPrefix = "anabranch:"
	defaultExpiry = 6 * time.Hour
)

// Store is a delta store on Redis.
type Store struct {
	client  redis.UniversalClient
	options Options
	chunk   int // bytes in a chunk, about
	memory  memory
}

var _ delta.Store = (*Store)(nil)

// chunkBytes is about how large a chunk is: large enough that a command costs
// little by the byte, small enough that the server never stops over one. With what
// the server adds it's a size that its allocator has.
const chunkBytes = 256<<10 - 64

// New makes a store through a client of one server, of a cluster, or of a server
// that sentinels watch over. It asks the server whether it answers, for up to 10
// seconds: a wrong address, and a user that may not do what the store does
// ([ErrAccess]), are errors at once. The client stays the caller's, who closes it
// after the store's last call.
//
// The client is to read from masters: replicas lag, and answers would go back. With
// its ContextTimeoutEnabled a connection is free again as soon as a call's context
// has timed out.
func New(ctx context.Context, client redis.UniversalClient, options Options) (*Store, error) {
	if options.Prefix == "" {
		options.Prefix = defaultPrefix
	}
	if options.Expiry == 0 {
		options.Expiry = defaultExpiry
	}
	switch {
	case client == nil:
		return nil, fmt.Errorf("%w: there's no client", ErrOptions)
	case strings.Contains(options.Prefix, "{"):
		return nil, fmt.Errorf("%w: the prefix has a {, which would put all keys on one node of a cluster", ErrOptions)
	case options.Expiry < time.Millisecond:
		return nil, fmt.Errorf("%w: the expiry is %v; it's to be far longer than a segment is open", ErrOptions, options.Expiry)
	}
	if cluster, ok := client.(*redis.ClusterClient); ok && cluster.Options().ReadOnly {
		return nil, fmt.Errorf("%w: the client reads from replicas, which lag (ReadOnly, RouteByLatency or RouteRandomly)", ErrOptions)
	}
	s := &Store{client: client, options: options, chunk: chunkBytes, memory: memory{last: make(map[string]remembered)}}
	bounded, cancel := context.WithTimeoutCause(ctx, openTimeout, errSilent)
	defer cancel()
	_, err := awaited(bounded, "reach the server", func(ctx context.Context) (struct{}, error) { return struct{}{}, s.probe(ctx) })
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("redisdelta: cannot reach the server: %w", context.Cause(bounded))
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// probe does what a user without the store's rights can't, and what one node of a
// cluster can't alone: it has some of the keys only.
func (s *Store) probe(ctx context.Context) error {
	if err := s.client.Eval(ctx, `return redis.call('EXISTS', KEYS[1])`, []string{s.recordKey("", 0)}).Err(); err != nil && !isMoved(err) {
		return err
	}
	if _, single := s.client.(*redis.Client); !single {
		return nil
	}
	for partition := range 16 {
		err := s.client.Exists(ctx, s.recordKey("", partition)).Err()
		if isMoved(err) {
			return fmt.Errorf("%w: the server is one node of a cluster, and the client isn't a cluster's: redis.UniversalOptions.IsClusterMode makes it one", ErrOptions)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isMoved(err error) bool { return err != nil && redis.HasErrorPrefix(err, "MOVED") }

func (s *Store) expiry() int64 { return s.options.Expiry.Milliseconds() }

// Raise implements [delta.Store].
func (s *Store) Raise(ctx context.Context, view string, partition int, term int64) (*delta.Shown, error) {
	what := fmt.Sprintf("raise the term of view %q, partition %d", view, partition)
	return awaited(ctx, what, func(ctx context.Context) (*delta.Shown, error) {
		return s.raise(ctx, view, partition, term, "")
	})
}

// Swap implements [delta.Store].
func (s *Store) Swap(ctx context.Context, c delta.Copy) error {
	_, err := awaited(ctx, fmt.Sprintf("swap in copy %+v", c), func(ctx context.Context) (*delta.Shown, error) {
		return s.raise(ctx, c.View, c.Partition, c.Term, fieldOf(c))
	})
	return err
}

// raise raises the term, and swaps in the copy of a field if there's one.
func (s *Store) raise(ctx context.Context, view string, partition int, term int64, field string) (*delta.Shown, error) {
	key := []string{s.recordKey(view, partition)}
	answer, err := raise.Run(ctx, s.client, key, termText(term), field, s.expiry()).StringSlice()
	switch {
	case err != nil:
		return nil, err
	case len(answer) == 1 && answer[0] == "stale":
		return nil, fmt.Errorf("%w: term %d", delta.ErrStaleTerm, term)
	case len(answer) == 1 && answer[0] == "lost":
		return nil, fmt.Errorf("%w: there is no copy to swap in", delta.ErrLostFlush)
	case len(answer) < 3:
		return nil, errors.New("the record's answer makes no sense")
	}
	for dead := answer[3:]; len(dead) > 1; dead = dead[2:] {
		if c, ok := copyOf(view, partition, dead[0]); ok {
			s.free(ctx, c, dead[1])
		}
	}
	// What readers can't make sense of, nobody has seen.
	c, isCopy := copyOf(view, partition, answer[1])
	h, ok := decodeHeader(answer[2])
	if !isCopy || !ok || answer[2] == "" {
		return nil, nil
	}
	return &delta.Shown{Copy: c, Through: h.Through}, nil
}

// Drop implements [delta.Store].
func (s *Store) Drop(ctx context.Context, c delta.Copy) error {
	_, err := awaited(ctx, fmt.Sprintf("drop copy %+v", c), func(ctx context.Context) (struct{}, error) {
		header, err := drop.Run(ctx, s.client, []string{s.recordKey(c.View, c.Partition)}, fieldOf(c)).Text()
		if err == nil {
			s.free(ctx, c, header)
		}
		return struct{}{}, err
	})
	return err
}

// free deletes the chunks of a copy that the record no longer has.
func (s *Store) free(ctx context.Context, c delta.Copy, text string) {
	if h, ok := decodeHeader(text); ok {
		s.unlink(ctx, s.chunksOf(c).names(h.Batches))
	}
}

// unlink deletes chunks that no header lists any more. What it can't delete
// expires, so that failing is no error.
func (s *Store) unlink(ctx context.Context, names []string) {
	l := s.newLoads(ctx)
	for _, name := range names {
		l.add(0, func(ctx context.Context, p redis.Pipeliner) { p.Unlink(ctx, name) })
	}
	_ = l.wait()
}
