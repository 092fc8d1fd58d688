package lambda

import (
	"context"
	"errors"
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

// growingLog is a log that a producer appends to, and the events it has so far.
type growingLog struct {
	*source.Memory[simEvent]
	mu sync.Mutex
	s  sim // events and kept alone
}

func newGrowingLog(t *testing.T, partitions int) *growingLog {
	log, err := source.NewMemory[simEvent]("growing", partitions, source.MemoryOptions[simEvent]{ChunkRows: 64})
	require.NoError(t, err)
	return &growingLog{Memory: log, s: sim{events: make([][]simEvent, partitions), kept: make([][]bool, partitions)}}
}

func (g *growingLog) produce(r *rand.Rand, n int) error {
	for range n {
		e, ok := randomEvent(r)
		p := r.IntN(len(g.s.events))
		g.mu.Lock()
		g.s.events[p], g.s.kept[p] = append(g.s.events[p], e), append(g.s.kept[p], ok)
		_, err := g.Append(p, e)
		g.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// prefix is the events before an answer's cut.
func (g *growingLog) prefix(p Provenance) []simEvent {
	g.mu.Lock()
	defer g.mu.Unlock()
	through := make([]int64, len(g.s.events))
	for _, c := range p.Partitions {
		through[c.Partition] = c.Low
	}
	return g.s.prefix(through)
}

// lookouts ask views while layers run, and hold each answer to what it promises.
type lookouts struct {
	log     *growingLog
	views   []simView
	queries []simQuery
	offsets []int64 // by view: how far an answer has come
}

func newLookouts(t *testing.T, p *Pipeline[simEvent], log *growingLog) *lookouts {
	l := &lookouts{log: log, views: simViews()}
	for _, view := range l.views {
		l.queries = append(l.queries, view.register(t, p))
	}
	l.offsets = make([]int64, len(l.views))
	return l
}

// ask compares a view's answer with the reference at its offsets, which mustn't go
// back.
func (l *lookouts) ask(ctx context.Context, view int, r Range) (Provenance, error) {
	rows, provenance, err := l.queries[view](ctx, "", r)
	if err != nil {
		return provenance, err
	}
	if diff := difference(rows, l.views[view].naive(l.log.prefix(provenance), "")); diff != "" {
		return provenance, errors.New(diff)
	}
	if provenance.Offsets() < l.offsets[view] {
		return provenance, errors.New("an answer goes back")
	}
	l.offsets[view] = provenance.Offsets()
	return provenance, nil
}

// TestEverythingAtOnce runs all layers in their own goroutines, as a program
// does, and compares every answer with the reference at its offsets.
func TestEverythingAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	log := newGrowingLog(t, 3)
	p := New[simEvent](Config{Archive: archive.Dir(t.TempDir()), FlushInterval: time.Millisecond, SegmentRows: 400})
	lookouts := newLookouts(t, p, log)
	group, ctx := errgroup.WithContext(t.Context())
	live, end := context.WithCancel(ctx)
	group.Go(func() error { return p.Run(ctx, log) })
	group.Go(func() error {
		defer end()
		defer log.Close()
		r := rand.New(rand.NewPCG(3, 3))
		for range 40 {
			if err := log.produce(r, 100); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error { return repeat(live, p.Batch, p.Advance) })
	answers := 0
	group.Go(func() error {
		for i := 0; live.Err() == nil; i = (i + 1) % len(lookouts.views) {
			if _, err := lookouts.ask(ctx, i, Ever().AllowIncomplete()); err != nil {
				return err
			}
			answers++
		}
		return nil
	})
	require.NoError(t, group.Wait())
	require.Positive(t, answers)
	for i := range lookouts.views {
		provenance, err := lookouts.ask(t.Context(), i, Ever())
		require.NoError(t, err)
		require.EqualValues(t, 4000, provenance.Offsets())
		lag, known := provenance.Lag()
		require.True(t, known)
		require.Zero(t, lag)
	}
	audit, err := p.Audit(t.Context())
	require.NoError(t, err)
	require.Empty(t, audit.Differences)
	require.Positive(t, audit.States)
}

func repeat(ctx context.Context, jobs ...func(context.Context) error) error {
	for i := 0; ctx.Err() == nil; i++ {
		if err := jobs[i%len(jobs)](ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// TestRunCommitsWhatItHoldsWhenTheContextEnds: the next process goes on behind.
func TestRunCommitsWhatItHoldsWhenTheContextEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	log, store := newGrowingLog(t, 2), archive.Memory()
	require.NoError(t, log.produce(rand.New(rand.NewPCG(5, 5)), 500))
	view := simViews()[0]
	for life := range 3 {
		p := New[simEvent](Config{Archive: store, FlushInterval: time.Millisecond})
		query := view.register(t, p)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx, log) }()
		require.Eventually(t, func() bool {
			_, provenance, err := query(t.Context(), "", Ever().AllowIncomplete())
			require.NoError(t, err)
			return provenance.Offsets() == int64(500+100*life)
		}, time.Minute, time.Millisecond)
		cancel()
		require.NoError(t, <-done)
		rows, provenance, err := query(t.Context(), "", Ever())
		require.NoError(t, err)
		require.Equal(t, provenance.Offsets(), provenance.FromSealed(), "all of it is committed")
		require.Empty(t, difference(rows, view.naive(log.prefix(provenance), "")))
		require.NoError(t, log.produce(rand.New(rand.NewPCG(5, uint64(life))), 100))
	}
}

// TestASecondOwnerEndsTheFirst: whoever claims last owns the partitions, and the
// other's Run ends with an error that says so.
func TestASecondOwnerEndsTheFirst(t *testing.T) {
	defer goleak.VerifyNone(t)
	log, store := newGrowingLog(t, 1), archive.Memory()
	p := New[simEvent](Config{Archive: store, FlushInterval: time.Millisecond, SegmentRows: 10})
	query := simViews()[0].register(t, p)
	first := make(chan error)
	go func() { first <- p.Run(t.Context(), log) }()
	require.Eventually(t, func() bool {
		_, provenance, err := query(t.Context(), "", Ever().AllowIncomplete())
		return err == nil && provenance.Complete
	}, time.Minute, time.Millisecond, "the first has claimed the partition")

	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		second <- New[simEvent](Config{Archive: store, FlushInterval: time.Millisecond, SegmentRows: 10}).Run(ctx, log)
	}()
	require.Eventually(t, func() bool {
		chains, err := archive.New(store).Chains(t.Context())
		return err == nil && len(chains[0].Entries) >= 2
	}, time.Minute, time.Millisecond, "the second has claimed it too")
	require.NoError(t, log.produce(rand.New(rand.NewPCG(6, 6)), 200))
	require.ErrorIs(t, <-first, archive.ErrLost)
	cancel()
	require.NoError(t, <-second)
}

// TestALogThatEndsBeforeTheArchiveIsALoudStop: where it says where it ends, and
// where only opening it tells. In both cases nothing is claimed: the owner that
// can read the log goes on.
func TestALogThatEndsBeforeTheArchiveIsALoudStop(t *testing.T) {
	store := archive.Memory()
	owner := own(t, registered(t, store, nil).pipeline, viewLog(t, "log", 40), 0)
	owner.takeAndSeal(30)
	err := registered(t, store, nil).pipeline.Run(t.Context(), viewLog(t, "log", 20))
	require.ErrorIs(t, err, source.ErrOffset)
	require.ErrorContains(t, err, "partition 0 of the log ends at offset 20, and the archive has it up to 30")
	err = registered(t, store, nil).pipeline.Run(t.Context(), endless{viewLog(t, "log", 20)})
	require.ErrorIs(t, err, source.ErrOffset)
	require.ErrorContains(t, err, "goes on at offset 30")
	owner.takeAndSeal(40)
}

// sealsFirst is a log during whose opening something happens, once.
type sealsFirst struct {
	source.Source[simEvent]
	happens func()
}

func (s *sealsFirst) Open(ctx context.Context, partition int, offset int64) (source.Reader[simEvent], error) {
	if happens := s.happens; happens != nil {
		s.happens = nil
		happens()
	}
	return s.Source.Open(ctx, partition, offset)
}

// TestAnOwnerGoesOnWhereTheChainEndsAtItsClaim: that may be later than where it
// ended when the log was opened.
func TestAnOwnerGoesOnWhereTheChainEndsAtItsClaim(t *testing.T) {
	store, log := archive.Memory(), viewLog(t, "log", 40)
	before := own(t, registered(t, store, nil).pipeline, log, 0)
	h := registered(t, store, nil)
	require.NoError(t, h.pipeline.Run(t.Context(), &sealsFirst{log, func() { before.takeAndSeal(30) }}))
	require.EqualValues(t, 40, total(t, h, Ever()))
}

// TestALogThatSkipsIsALoudStop: a log that has lost what the archive lacks is a loud stop.
func TestALogThatSkipsIsALoudStop(t *testing.T) {
	log := newGrowingLog(t, 1)
	require.NoError(t, log.produce(rand.New(rand.NewPCG(7, 7)), 50))
	log.Close()
	err := New[simEvent](Config{Archive: archive.Memory()}).Run(t.Context(), skippingLog{log})
	require.ErrorIs(t, err, source.ErrOffset)
	require.ErrorContains(t, err, "partition 0")
}

// skippingLog gives chunks that don't begin where they should.
type skippingLog struct{ *growingLog }

func (s skippingLog) Open(ctx context.Context, partition int, offset int64) (source.Reader[simEvent], error) {
	return s.growingLog.Open(ctx, partition, offset+1)
}

// archiveIDOf declares the log in a pipeline's archive, as Run does.
func archiveIDOf(t *testing.T, p *Pipeline[simEvent], log source.Source[simEvent]) string {
	_, err := p.declare(t.Context(), log)
	require.NoError(t, err)
	id, err := p.archiveID(t.Context())
	require.NoError(t, err)
	return id
}

// TestAnOwnerBehindWhatWasShownReadsOn: its segment is long due, and it may not
// commit it before it has reached what readers have seen; meanwhile it reads on.
func TestAnOwnerBehindWhatWasShownReadsOn(t *testing.T) {
	log := newGrowingLog(t, 1)
	require.NoError(t, log.produce(rand.New(rand.NewPCG(8, 8)), 300))
	log.Close()
	view, deltas := simViews()[0], delta.Memory()
	p := New[simEvent](Config{Archive: archive.Memory(), Deltas: deltas, SegmentInterval: time.Nanosecond})
	query := view.register(t, p)
	shown := delta.Copy{View: p.views[0].deltas(archiveIDOf(t, p, log)), From: 0, Term: 0, Nonce: "a predecessor's"}
	require.NoError(t, deltas.Flush(t.Context(), shown, delta.Flush{Number: 1, Replaces: 1, Through: 290}))
	require.NoError(t, deltas.Swap(t.Context(), shown))

	require.NoError(t, p.Run(t.Context(), log))
	rows, provenance, err := query(t.Context(), "", Ever())
	require.NoError(t, err)
	require.EqualValues(t, 300, provenance.FromSealed())
	require.Empty(t, difference(rows, view.naive(log.prefix(provenance), "")))
}
