package lambda

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type pubEvent struct {
	At       time.Time `anabranch:"at"`
	Category *string   `anabranch:"category"`
	Cents    int64     `anabranch:"cents"`
}

var (
	pubAt       = source.FieldOf(func(e *pubEvent) *time.Time { return &e.At })
	pubCategory = source.OptionalOf(func(e *pubEvent) **string { return &e.Category })
	pubCents    = source.FieldOf(func(e *pubEvent) *int64 { return &e.Cents })
)

func pubView() View[pubEvent, string, int64] {
	return View[pubEvent, string, int64]{
		Name: "ventas", Time: pubAt, Key: By(pubCategory), Window: window.Tumbling(time.Minute),
		Aggregate: aggregate.Sum(pubCents), Lateness: window.Lateness{Bound: 20 * time.Second},
	}
}

var pubStart = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

// sale is an event so long after pubStart. An empty category is a null.
func pubSale(after time.Duration, category string, cents int64) pubEvent {
	e := pubEvent{At: pubStart.Add(after), Category: &category, Cents: cents}
	if category == "" {
		e.Category = nil
	}
	return e
}

// inBubble runs a test in a bubble of its own time. The compressors of Parquet
// files hold channels and are pooled, and a channel of one bubble mustn't be
// used outside of it: so the pools are emptied, which takes two collections.
func inBubble(t *testing.T, test func(t *testing.T)) {
	defer func() {
		runtime.GC()
		runtime.GC()
	}()
	synctest.Test(t, test)
}

// pubRun is a pipeline with all that runs in it, in a bubble of its own time.
type pubRun struct {
	t        require.TestingT
	log      *source.Memory[pubEvent]
	pipeline *Pipeline[pubEvent]
	handle   *Handle[pubEvent, string, int64]
	ctx      context.Context
	cancel   context.CancelFunc
	ran      chan error
	ended    chan error

	mu   sync.Mutex
	seen []Observation
}

