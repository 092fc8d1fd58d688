package lambda

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/deltatest"
	"github.com/anabranch-go/anabranch/source"
)

// A delta store makes answers fresh. Whatever happens to it, these tests say, it
// costs no more than that.

// faultyDeltas is a delta store in which each call meets what fault says.
func faultyDeltas(fault func(op string) deltatest.Fault) *deltatest.Faults {
	return deltatest.NewFaults(func() delta.Store { return delta.Memory() },
		func(_ int, op string) deltatest.Fault { return fault(op) })
}

// TestAnOwnerReadsOnWhileTheDeltaStoreIsDown: a segment may then grow to twice
// its limits, and is no reason to stop reading before.
func TestAnOwnerReadsOnWhileTheDeltaStoreIsDown(t *testing.T) {
	down := faultyDeltas(func(string) deltatest.Fault { return deltatest.FailBefore })
	p := New[simEvent](Config{Archive: archive.Memory(), Deltas: down, FlushInterval: time.Hour, SegmentInterval: time.Hour})
	h, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	o := own(t, p, viewLog(t, "log", 40), 0)
	o.take(10)
	o.w.began = o.w.began.Add(-90 * time.Minute)
	chunk, end, err := o.w.next(t.Context(), o.reader)
	require.NoError(t, err)
	require.False(t, end)
	require.NotNil(t, chunk, "it's once and a half its age")
	require.NoError(t, o.w.take(chunk))
	require.NoError(t, o.w.turn(t.Context()))
	require.Zero(t, o.w.owner.End(), "nobody says what readers have seen, so it waits")

	o.w.began = o.w.began.Add(-time.Hour)
	require.NoError(t, o.w.turn(t.Context()))
	require.EqualValues(t, 20, total(t, h, Ever()), "but not for ever")
}

// TestTheLastCommitDoesNotWaitForADeltaStoreThatBlocks: Run commits what it holds
// when its context ends, and has ten seconds for that.
func TestTheLastCommitDoesNotWaitForADeltaStoreThatBlocks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var blocked atomic.Bool
		deltas := faultyDeltas(func(string) deltatest.Fault {
			if blocked.Load() {
				return deltatest.Gate
			}
			return deltatest.None
		})
		log, store := newGrowingLog(t, 1), archive.Memory()
		p := New[simEvent](Config{Archive: store, Deltas: deltas, SegmentInterval: time.Hour, Workers: 1})
		_, err := Register(p, countView("vista", nil))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx, log) }()
		appendViews(t, log.Memory, 0, 10)
		synctest.Wait()
		blocked.Store(true)
		appendViews(t, log.Memory, 0, 20)
		pass(time.Minute)
		cancel()
		require.NoError(t, <-done)
		require.EqualValues(t, 30, total(t, registered(t, store, nil), Ever()))
	})
}

// TestAnAnswerWhileTheDeltaStoreBlocks is the archive's, and comes in good time.
func TestAnAnswerWhileTheDeltaStoreBlocks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := archive.Memory()
		own(t, registered(t, store, nil).pipeline, viewLog(t, "log", 10), 0).takeAndSeal(10)
		h := registered(t, store, faultyDeltas(func(string) deltatest.Fault { return deltatest.Gate }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		answer, err := h.Query(ctx, Ever())
		require.NoError(t, err)
		require.EqualValues(t, 10, answer.Provenance().FromSealed())
	})
}

// TestADeltaStoreThatBoastsDoesNotHoldSegmentsBack: nobody can have seen more than
// the log has, so there an owner has come as far as readers, whatever the store
// says.
func TestADeltaStoreThatBoastsDoesNotHoldSegmentsBack(t *testing.T) {
	h := registered(t, archive.Memory(), braggart{delta.Memory()})
	o := own(t, h.pipeline, viewLog(t, "log", 40), 0)
	o.take(30)
	o.w.began = o.w.began.Add(-time.Hour)
	require.NoError(t, o.w.turn(t.Context()))
	require.Zero(t, o.w.owner.End(), "readers may have seen it all")
	o.take(40)
	require.NoError(t, o.w.turn(t.Context()))
	require.EqualValues(t, 40, o.w.owner.End(), "its time was long up, and the log hasn't ended")
}

// endless is a log that doesn't say where it ends.
type endless struct{ source.Source[simEvent] }

// TestAFloorThatNothingProvesDoesNotHoldSegmentsBackForEver: where nobody knows
// the log's end, what a delta store says was shown holds a segment back to twice
// its limits, and what follows is shown as always.
func TestAFloorThatNothingProvesDoesNotHoldSegmentsBackForEver(t *testing.T) {
	deltas := braggart{delta.Memory()}
	p := New[simEvent](Config{Archive: archive.Memory(), Deltas: deltas, SegmentRows: 10})
	h, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	o := own(t, p, endless{viewLog(t, "log", 60)}, 0)
	o.take(10)
	require.NoError(t, o.w.turn(t.Context()))
	require.Zero(t, o.w.owner.End(), "readers may have seen more")
	o.take(20)
	require.NoError(t, o.w.turn(t.Context()))
	require.EqualValues(t, 20, o.w.owner.End(), "it has waited for long enough")

	o.take(30)
	o.show()
	answer, err := h.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.EqualValues(t, 10, answer.Provenance().FromOpen())
	require.EqualValues(t, 30, total(t, h, Ever()))
}

