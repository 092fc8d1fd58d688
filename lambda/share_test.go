package lambda

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// consumers are a group of processes that share a log. A coordinator gives each
// partition to one of them.
type consumers struct {
	log       *growingLog
	mu        sync.Mutex
	members   []*member
	owners    []int // by partition
	committed map[int]int64
}

// member is one process's view of the log.
type member struct {
	*growingLog
	of    *consumers
	calls chan call
	owned map[int]*ownership
}

// call is what the coordinator tells a member; done is closed once it's so.
type call struct {
	partition int
	own       bool
	done      chan struct{}
}

type ownership struct {
	end  context.CancelFunc
	done chan struct{}
}

func newConsumers(log *growingLog, n int) *consumers {
	c := &consumers{log: log, owners: make([]int, len(log.s.events)), committed: map[int]int64{}}
	for range n {
		c.members = append(c.members, &member{growingLog: log, of: c, calls: make(chan call), owned: map[int]*ownership{}})
	}
	return c
}

// Share implements source.Sharer.
func (m *member) Share(ctx context.Context, own func(context.Context, int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	for {
		select {
		case <-groupCtx.Done():
			return group.Wait()
		case call := <-m.calls:
			if !call.own {
				o := m.owned[call.partition]
				o.end()
				go func() { <-o.done; close(call.done) }()
				continue
			}
			owned, end := context.WithCancel(groupCtx)
			o := &ownership{end: end, done: make(chan struct{})}
			m.owned[call.partition] = o
			group.Go(func() error {
				defer close(o.done)
				return own(owned, call.partition)
			})
			close(call.done)
		}
	}
}

// Commit implements source.Committer.
func (m *member) Commit(_ context.Context, partition int, offset int64) error {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	m.of.committed[partition] = max(m.of.committed[partition], offset)
	return nil
}

// tell gives a partition to a member, or takes it away, which is done when the
// channel is closed.
func (c *consumers) tell(ctx context.Context, member, partition int, own bool) <-chan struct{} {
	told := call{partition: partition, own: own, done: make(chan struct{})}
	select {
	case c.members[member].calls <- told:
	case <-ctx.Done():
	}
	return told.done
}

// rebalance moves a random partition: after its owner has let go, or before, as
// when the owner was stopped for longer than the group waits.
func (c *consumers) rebalance(ctx context.Context, r *rand.Rand) {
	partition, to := r.IntN(len(c.owners)), r.IntN(len(c.members))
	from := c.owners[partition]
	if from == to {
		return
	}
	zombie := r.IntN(2) == 0
	if zombie {
		wait(ctx, c.tell(ctx, to, partition, true))
	}
	wait(ctx, c.tell(ctx, from, partition, false))
	if !zombie {
		wait(ctx, c.tell(ctx, to, partition, true))
	}
	c.owners[partition] = to
}

func wait(ctx context.Context, done <-chan struct{}) {
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// TestProcessesShareALog: partitions wander among three processes, sometimes to
// the next before the one before knows. Every answer equals the reference at its
// offsets, none goes back, and in the end every event counts once.
func TestProcessesShareALog(t *testing.T) {
	defer goleak.VerifyNone(t)
	for seed := range uint64(4) {
		t.Logf("seed %d", seed)
		testSharing(t, seed)
	}
}

func testSharing(t *testing.T, seed uint64) {
	log := newGrowingLog(t, 4)
	store, deltas := archive.Memory(), delta.Memory()
	consumers := newConsumers(log, 3)
	group, ctx := errgroup.WithContext(t.Context())
	running, stop := context.WithCancel(ctx)
	pipeline := func() *Pipeline[simEvent] {
		return New[simEvent](Config{Archive: store, Deltas: deltas, FlushInterval: time.Millisecond, SegmentRows: 150})
	}
	member := func() *Pipeline[simEvent] {
		p := pipeline()
		for _, view := range simViews() {
			view.register(t, p)
		}
		return p
	}
	for _, m := range consumers.members {
		p := member()
		group.Go(func() error { return p.Run(running, m) })
	}
	for partition := range consumers.owners {
		wait(ctx, consumers.tell(ctx, 0, partition, true))
	}
	lookouts := newLookouts(t, pipeline(), log)
	group.Go(func() error {
		defer stop()
		r := rand.New(rand.NewPCG(seed, 1))
		for turn := range 60 {
			if err := log.produce(r, r.IntN(60)); err != nil {
				return err
			}
			consumers.rebalance(ctx, r)
			if _, err := lookouts.ask(ctx, turn%len(lookouts.views), Ever().AllowIncomplete()); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, group.Wait(), "seed %d", seed)

	// What nobody has committed when all stop, the next process reads again.
	require.NoError(t, log.Close())
	require.NoError(t, member().Run(t.Context(), log))
	total := 0
	for _, events := range log.s.events {
		total += len(events)
	}
	for i := range lookouts.views {
		provenance, err := lookouts.ask(t.Context(), i, Ever())
		require.NoError(t, err, "seed %d", seed)
		require.EqualValues(t, total, provenance.Offsets(), "seed %d: events are lost", seed)
	}
	require.NotEmpty(t, consumers.committed)
}

var (
	_ source.Sharer    = (*member)(nil)
	_ source.Committer = (*member)(nil)
)