func newPubRun(t require.TestingT, partitions int) *pubRun {
	r := &pubRun{t: t, ran: make(chan error, 1), ended: make(chan error, 1)}
	var err error
	r.log, err = source.NewMemory[pubEvent]("publish", partitions, source.MemoryOptions[pubEvent]{})
	require.NoError(t, err)
	r.pipeline = New[pubEvent](Config{Archive: archive.Memory(), SegmentRows: 20, SegmentInterval: 5 * time.Second, Workers: 1, Observer: r})
	r.handle, err = Register(r.pipeline, pubView())
	require.NoError(t, err)
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Observe keeps what publishers are observed to do.
func (r *pubRun) Observe(ob Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ob.Kind == Published || ob.Kind == PublishFailed {
		r.seen = append(r.seen, ob)
	}
}

// observed gives what was observed since it was called last.
func (r *pubRun) observed() []Observation {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

func (r *pubRun) start() { go func() { r.ran <- r.pipeline.Run(context.Background(), r.log) }() }

func (r *pubRun) publish(to sink.Sink[string, int64], options PublishOptions) {
	go func() { r.ended <- Publish(r.ctx, r.handle, to, options) }()
}

// stop ends the log, then the publisher.
func (r *pubRun) stop() {
	r.log.Close()
	require.NoError(r.t, <-r.ran)
	r.cancel()
	require.NoError(r.t, <-r.ended)
}

func (r *pubRun) append(events ...pubEvent) {
	_, err := r.log.Append(0, events...)
	require.NoError(r.t, err)
}

// pass lets so much time go by, and all that is due then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// strictSink is a sink that fails by chance, and checks what it's told.
type strictSink struct {
	*sink.Memory[string, int64]
	r        *rand.Rand
	failures atomic.Int64 // of ten
	known    map[pubID]sink.Row[string, int64]
	last     int64
	problems []string
}

type pubID struct {
	window time.Time
	key    string
}

func (s *strictSink) Write(ctx context.Context, rows []sink.Row[string, int64]) error {
	for _, row := range rows {
		id := pubID{row.Window.Start, row.Key}
		before, ok := s.known[id]
		switch {
		case ok && before.Value == row.Value && before.Final == row.Final:
			s.problems = append(s.problems, "a row that hasn't changed is written again")
		case ok && before.Final && !row.Final:
			s.problems = append(s.problems, "a final row isn't final any more")
		case ok && before.Value != row.Value && before.Version == row.Version:
			s.problems = append(s.problems, "a value has changed under a version")
		case row.Version < s.last:
			s.problems = append(s.problems, "a version fell")
		}
		s.last = row.Version
		delete(s.known, id)
	}
	if s.r.Int64N(10) < s.failures.Load() {
		partly := s.r.IntN(len(rows) + 1)
		return errors.Join(errWrite, s.Memory.Write(ctx, rows[:partly]))
	}
	if err := s.Memory.Write(ctx, rows); err != nil {
		return err // the context has ended: they're due again
	}
	for _, row := range rows {
		s.known[pubID{row.Window.Start, row.Key}] = row
	}
	return nil
}

// TestPublishPipeline publishes what a pipeline makes of a random log, with
// batch runs in between, to a sink that fails by chance: in the end the sink
// holds the view's last answer.
func TestPublishPipeline(t *testing.T) {
	// A bubble's test has no Deadline, which rapid would ask for.
	inBubble(t, func(t *testing.T) { rapid.Check(struct{ testing.TB }{t}, publishPipeline) })
}

func publishPipeline(t *rapid.T) {
	partitions := rapid.IntRange(1, 3).Draw(t, "partitions")
	r := newPubRun(t, partitions)
	to := &strictSink{Memory: sink.NewMemory[string, int64](), known: map[pubID]sink.Row[string, int64]{},
		r: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))}
	to.failures.Store(rapid.Int64Range(0, 6).Draw(t, "failures"))
	r.publish(to, PublishOptions{BatchRows: rapid.IntRange(1, 5).Draw(t, "batch")})
	r.start()
	ctx := context.Background()
	for step := range rapid.IntRange(1, 25).Draw(t, "steps") {
		switch rapid.IntRange(0, 6).Draw(t, "step") {
		case 0:
			require.NoError(t, r.pipeline.Batch(ctx))
		case 1, 2:
			pass(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
		default:
			for range rapid.IntRange(1, 8).Draw(t, "events") {
				// Time goes on with the steps, with late events among them.
				after := time.Duration(step)*20*time.Second + time.Duration(rapid.IntRange(-100, 30).Draw(t, "late"))*time.Second
				category := rapid.SampledFrom([]string{"", "libros", "hogar"}).Draw(t, "category")
				_, err := r.log.Append(rapid.IntRange(0, partitions-1).Draw(t, "partition"), pubSale(after, category, int64(rapid.IntRange(-3, 3).Draw(t, "cents"))))
				require.NoError(t, err)
			}
		}
	}
	r.log.Close()
	require.NoError(t, <-r.ran)
	to.failures.Store(0)
	r.cancel()
	require.NoError(t, <-r.ended)
	require.Empty(t, to.problems)
	requirePublished(t, r.handle, to.Memory)
}

// requirePublished checks that a sink holds a view's answer.
func requirePublished(t require.TestingT, h *Handle[pubEvent, string, int64], held *sink.Memory[string, int64]) {
	answer, err := h.Query(context.Background(), Ever())
	require.NoError(t, err)
	rows := map[pubID]sink.Row[string, int64]{}
	for _, row := range held.Rows() {
		rows[pubID{row.Window.Start, row.Key}] = row
	}
	require.Len(t, rows, answer.Len())
	p := answer.Provenance()
	for row := range answer.Rows() {
		got := rows[pubID{row.Window.Start, row.Key}]
		require.Equal(t, row.Value, got.Value)
		require.Equal(t, row.Window, got.Window)
		require.Equal(t, "ventas", got.View)
		require.LessOrEqual(t, got.Version, p.Offsets())
		require.Equal(t, !p.Watermark.IsZero() && !row.Window.End.After(p.Watermark), got.Final)
	}
}

// diary is a sink that keeps what it was given, or fails.
type diary struct {
	mu   sync.Mutex
	rows []sink.Row[string, int64]
	err  error
}

func (d *diary) Write(_ context.Context, rows []sink.Row[string, int64]) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.rows = append(d.rows, rows...)
	}
	return d.err
}

