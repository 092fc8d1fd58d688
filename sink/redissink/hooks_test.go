package redissink_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// lossy fails pipelines, before they're sent or after.
type lossy struct {
	mu     sync.Mutex
	faults []int // of the next pipelines. 0: all is well, 1: not sent, 2: the answer is lost
}

var errLost = errors.New("lost")

func (l *lossy) plan(faults []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = faults
}

func (*lossy) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (*lossy) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (l *lossy) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		l.mu.Lock()
		fault := 0
		if len(l.faults) > 0 {
			fault, l.faults = l.faults[0], l.faults[1:]
		}
		l.mu.Unlock()
		if fault != 1 {
			if err := next(ctx, commands); err != nil || fault == 0 {
				return err
			}
		}
		for _, command := range commands {
			command.SetErr(errLost)
		}
		return errLost
	}
}

// stuck holds pipelines up.
type stuck struct {
	lossy
	once             sync.Once
	entered, release chan struct{}
}

func (s *stuck) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		s.once.Do(func() { close(s.entered) })
		<-s.release
		return next(context.WithoutCancel(ctx), commands)
	}
}

// counter counts pipelines and how many commands they had.
type counter struct {
	lossy
	pipelines, commands atomic.Int64
}

func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		c.pipelines.Add(1)
		c.commands.Add(int64(len(commands)))
		return next(ctx, commands)
	}
}
