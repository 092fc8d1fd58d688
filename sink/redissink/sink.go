package redissink

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/anabranch-go/anabranch/internal/await"
	"github.com/anabranch-go/anabranch/internal/secrets"
	"github.com/anabranch-go/anabranch/sink"
)

// Options are the options of [Open].
type Options struct {
	Schema sink.SchemaOptions
	// Retention is how long after its window's end a row is kept, by the server's
	// clock, however late it was written: for ever if it's zero. What's over by
	// this process's clock isn't sent. The row of the window of all time is kept
	// for ever.
	Retention time.Duration
	// PipelineBytes is about how many bytes of commands Redis gets at once: 1 MiB
	// if it's zero. A row that has more goes alone.
	PipelineBytes int
}

// Stats counts rows since Open.
type Stats struct {
	Written int64 // by Redis' answer; a row that was written again counts again
	Older   int64 // Redis held a newer version
	Expired int64 // their retention was over, so they weren't written
}

// Sink keeps rows in Redis. It's a [sink.Sink], and safe for concurrent use. It has
// nothing to close; the client is the caller's.
type Sink[K, R any] struct {
	client    redis.UniversalClient
	prefix    string
	retention time.Duration
	bytes     int
	schema    *sink.Schema[K, R]
	texts     *texts[K, R]

	written, older, expired atomic.Int64
}

// Open makes a sink of a client, of one server or of a cluster, after it has asked
// the server whether it's there. The names of all keys begin with the prefix, of
// letters, digits and _ . : -, and a colon.
//
// Errors are those of [sink.SchemaOf], ErrOptions, ErrServer, and ctx's.
func Open[K, R any](ctx context.Context, client redis.UniversalClient, prefix string, options Options) (*Sink[K, R], error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	if client == nil || options.Retention < 0 || options.PipelineBytes < 0 {
		return nil, fmt.Errorf("%w: it takes a client, and a retention and a size that aren't negative", ErrOptions)
	}
	schema, err := sink.SchemaOf[K, R](options.Schema)
	if err != nil {
		return nil, err
	}
	s := &Sink[K, R]{client: client, prefix: prefix, retention: options.Retention, bytes: options.PipelineBytes, schema: schema}
	if s.bytes == 0 {
		s.bytes = 1 << 20
	}
	if s.texts, err = newTexts[K, R](options.Schema); err != nil {
		return nil, err
	}
	if err := await.Work(ctx, func() error { return client.Ping(ctx).Err() }); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: check its address, TLS, user and password: %w", ErrServer, secrets.Without(err))
	}
	return s, nil
}

// Write implements [sink.Sink]. Each row is written in one step, with what follows
// for the newest window of its key; the rows of a call are written one after
// another. They are as durable as Redis is.
//
// When ctx ends, Write returns at once. What it had sent by then may still be
// written, after the rows of a later call, too; that only shows among rows of one
// identity and one version.
func (s *Sink[K, R]) Write(ctx context.Context, rows []sink.Row[K, R]) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	writes, expired, err := s.writes(rows)
	if err != nil {
		return err
	}
	s.expired.Add(int64(expired))
	for len(writes) > 0 {
		n, bytes := 1, writes[0].bytes
		for n < len(writes) && bytes+writes[n].bytes <= s.bytes {
			bytes += writes[n].bytes
			n++
		}
		if err := await.Work(ctx, func() error { return s.send(ctx, writes[:n]) }); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("cannot write %d rows to Redis: %w", len(rows), secrets.Without(err))
		}
		writes = writes[n:]
	}
	return nil
}

// Stats gives what was counted so far.
func (s *Sink[K, R]) Stats() Stats {
	return Stats{Written: s.written.Load(), Older: s.older.Load(), Expired: s.expired.Load()}
}
