package lambda

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// quadDelta begins an open delta of a view whose keys have nulls, integers, texts and
// floats, and gives an empty table of the same view.
func quadDelta(t require.TestingT, windows window.Spec) (*openDelta[simEvent], *table[simEvent]) {
	h, err := Register(New[simEvent](Config{Archive: archive.Memory()}), View[simEvent, simQuad, [2]int64]{
		Name: "cuartetos", Time: simAt, Window: windows,
		Key: By4(source.Nullable(simPlace), simUser, simKind, simWeight, func(k *simQuad) (*source.Null[string], *int64, *string, *float64) {
			return &k.Place, &k.User, &k.Kind, &k.Weight
		}),
		Aggregate: aggregate.Join2(aggregate.Sum(simCents), aggregate.Count[simEvent](), func(sum, n int64) [2]int64 { return [2]int64{sum, n} }),
	})
	require.NoError(t, err)
	d, err := newOpenDelta(h.reg, Config{Deltas: delta.Memory(), Observer: quiet{}}, "", 0, 1, 0)
	require.NoError(t, err)
	plan, err := h.reg.bind()
	require.NoError(t, err)
	return d, plan.newTable()
}

// quadEvents makes events within some time.
func quadEvents(r *rand.Rand, n int, from time.Time, span time.Duration) []simEvent {
	texts := []string{"", "a", "a\x00", "a\x00b", "ab", "sur", "señal", "un texto largo, y más largo", "un texto largo, y menos largo"}
	events := make([]simEvent, n)
	for i := range events {
		e := simEvent{At: from.Add(time.Duration(r.Int64N(int64(span)))), Kind: pick(r, texts...), User: int64(r.IntN(5)) - 2,
			Cents: int64(r.IntN(1000)) - 500, Weight: pick(r, -1.5, 0, 2, 1e300)}
		if r.IntN(3) > 0 {
			place := pick(r, texts...)
			e.Place = &place
		}
		events[i] = e
	}
	return events
}

// TestRunsHoldWhatOneTableWould: however a delta is flushed, and whatever its windows,
// its flushes and its seal have the states of all its events, the seal in order.
func TestRunsHoldWhatOneTableWould(t *testing.T) {
	schema, err := source.SchemaOf[simEvent]()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SampledFrom([]window.Spec{window.Tumbling(time.Minute), window.Tumbling(5 * time.Minute), window.Hour(time.UTC),
			window.Sliding(time.Hour, 5*time.Minute), window.Session(5 * time.Minute), window.Global()}).Draw(t, "windows")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		d, all := quadDelta(t, windows)
		builder, offset := source.NewBuilder[simEvent](schema, nil), int64(0)
		for range rapid.IntRange(1, 12).Draw(t, "chunks") {
			start, span := time.Unix(int64(r.IntN(20_000))-10_000, 0), time.Second<<r.IntN(16)
			from := offset
			for _, e := range quadEvents(r, 1+r.IntN(60), start, span) {
				builder.Append(&e, offset, nil)
				offset++
			}
			c := builder.Chunk(0, from, offset)
			_, err := d.fold(c)
			require.NoError(t, err)
			_, err = all.fold(c)
			require.NoError(t, err)
			builder.Reset()
			if r.IntN(4) == 0 {
				d.plan.space = nil // as if it were worn: later tables have texts of their own
			}
			if r.IntN(2) == 0 {
				d.build()
			}
		}
		want := all.encode()
		slices.SortFunc(want, compareStates)

		shown := all.plan.newTable()
		if d.build(); len(d.runs) > 1 {
			require.Greater(t, d.firsts[1], d.firsts[0])
		}
		for _, run := range d.runs {
			require.NoError(t, shown.mergeStates(run.encode()))
		}
		require.Equal(t, want, shown.encodeSorted())
		require.Equal(t, want, d.sealed())
		require.Zero(t, d.states())
	})
}

// TestRunsOfManyWindows: the tables of a delta are few, however many windows it has.
func TestRunsOfManyWindows(t *testing.T) {
	schema, err := source.SchemaOf[simEvent]()
	require.NoError(t, err)
	d, all := quadDelta(t, window.Tumbling(time.Second))
	builder := source.NewBuilder[simEvent](schema, nil)
	for i := range int64(3 * maxTables) {
		e := simEvent{At: time.Unix((i*7919)%(3*maxTables)-maxTables, 0), Kind: fmt.Sprint(i % 7), Cents: i}
		builder.Append(&e, i, nil)
		c := builder.Chunk(0, i, i+1)
		_, err := d.fold(c)
		require.NoError(t, err)
		_, err = all.fold(c)
		require.NoError(t, err)
		builder.Reset()
		if i%600 == 599 {
			d.build()
		}
	}
	d.build()
	for _, run := range d.runs {
		require.LessOrEqual(t, len(run.open), maxTables)
		require.Zero(t, run.width&(run.width-1), "a power of two, as all widths are")
	}
	want := all.encode()
	slices.SortFunc(want, compareStates)
	whole := d.whole()
	require.LessOrEqual(t, len(whole.open), maxTables)
	require.Equal(t, want, whole.encodeSorted())
}
