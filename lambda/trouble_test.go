package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// viewLog is a closed log of so many events of the kind "view", a minute apart.
func viewLog(t *testing.T, identity string, n int) *source.Memory[simEvent] {
	log, err := source.NewMemory[simEvent](identity, 1, source.MemoryOptions[simEvent]{ChunkRows: 10})
	require.NoError(t, err)
	for i := range n {
		_, err := log.Append(0, simEvent{At: simStart.Add(time.Duration(i) * time.Minute), Kind: "view", User: int64(i)})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	return log
}

// total runs a query for the sum of a count view's rows.
func total(t *testing.T, h *Handle[simEvent, string, int64], r Range) (n int64) {
	answer, err := h.Query(t.Context(), r)
	require.NoError(t, err)
	for row := range answer.Rows() {
		n += row.Value
	}
	return n
}

// archived runs a log of n events into a store.
func archived(t *testing.T, config Config, n int) *Handle[simEvent, string, int64] {
	p := New[simEvent](config)
	h, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	require.NoError(t, p.Run(t.Context(), viewLog(t, "log", n)))
	return h
}

// blockedDeltas is a delta store that never answers.
type blockedDeltas struct{ delta.Store }

func (blockedDeltas) wait(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func (b blockedDeltas) Raise(ctx context.Context, _ string, _ int, _ int64) (*delta.Shown, error) {
	return nil, b.wait(ctx)
}
func (b blockedDeltas) Drop(ctx context.Context, _ delta.Copy) error { return b.wait(ctx) }
func (b blockedDeltas) Read(ctx context.Context, _ string, _ int) (*delta.Open, error) {
	return nil, b.wait(ctx)
}

// TestADeltaStoreThatBlocksCostsFreshnessOnly: archiving goes on, and queries
// answer from the archive.
func TestADeltaStoreThatBlocksCostsFreshnessOnly(t *testing.T) {
	h := archived(t, Config{Archive: archive.Memory(), Deltas: blockedDeltas{}}, 100)
	require.EqualValues(t, 100, total(t, h, Ever()))
}

// braggart says that more was shown than the log will ever have.
type braggart struct{ delta.Store }

func (b braggart) Raise(ctx context.Context, view string, p int, term int64) (*delta.Shown, error) {
	if _, err := b.Store.Raise(ctx, view, p, term); err != nil {
		return nil, err
	}
	return &delta.Shown{Copy: delta.Copy{View: view, Partition: p}, Through: 1 << 60}, nil
}

func TestADeltaStoreThatBoastsDoesNotStopArchiving(t *testing.T) {
	h := archived(t, Config{Archive: archive.Memory(), Deltas: braggart{delta.Memory()}, SegmentRows: 10, FlushInterval: 1}, 100)
	answer, err := h.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.EqualValues(t, 100, answer.Provenance().FromSealed())
}

// garbled has an open delta whose states can't be read.
type garbled struct{ delta.Store }

func (garbled) Read(_ context.Context, view string, p int) (*delta.Open, error) {
	return &delta.Open{Copy: delta.Copy{View: view, Partition: p, From: 100}, Low: 110, High: 110,
		Batches: [][]delta.State{{{Key: []byte{7}, State: []byte("garbage")}}}}, nil
}

func TestUnreadableOpenStatesCostFreshnessOnly(t *testing.T) {
	store := archive.Memory()
	archived(t, Config{Archive: store}, 100)
	h, err := Register(New[simEvent](Config{Archive: store, Deltas: garbled{}}), countView("vista", nil))
	require.NoError(t, err)
	require.EqualValues(t, 100, total(t, h, Ever()))
}

// TestHostileBases: a base comes from an object that anybody may have written.
func TestHostileBases(t *testing.T) {
	for name, spoil := range map[string]func(*base){
		"a negative sequence": func(b *base) { b.Cut[0].Sequence = -1 },
		"a part twice":        func(b *base) { b.Parts = append(b.Parts, b.Parts[0]) },
		"a cut twice":         func(b *base) { b.Cut = append(b.Cut, b.Cut[0]) },
		"a cut too far":       func(b *base) { b.Cut[0].Through++ },
		"other states":        func(b *base) { b.Parts[0].File.Rows++ },
		"a later sequence":    func(b *base) { b.Cut[0].Sequence = 1 << 40 },
	} {
		t.Run(name, func(t *testing.T) {
			store := archive.Memory()
			h := archived(t, Config{Archive: store}, 10)
			p := h.pipeline
			require.NoError(t, p.Batch(t.Context()))
			n, b, err := p.latestBase(t.Context(), h.reg)
			require.NoError(t, err)
			spoil(b)
			require.NoError(t, archive.Publish(t.Context(), store, h.reg.bases(), n+1, archive.NewNonce(), b))
			_, err = h.Query(t.Context(), Ever())
			require.Error(t, err)
			require.True(t, errors.Is(err, archive.ErrCorrupt) || errors.Is(err, archive.ErrTiling), "%v", err)
		})
	}
}

// brokenLog is a log whose connection breaks.
type brokenLog struct{ *source.Memory[simEvent] }

func (brokenLog) Open(context.Context, int, int64) (source.Reader[simEvent], error) {
	return brokenReader{}, nil
}

type brokenReader struct{}

func (brokenReader) Close() error { return nil }
func (brokenReader) Next(context.Context) (*source.Chunk[simEvent], error) {
	return nil, fmt.Errorf("connection reset: %w", io.EOF)
}

func TestABrokenConnectionIsNotTheLogsEnd(t *testing.T) {
	err := New[simEvent](Config{Archive: archive.Memory()}).Run(t.Context(), brokenLog{viewLog(t, "log", 1)})
	require.ErrorContains(t, err, "connection reset")
}

// TestRangesFarAway: microseconds overflow far from 1970, and answers must not.
func TestRangesFarAway(t *testing.T) {
	h := archived(t, Config{Archive: archive.Memory()}, 50)
	for name, r := range map[string]Range{
		"from the zero time":   Between(time.Time{}, time.Unix(1<<62, 0)),
		"from before all time": Between(time.Unix(-1<<62, 0), time.Unix(1<<62, 0)),
		"the longest last":     Last(math.MaxInt64),
	} {
		for _, step := range []window.Spec{window.Tumbling(time.Hour), window.Month(time.UTC), window.Year(time.UTC), window.Global()} {
			require.EqualValues(t, 50, total(t, h, r.By(step)), "%s by %s", name, step)
		}
	}
}

// TestGroupsSpread: keys whose bits are alike, or chosen, don't crowd the table.
func TestGroupsSpread(t *testing.T) {
	const n = 20_000
	for shift := range 64 {
		g := newGroups(newKeySpace([]keyType{{Kind: source.Int}}, 1))
		for i := range n {
			g.parsed[0], g.parsed[1] = 0, uint64(i)<<shift
			g.one()
		}
		require.Less(t, longestRun(g.slots), 400, "integers shifted by %d", shift)
	}
	floats := newGroups(newKeySpace([]keyType{{Kind: source.Float}}, 1))
	for i := range n {
		floats.parsed[0], floats.parsed[1] = 0, math.Float64bits(float64(i))
		floats.one()
	}
	require.Less(t, longestRun(floats.slots), 400, "floats that are whole numbers")
}

// longestRun is the longest run of slots that are taken: what a look-up may have
// to walk.
func longestRun(slots []uint32) (longest int) {
	run := 0
	for _, slot := range slots {
		run++
		if slot == 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// spiteful is an aggregate of the caller's whose code panics.
type spiteful struct{ in string }

func (spiteful) Codec() string                     { return "spiteful/1" }
func (spiteful) Zero() int64                       { return 0 }
func (spiteful) Add(s int64, _ *simEvent) int64    { return s + 1 }
func (spiteful) Result(s int64) int64              { return s }
func (spiteful) DecodeState([]byte) (int64, error) { return 1, nil }

func (p spiteful) Merge(a, b int64) int64 {
	if p.in == "merge" {
		panic("spite")
	}
	return a + b
}

func (p spiteful) AppendState(dst []byte, s int64) []byte {
	if p.in == "append" {
		panic("spite")
	}
	return append(dst, byte(s))
}

// TestAPanicInAnAggregateStopsItsViewAlone: in its merging and its encoding, too,
// which aren't about one event.
func TestAPanicInAnAggregateStopsItsViewAlone(t *testing.T) {
	for _, in := range []string{"merge", "append"} {
		t.Run(in, func(t *testing.T) {
			p := New[simEvent](Config{Archive: archive.Memory(), FlushInterval: 1})
			good, err := Register(p, countView("buena", nil))
			require.NoError(t, err)
			bad, err := Register(p, countView("mala", func(v *View[simEvent, string, int64]) {
				v.Version, v.Aggregate = 1, aggregate.Of[simEvent, int64, int64](spiteful{in})
			}))
			require.NoError(t, err)
			require.NoError(t, p.Run(t.Context(), viewLog(t, "log", 100)))
			require.ErrorIs(t, bad.Err(), ErrStopped)
			require.ErrorContains(t, bad.Err(), "spite")
			require.NoError(t, good.Err())
			require.EqualValues(t, 100, total(t, good, Ever()))
		})
	}
}

// TestAClosureSeesOnlySelectedRows: here a key that would panic on others.
func TestAClosureSeesOnlySelectedRows(t *testing.T) {
	log, err := source.NewMemory[simEvent]("log", 1, source.MemoryOptions[simEvent]{})
	require.NoError(t, err)
	place := "norte"
	_, err = log.Append(0, simEvent{At: simStart}, simEvent{At: simStart, Kind: "purchase", Place: &place})
	require.NoError(t, err)
	require.NoError(t, log.Close())
	p := New[simEvent](Config{Archive: archive.Memory()})
	h, err := Register(p, countView("vista", func(v *View[simEvent, string, int64]) {
		v.Version, v.Where = 1, source.Equal(simKind, "purchase")
		v.Key = ByFunc(func(e *simEvent) string { return *e.Place })
	}))
	require.NoError(t, err)
	require.NoError(t, p.Run(t.Context(), log))
	require.NoError(t, h.Err())
	require.EqualValues(t, 1, total(t, h, Ever()))
}
