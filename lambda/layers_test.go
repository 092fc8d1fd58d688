package lambda

import (
	"context"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// newViewLog is a log without events.
func newViewLog(t *testing.T, partitions int) *source.Memory[simEvent] {
	log, err := source.NewMemory[simEvent]("log", partitions, source.MemoryOptions[simEvent]{})
	require.NoError(t, err)
	return log
}

// torn is a store on which a look at all chains takes long: it finds partition 0
// as it was, and partition 1 as it is after meanwhile has run. It's over when
// something is put.
type torn struct {
	archive.Store
	mu        sync.Mutex
	old       archive.Store // nil when it's over
	meanwhile func()
}

func (s *torn) at(name string) archive.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.old != nil && strings.HasPrefix(name, "_log/0/") {
		return s.old
	}
	if run := s.meanwhile; run != nil && strings.HasPrefix(name, "_log/1/") {
		s.meanwhile = nil
		run()
	}
	return s.Store
}

func (s *torn) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return s.at(prefix).List(ctx, prefix, after)
}

func (s *torn) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	return s.at(name).Get(ctx, name, offset, length)
}

func (s *torn) Put(ctx context.Context, name string, body []byte) error {
	s.mu.Lock()
	s.old = nil
	s.mu.Unlock()
	return s.Store.Put(ctx, name, body)
}

// TestBasesOnlyGoForward: the chains of several partitions are no snapshot. While
// one run looks at them another publishes a base that's further in partition 0,
// and not as far in partition 1; the next base must be as far in both.
func TestBasesOnlyGoForward(t *testing.T) {
	for how, layer := range map[string]func(*Pipeline[simEvent], context.Context) error{
		"batch": (*Pipeline[simEvent]).Batch, "advance": (*Pipeline[simEvent]).Advance,
	} {
		t.Run(how, func(t *testing.T) {
			store, log := archive.Memory(), newViewLog(t, 2)
			owners := registered(t, store, nil)
			first, second := own(t, owners.pipeline, log, 0), own(t, owners.pipeline, log, 1)
			appendViews(t, log, 0, 20)
			appendViews(t, log, 1, 20)
			first.takeAndSeal(20)
			second.takeAndSeal(20)
			slow := &torn{Store: store}
			h := registered(t, slow, nil)
			require.NoError(t, h.pipeline.goLive(t.Context(), h.reg))

			slow.old = archivetest.Copy(t, store, func(_ string, body []byte) ([]byte, bool) { return body, true })
			slow.meanwhile = func() {
				appendViews(t, log, 0, 10)
				first.takeAndSeal(30)
				require.NoError(t, layer(owners.pipeline, t.Context()))
				appendViews(t, log, 1, 10)
				second.takeAndSeal(30)
			}
			require.NoError(t, layer(h.pipeline, t.Context()))
			n, b, err := h.pipeline.latestBase(t.Context(), h.reg)
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
			require.EqualValues(t, 30, b.Cut[0].Through)
			require.EqualValues(t, 30, b.Cut[1].Through)
			require.EqualValues(t, 60, total(t, h, Ever()))
		})
	}
}

// TestAQueryEndsWhilePartitionsAreSealed: one is quiet, and so has no open delta;
// the other is sealed each time that the query has looked at it.
func TestAQueryEndsWhilePartitionsAreSealed(t *testing.T) {
	store, log := archive.Memory(), newViewLog(t, 2)
	owners := registered(t, store, nil)
	quiet, busy := own(t, owners.pipeline, log, 0), own(t, owners.pipeline, log, 1)
	appendViews(t, log, 0, 5)
	quiet.takeAndSeal(5)
	looks := 0
	h := registered(t, store, &sealingDeltas{delta.Memory(), func(partition int) {
		if partition == 1 && looks < 1000 {
			looks++
			appendViews(t, log, 1, 1)
			busy.takeAndSeal(int64(looks))
		}
	}})
	answered := total(t, h, Ever())
	require.Less(t, looks, 10)
	require.GreaterOrEqual(t, answered, int64(5+1), "what was sealed before the last look at the chains")
}

// TestANewVersionReplacesTheOldOnesRows: it starts behind what the old one had
// published, since nobody shows an open delta of it yet. The sink takes its rows
// all the same.
func TestANewVersionReplacesTheOldOnesRows(t *testing.T) {
	store, to := archive.Memory(), sink.NewMemory[string, int64]()
	ended, cancel := context.WithCancel(t.Context())
	cancel() // leaves a publisher its last turn
	old := registered(t, store, nil)
	o := own(t, old.pipeline, viewLog(t, "log", 20), 0)
	o.takeAndSeal(10)
	o.take(20)
	o.show()
	require.NoError(t, Publish(ended, old, to, PublishOptions{}))
	require.Len(t, to.Rows(), 1)
	require.EqualValues(t, 20, to.Rows()[0].Value)

	p := New[simEvent](Config{Archive: store})
	h, err := Register(p, countView("vista", func(v *View[simEvent, string, int64]) {
		v.Version, v.Aggregate = 1, aggregate.Sum(simUser)
	}))
	require.NoError(t, err)
	require.NoError(t, Publish(ended, h, to, PublishOptions{}))
	require.EqualValues(t, 45, to.Rows()[0].Value, "the sum of the users of the ten events that are sealed")
	require.Greater(t, RowVersion(1, 0), RowVersion(0, 1<<48-1))
}

// TestABatchRunCountsTheRowsOfBeforeTheView: the speed layer hasn't seen these for a
// view that was added later. What follows is added to the base's count.
func TestABatchRunCountsTheRowsOfBeforeTheView(t *testing.T) {
	store, log := archive.Memory(), viewLog(t, "log", 40)
	own(t, New[simEvent](Config{Archive: store}), log, 0).takeAndSeal(20)
	h := registered(t, store, nil)
	rows := func() int64 {
		answer, err := h.Query(t.Context(), Ever())
		require.NoError(t, err)
		return answer.Provenance().Rows
	}
	require.NoError(t, h.pipeline.Batch(t.Context()))
	require.EqualValues(t, 20, rows())
	o := own(t, h.pipeline, log, 0)
	o.takeAndSeal(30)
	require.EqualValues(t, 30, rows())
	require.NoError(t, h.pipeline.Advance(t.Context()))
	require.EqualValues(t, 30, rows())
	o.takeAndSeal(40)
	require.NoError(t, h.pipeline.Batch(t.Context()))
	require.EqualValues(t, 40, rows())
}

// TestQuarantineCountsTowardASegmentsBytes: an owner holds it until the commit, as
// it does events.
func TestQuarantineCountsTowardASegmentsBytes(t *testing.T) {
	log := newViewLog(t, 1)
	p := New[simEvent](Config{Archive: archive.Memory(), SegmentBytes: 1 << 20, SegmentInterval: time.Hour})
	o := own(t, p, log, 0)
	for n := range int64(4) {
		_, err := log.Reject(0, make([]byte, 300<<10), source.ErrValue)
		require.NoError(t, err)
		require.Zero(t, o.w.owner.End(), "%d records of 300 KiB", n)
		o.take(n + 1)
		require.NoError(t, o.w.turn(t.Context()))
	}
	require.EqualValues(t, 4, o.w.owner.End())
	require.Zero(t, o.w.quarantined)
}
