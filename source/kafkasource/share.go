package kafkasource

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/source"
)

// Share implements [source.Sharer]. ErrGroup says that the group refuses this
// process for good; while brokers are away, it waits for them.
func (l *Log[E]) Share(ctx context.Context, own func(ctx context.Context, partition int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	s := &shares{ctx: ctx, group: group, own: own, owned: map[int32]*share{}}
	leave, err := l.join(ctx, s)
	if err != nil {
		return err
	}
	<-ctx.Done() // or an owner has failed
	s.close()
	err = group.Wait()
	leave() // after the owners' last commits
	return err
}

// join begins to share: all partitions, or those that the group gives.
func (l *Log[E]) join(ctx context.Context, s *shares) (leave func(), err error) {
	if l.options.Group == "" {
		n, err := l.Partitions(ctx)
		if err != nil {
			return nil, err
		}
		s.beginAll(n)
		s.group.Go(func() error { return l.beginNew(ctx, s) })
		return func() {}, nil
	}
	begin := func(_ context.Context, _ *kgo.Client, p map[string][]int32) { s.begin(p[l.options.Topic]) }
	end := func(_ context.Context, _ *kgo.Client, p map[string][]int32) { s.end(p[l.options.Topic]) }
	// This client is in the group and reads nothing: readers have their own.
	options := slices.Concat(l.options.Client, []kgo.Opt{
		kgo.ConsumerGroup(l.options.Group), kgo.ConsumeTopics(l.options.Topic), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(begin), kgo.OnPartitionsRevoked(end), kgo.OnPartitionsLost(end),
		kgo.WithHooks(refusals(func(refusal error) { s.fail(l.refused(refusal)) })), // besides the caller's own
	})
	if l.options.ServerSideBalancing {
		options = append(options, kgo.ServerSideBalancer())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", source.ErrOptions, err)
	}
	client.PauseFetchTopics(l.options.Topic)
	l.setMember(client)
	return func() {
		l.setMember(nil)
		client.CloseAllowingRebalance()
	}, nil
}

// beginNew begins the partitions that the topic gets meanwhile, as soon as a group
// would see them: when the client looks at the topic anew.
func (l *Log[E]) beginNew(ctx context.Context, s *shares) error {
	age, _ := l.client.OptValue(kgo.MetadataMaxAge).(time.Duration)
	ticker := time.NewTicker(max(age, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if n, err := l.Partitions(ctx); err == nil { // while brokers are away, there's nothing new
			s.beginAll(n)
		}
	}
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

// shares are the partitions that this process has.
type shares struct {
	ctx   context.Context // of the group
	group *errgroup.Group // of the owners
	own   func(context.Context, int) error

	mu     sync.Mutex // guards what follows
	owned  map[int32]*share
	closed bool
}

type share struct {
	end  context.CancelFunc
	done chan struct{}
}

// beginAll begins a topic's n partitions, but for those that have begun.
func (s *shares) beginAll(n int) {
	for partition := range int32(n) {
		s.begin([]int32{partition})
	}
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
		s.group.Go(func() error {
			defer close(share.done)
			return s.own(ctx, int(partition))
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

// fail ends the sharing by an error.
func (s *shares) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.group.Go(func() error { return err })
	}
}

// close sees to it that no more owners begin, so that they can be waited for.
func (s *shares) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}