// TestRunCommitsAtTheContextsEndWhateverAStoreBoasts: it has no proof that readers
// have seen more than it holds.
func TestRunCommitsAtTheContextsEndWhateverAStoreBoasts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		log, store := newGrowingLog(t, 1), archive.Memory()
		appendViews(t, log.Memory, 0, 10)
		h := registered(t, store, braggart{delta.Memory()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.pipeline.Run(ctx, endless{log}) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-done)
		require.EqualValues(t, 10, total(t, registered(t, store, nil), Ever()))
	})
}

// TestWhatAFailedFlushHeldBackIsShownLater: the flush that is tried again carries
// what it did, so what came since needs one more, whether or not the log goes on.
func TestWhatAFailedFlushHeldBackIsShownLater(t *testing.T) {
	fault := deltatest.None
	deltas := faultyDeltas(func(op string) deltatest.Fault {
		if op == "flush" {
			return fault
		}
		return deltatest.None
	})
	p := New[simEvent](Config{Archive: archive.Memory(), Deltas: deltas, FlushInterval: time.Nanosecond})
	h, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	o := own(t, p, viewLog(t, "log", 20), 0)
	fault = deltatest.FailBefore
	o.take(10)
	o.show()
	o.take(20)
	o.show()
	require.Zero(t, total(t, h, Ever()))

	fault = deltatest.None
	for !o.w.flushAt.IsZero() { // until nothing is due
		require.NoError(t, o.w.turn(t.Context()))
	}
	require.EqualValues(t, 20, total(t, h, Ever()))
}

// TestAnswersDoNotGoBackAfterAnOutage: the store is down while a new owner seals
// a part of what its predecessor has shown. The predecessor's copy stands in for
// that, until the new owner, who can reach the store again, has come as far.
func TestAnswersDoNotGoBackAfterAnOutage(t *testing.T) {
	log, store := viewLog(t, "log", 100), archive.Memory()
	deltas := faultyDeltas(func(string) deltatest.Fault { return deltatest.None })
	old := own(t, registered(t, store, deltas).pipeline, log, 0)
	old.take(80)
	old.show()
	h := registered(t, store, deltas)
	require.EqualValues(t, 80, total(t, h, Ever()))

	fault := deltatest.FailBefore
	p := New[simEvent](Config{Archive: store, Deltas: deltas.Beside(func(int, string) deltatest.Fault { return fault }), SegmentRows: 25})
	_, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	o := own(t, p, log, 0)
	o.take(50)
	require.NoError(t, o.w.turn(t.Context()))
	require.EqualValues(t, 50, o.w.owner.End(), "a segment of twice its size has waited long enough")
	require.EqualValues(t, 80, total(t, registered(t, store, deltas), Ever()))

	fault = deltatest.None
	for _, through := range []int64{60, 70, 80, 90} {
		o.take(through)
		o.show()
		require.EqualValues(t, max(80, through), total(t, registered(t, store, deltas), Ever()))
		require.NoError(t, o.w.turn(t.Context()))
		require.EqualValues(t, max(80, through), total(t, registered(t, store, deltas), Ever()))
	}
}

// sealingDeltas runs something before each read.
type sealingDeltas struct {
	delta.Store
	before func(partition int)
}

func (s *sealingDeltas) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	s.before(partition)
	return s.Store.Read(ctx, view, partition)
}

// TestARememberedCopyDoesNotHideASeal: a partition is sealed between a query's
// look at the chain and its look at the delta store. The copy that the handle
// remembers fits the chain as it was; but others have seen more by then.
func TestARememberedCopyDoesNotHideASeal(t *testing.T) {
	store, deltas := archive.Memory(), delta.Memory()
	o := own(t, registered(t, store, deltas).pipeline, viewLog(t, "log", 20), 0)
	reads := &sealingDeltas{deltas, func(int) {}}
	h := registered(t, store, reads)
	o.take(10)
	o.show()
	require.EqualValues(t, 10, total(t, h, Ever()), "it remembers this")
	o.take(20)
	o.show()
	require.EqualValues(t, 20, total(t, registered(t, store, deltas), Ever()))

	reads.before = func(int) { o.seal() }
	require.EqualValues(t, 20, total(t, h, Ever()))
}

// TestTwoArchivesOnOneDeltaStoreDoNotMix: both have partition 0 from offset 0, in
// the same term.
func TestTwoArchivesOnOneDeltaStoreDoNotMix(t *testing.T) {
	deltas := delta.Memory()
	a, b := registered(t, archive.Memory(), deltas), registered(t, archive.Memory(), deltas)
	madrid, lisboa := own(t, a.pipeline, viewLog(t, "madrid", 10), 0), own(t, b.pipeline, viewLog(t, "lisboa", 30), 0)
	madrid.take(10)
	madrid.show()
	lisboa.take(30)
	lisboa.show()
	require.EqualValues(t, 10, total(t, a, Ever()))
	require.EqualValues(t, 30, total(t, b, Ever()))
}
