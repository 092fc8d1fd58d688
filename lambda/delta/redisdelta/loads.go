package redisdelta

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// A load is a pipeline that goes out at once. Loads are bounded, and so is how
// many are under way: this is all that a flush buffers.
const (
	loadBytes    = 4 << 20
	loadCommands = 1024
	loadsAtOnce  = 3
)

// loads sends commands in loads. It isn't safe for concurrent use.
type loads struct {
	client   redis.UniversalClient
	group    *errgroup.Group
	ctx      context.Context // ends when a load has failed
	pipeline redis.Pipeliner
	bytes    int
}

func (s *Store) newLoads(ctx context.Context) *loads {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loadsAtOnce)
	return &loads{client: s.client, group: group, ctx: ctx, pipeline: s.client.Pipeline()}
}

// add adds a command that carries, or fetches, so many bytes. It blocks while as
// many loads are under way as may be.
func (l *loads) add(bytes int, command func(ctx context.Context, p redis.Pipeliner)) {
	command(l.ctx, l.pipeline)
	l.bytes += bytes
	if l.bytes >= loadBytes || l.pipeline.Len() >= loadCommands {
		l.send()
	}
}

func (l *loads) send() {
	p := l.pipeline
	l.pipeline, l.bytes = l.client.Pipeline(), 0
	l.group.Go(func() error {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		commands, err := p.Exec(l.ctx)
		if !errors.Is(err, redis.Nil) {
			return err
		}
		for _, c := range commands { // a key that is missing hides what else went wrong
			if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
		}
		return nil
	})
}

// wait sends what is left and waits for all. A key that is missing is no error.
func (l *loads) wait() error {
	if l.pipeline.Len() > 0 {
		l.send()
	}
	return l.group.Wait()
}
