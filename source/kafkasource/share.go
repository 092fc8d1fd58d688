package kafkasource

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/source"
)

// Share implements [source.Sharer].
func (l *Log[E]) Share(ctx context.Context, own func(ctx context.Context, partition int) error) error {
	if l.options.Group == "" {
		partitions, err := l.Partitions(ctx)
		if err != nil {
			return err
		}
		group, ctx := errgroup.WithContext(ctx)
		for partition := range partitions {
			group.Go(func() error { return own(ctx, partition) })
		}
		return group.Wait()
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &shares{topic: l.options.Topic, ctx: ctx, fail: fail, own: own, owned: map[int32]*share{}}
	// This client is in the group and reads nothing: readers have their own.
	options := slices.Concat(l.options.Client, []kgo.Opt{
		kgo.ConsumerGroup(l.options.Group),
		kgo.ConsumeTopics(l.options.Topic),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { s.begin(p[s.topic]) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { s.end(p[s.topic]) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { s.end(p[s.topic]) }),
	})
	if l.options.ServerSideBalancing {
		options = append(options, kgo.ServerSideBalancer())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return fmt.Errorf("%w: %w", source.ErrOptions, err)
	}
	client.PauseFetchTopics(l.options.Topic)
	l.setMember(client)
	<-ctx.Done()
	s.endAll()
	l.setMember(nil)
	client.CloseAllowingRebalance() // leaves the group
	return s.err()
}

func (l *Log[E]) setMember(client *kgo.Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.member = client
}

// Commit implements [source.Committer]. Outside of Share, or without a group, it
// does nothing.
func (l *Log[E]) Commit(ctx context.Context, partition int, offset int64) error {
	l.mu.Lock()
	client := l.member
	l.mu.Unlock()
	if client == nil {
		return nil
	}
	var failure error
	at := map[string]map[int32]kgo.EpochOffset{l.options.Topic: {int32(partition): {Epoch: -1, Offset: offset}}}
	client.CommitOffsetsSync(ctx, at, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, response *kmsg.OffsetCommitResponse, err error) {
		failure = err
		if err != nil {
			return
		}
		for _, topic := range response.Topics {
			for _, p := range topic.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					failure = err
				}
			}
		}
	})
	if failure != nil {
		return fmt.Errorf("cannot commit offset %d of %s, partition %d, to group %s: %w", offset, l.options.Topic, partition, l.options.Group, failure)
	}
	return nil
}

// shares are the partitions that this process has of the group.
type shares struct {
	topic string
	ctx   context.Context // Share's
	fail  context.CancelCauseFunc
	own   func(context.Context, int) error

	mu     sync.Mutex // guards what follows
	owned  map[int32]*share
	owners sync.WaitGroup
	closed bool
	failed error
}

type share struct {
	end  context.CancelFunc
	done chan struct{}
}

func (s *shares) begin(partitions []int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, partition := range partitions {
		if s.closed || s.owned[partition] != nil {
			continue
		}
		ctx, end := context.WithCancel(s.ctx)
		share := &share{end: end, done: make(chan struct{})}
		s.owned[partition] = share
		s.owners.Go(func() {
			defer close(share.done)
			if err := s.own(ctx, int(partition)); err != nil {
				s.failure(err)
			}
		})
	}
}

// end lets go of partitions: once their owners have returned.
func (s *shares) end(partitions []int32) {
	s.mu.Lock()
	var ending []*share
	for _, partition := range partitions {
		if share := s.owned[partition]; share != nil {
			share.end()
			ending = append(ending, share)
			delete(s.owned, partition)
		}
	}
	s.mu.Unlock()
	for _, share := range ending {
		<-share.done
	}
}

func (s *shares) endAll() {
	s.mu.Lock()
	s.closed = true
	var all []int32
	for partition := range s.owned {
		all = append(all, partition)
	}
	s.mu.Unlock()
	s.end(all)
	s.owners.Wait() // for those that are being revoked, too
}

func (s *shares) failure(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
	s.fail(err)
}

func (s *shares) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}