// written gives what was written since it was called last.
func (d *diary) written() []sink.Row[string, int64] {
	d.mu.Lock()
	defer d.mu.Unlock()
	rows := d.rows
	d.rows = nil
	return rows
}

func (d *diary) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// TestPublishTurns follows a publisher from turn to turn.
func TestPublishTurns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newPubRun(t, 1)
		to := &diary{}
		r.publish(to, PublishOptions{Interval: 10 * time.Second})
		turn := func() []sink.Row[string, int64] {
			pass(10 * time.Second)
			return to.written()
		}
		first := pubView().Window.At(pubStart)
		row := func(value, version int64, timing sink.Timing, previous ...int64) sink.Row[string, int64] {
			row := sink.Row[string, int64]{View: "ventas", Window: first, Key: "libros", Value: value, Version: version, Timing: timing, Final: timing > sink.Early}
			if len(previous) > 0 {
				row.Previous = &previous[0]
			}
			return row
		}
		synctest.Wait()
		seen := r.observed()
		require.Len(t, seen, 1)
		require.Equal(t, PublishFailed, seen[0].Kind)
		require.ErrorIs(t, seen[0].Err, ErrIncomplete, "nobody has run yet")
		require.Empty(t, to.written())

		r.start()
		r.append(pubSale(time.Second, "libros", 100), pubSale(2*time.Second, "libros", 50))
		require.Equal(t, []sink.Row[string, int64]{row(150, 2, sink.Early)}, turn())
		seen = r.observed()
		require.Len(t, seen, 1)
		require.Equal(t, Published, seen[0].Kind)
		require.Equal(t, "ventas", seen[0].View)
		require.EqualValues(t, 1, seen[0].Rows)
		require.Empty(t, turn(), "nothing has changed")
		require.Empty(t, r.observed())

		r.append(pubSale(3*time.Second, "libros", 0))
		require.Empty(t, turn(), "the sum is the same")
		to.fail(errWrite)
		r.append(pubSale(4*time.Second, "libros", 1))
		require.Empty(t, turn())
		seen = r.observed()
		require.Len(t, seen, 1)
		require.Equal(t, PublishFailed, seen[0].Kind)
		require.ErrorIs(t, seen[0].Err, errWrite)
		r.append(pubSale(5*time.Second, "libros", -1)) // and back again
		to.fail(nil)
		require.Equal(t, []sink.Row[string, int64]{row(150, 5, sink.Early, 150)}, turn(), "the Write that failed may have written the other value")

		r.append(pubSale(70*time.Second, "hogar", 7), pubSale(81*time.Second, "hogar", 7))
		ended := turn()
		require.Len(t, ended, 2)
		require.Equal(t, row(150, 7, sink.OnTime, 150), ended[0], "the window has ended")
		require.False(t, ended[1].Final)
		r.append(pubSale(6*time.Second, "libros", 3))
		require.Equal(t, []sink.Row[string, int64]{row(153, 8, sink.Late, 150)}, turn(), "a revision")
		require.NoError(t, r.pipeline.Batch(t.Context()))
		require.Empty(t, turn(), "a batch run changes nothing")

		r.append(pubSale(82*time.Second, "hogar", 7))
		r.stop()
		last := to.written()
		require.Len(t, last, 1)
		require.Equal(t, int64(21), last[0].Value, "the last turn's")
		require.Equal(t, int64(9), last[0].Version)
	})
}

// TestPublishStartsAnew: a publisher writes everything once, whatever the sink
// holds.
func TestPublishStartsAnew(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newPubRun(t, 1)
		r.append(pubSale(0, "libros", 1), pubSale(time.Hour, "hogar", 2))
		r.log.Close()
		require.NoError(t, r.pipeline.Run(t.Context(), r.log))
		memory := sink.NewMemory[string, int64]()
		for range 2 {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.NoError(t, Publish(ctx, r.handle, memory, PublishOptions{}), "a context that has ended leaves the last turn")
			seen := r.observed()
			require.Len(t, seen, 1)
			require.EqualValues(t, 2, seen[0].Rows)
			requirePublished(t, r.handle, memory)
		}
	})
}

