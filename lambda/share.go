package lambda

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// lostPatience is how long an owner that has lost its partition waits for the log
// to say so. A group tells a member that was away within seconds.
const lostPatience = time.Minute

// share runs own for each of the log's partitions that this process is to own:
// those that the log gives it, or all.
func (p *Pipeline[E]) share(ctx context.Context, log source.Source[E], partitions int, own func(context.Context, int) error) error {
	sharer, ok := log.(source.Sharer)
	if !ok {
		group, ctx := errgroup.WithContext(ctx)
		for partition := range partitions {
			group.Go(func() error { return own(ctx, partition) })
		}
		return group.Wait()
	}
	var mu sync.Mutex // guards partitions
	known := func(ctx context.Context, partition int) (err error) {
		mu.Lock()
		defer mu.Unlock()
		if partition >= partitions { // the log has grown
			partitions, err = p.declare(ctx, log)
		}
		return err
	}
	return sharer.Share(ctx, func(ctx context.Context, partition int) error {
		if err := known(ctx, partition); err != nil {
			return ended(ctx, err)
		}
		err := own(ctx, partition)
		if !errors.Is(err, archive.ErrLost) {
			return err
		}
		// So it goes where this process was stopped for a while, and another got the
		// partition: the log is about to say so. If not, somebody who doesn't share
		// has claimed it, and that mustn't go unseen.
		p.config.Observer.Observe(Observation{Kind: PartitionLost, Partition: partition, Err: err})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lostPatience):
			return fmt.Errorf("%w; it's still shared out to this process: has another group, or a process that doesn't share, claimed it?", err)
		}
	})
}