// TestPublishForgetsWhatLeftTheRange: rows outside of the range are no longer
// looked at, and stay in the sink.
func TestPublishForgetsWhatLeftTheRange(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newPubRun(t, 1)
		memory := sink.NewMemory[string, int64]()
		r.publish(memory, PublishOptions{Range: Last(3 * time.Minute).By(window.Tumbling(2 * time.Minute))})
		r.start()
		ago := func(d time.Duration, cents int64) pubEvent { return pubEvent{At: time.Now().Add(-d), Cents: cents} }
		r.append(ago(time.Second, 1))
		pass(2 * time.Second)
		require.Len(t, memory.Rows(), 1)
		require.Equal(t, 2*time.Minute, memory.Rows()[0].Window.End.Sub(memory.Rows()[0].Window.Start))
		pass(time.Hour)
		r.append(ago(time.Hour, 5), ago(time.Second, 2))
		pass(2 * time.Second)
		rows := memory.Rows()
		require.Len(t, rows, 2)
		require.EqualValues(t, 1, rows[0].Value)
		require.EqualValues(t, 2, rows[1].Value)
		r.stop()
	})
}

// TestPublishEndsBesideASinkThatHangs: a Write that waits for its context ends
// with it, and the last one with its time.
func TestPublishEndsBesideASinkThatHangs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newPubRun(t, 1)
		r.append(pubSale(0, "libros", 1))
		r.start()
		pass(time.Second)
		var calls atomic.Int64
		r.publish(sink.Func[string, int64](func(ctx context.Context, _ []sink.Row[string, int64]) error {
			calls.Add(1)
			<-ctx.Done()
			return ctx.Err()
		}), PublishOptions{})
		pass(time.Hour)
		require.EqualValues(t, 1, calls.Load())
		before := time.Now()
		r.stop()
		require.EqualValues(t, 2, calls.Load())
		require.Equal(t, closeTimeout, time.Since(before))
		seen := r.observed()
		require.Len(t, seen, 1, "that the first ended with the context is no failure")
		require.ErrorIs(t, seen[0].Err, context.DeadlineExceeded)
	})
}

// TestPublishReturnsWhatNoTurnEnds: some errors are for good.
func TestPublishReturnsWhatNoTurnEnds(t *testing.T) {
	r := newPubRun(t, 1)
	memory := sink.NewMemory[string, int64]()
	require.ErrorIs(t, Publish(t.Context(), r.handle, nil, PublishOptions{}), ErrConfig)
	require.ErrorIs(t, Publish[pubEvent, string, int64](t.Context(), nil, memory, PublishOptions{}), ErrConfig)
	err := Publish(t.Context(), r.handle, memory, PublishOptions{Range: Ever().By(window.Tumbling(time.Second))})
	require.ErrorIs(t, err, ErrRange)
	require.True(t, strings.HasPrefix(err.Error(), "cannot publish: "))
	r.handle.reg.stop(&stoppedError{view: "ventas", offset: -1})
	require.ErrorIs(t, Publish(t.Context(), r.handle, memory, PublishOptions{}), ErrStopped)
	require.Len(t, r.observed(), 2, "these of the turns are observed as well")
}

// TestPublishIncomplete: what's incomplete is published where the range allows
// it.
func TestPublishIncomplete(t *testing.T) {
	r := newPubRun(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	memory := sink.NewMemory[string, int64]()
	require.NoError(t, Publish(ctx, r.handle, memory, PublishOptions{Range: Ever().AllowIncomplete()}))
	require.Empty(t, r.observed(), "an empty answer, since nobody has run")
	require.NoError(t, Publish(ctx, r.handle, memory, PublishOptions{}))
	require.ErrorIs(t, r.observed()[0].Err, ErrIncomplete)
}

// TestPublishNegativeLateness is none: a row isn't final before it's on time.
func TestPublishNegativeLateness(t *testing.T) {
	h, err := Register(New[pubEvent](Config{Archive: archive.Memory()}), pubView())
	require.NoError(t, err)
	p := newPublisher(h, sink.NewMemory[string, int64](), PublishOptions{Lateness: -time.Hour})
	row := Row[string, int64]{Window: window.Tumbling(time.Minute).At(pubStart)}
	timing, final := p.timing(&writtenRow[string, int64]{}, &row, pubStart.Add(30*time.Second))
	require.Equal(t, sink.Early, timing)
	require.False(t, final)
}
