package lambda

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/reference"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// tripleView sums by three fields, in windows of a kind.
func tripleView(name string) View[simEvent, simTriple, int64] {
	return View[simEvent, simTriple, int64]{
		Name: name, Time: simAt, Window: simWindows[name].spec, Aggregate: aggregate.Sum(simCents),
		Key: By3(simKind, simPlace, source.Nullable(simUser), func(k *simTriple) (*string, *string, *source.Null[int64]) {
			return &k.Kind, &k.Place, &k.User
		}),
	}
}

func tripleOf(e simEvent) simTriple {
	k := simTriple{Kind: e.Kind, User: source.Some(e.User)}
	if e.Place != nil {
		k.Place = *e.Place
	}
	return k
}

// queried is a view over events that lie in a base, in sealed and in open deltas.
func queried[K, R any](t *testing.T, v View[simEvent, K, R], events []simEvent) *Handle[simEvent, K, R] {
	p := New[simEvent](Config{Archive: archive.Memory(), SegmentRows: 50, FlushInterval: time.Millisecond})
	h, err := Register(p, v)
	require.NoError(t, err)
	log, err := source.NewMemory[simEvent]("queried", 1, source.MemoryOptions[simEvent]{ChunkRows: 20})
	require.NoError(t, err)
	half := len(events) / 2
	_, err = log.Append(0, events[:half]...)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- p.Run(ctx, log) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ran)
	})
	reach(t, h, int64(half))
	require.NoError(t, p.Batch(t.Context()))
	_, err = log.Append(0, events[half:]...)
	require.NoError(t, err)
	reach(t, h, int64(len(events)))
	return h
}

func reach[K, R any](t *testing.T, h *Handle[simEvent, K, R], offsets int64) {
	require.Eventually(t, func() bool {
		answer, err := h.Query(t.Context(), Ever().AllowIncomplete())
		return err == nil && answer.Provenance().Offsets() == offsets
	}, time.Minute, time.Millisecond)
}

// TestSelectAgainstReference compares random selections with a fold over the
// events that they mean.
func TestSelectAgainstReference(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var events []simEvent
	for len(events) < 300 {
		if e, ok := randomEvent(r); ok {
			events = append(events, e)
		}
	}
	for _, name := range []string{"5m", "slide", "visit", "all"} {
		h := queried(t, tripleView(name), events)
		for range 60 {
			checkSelection(t, r, h, name, events)
		}
	}
}

// checkSelection draws one selection and asks for it.
func checkSelection(t *testing.T, r *rand.Rand, h *Handle[simEvent, simTriple, int64], name string, events []simEvent) {
	var s Selection[simTriple, int64]
	wants := func(simTriple) bool { return true }
	if r.IntN(2) == 0 {
		s.Fields = r.IntN(4)
		for range 1 + r.IntN(3) {
			s.Keys = append(s.Keys, tripleOf(pick(r, events...)))
		}
		wants = func(k simTriple) bool {
			return slices.ContainsFunc(s.Keys, func(want simTriple) bool {
				return want.Kind == k.Kind && (s.Fields == 1 || want.Place == k.Place && (s.Fields == 2 || want.User == k.User))
			})
		}
	}
	if r.IntN(2) == 0 {
		s.Where = func(k simTriple) bool { return k.User.V%2 == 0 }
	}
	own := simWindows[name]
	shown, rng, step := own, Ever(), ""
	if name != "all" && r.IntN(2) == 0 || name == "visit" {
		step = pick(r, map[string][]string{"5m": {"hour", "slide", "all"}, "slide": {"all", "moved"}, "visit": {"day", "hour", "all"}}[name]...)
		if own.spec.RollsUpTo(simWindows[step].spec) == nil {
			shown, rng = simWindows[step], rng.By(simWindows[step].spec)
		}
	}
	project := func(k simTriple) simTriple { return k }
	switch r.IntN(3) {
	case 0:
		s.By = func(k *simTriple) []any { return []any{&k.Place, &k.Kind} }
		project = func(k simTriple) simTriple { return simTriple{Kind: k.Kind, Place: k.Place} }
	case 1:
		s.By = func(*simTriple) []any { return nil }
		project = func(simTriple) simTriple { return simTriple{} }
	}
	if r.IntN(2) == 0 {
		s.Order = func(a, b int64) int { return cmp.Compare(b, a) }
		s.Top = r.IntN(4)
	}

	var chosen []simEvent
	for _, e := range events {
		if k := tripleOf(e); wants(k) && (s.Where == nil || s.Where(k)) {
			chosen = append(chosen, e)
		}
	}
	sum := func(es []simEvent) string {
		return fmt.Sprint(reference.Sum(es, func(e simEvent) int64 { return e.Cents }))
	}
	want := projected(chosen, own, shown, project, sum)

	answer, err := h.Select(t.Context(), rng, s)
	require.NoError(t, err)
	got := map[simRow]string{}
	for row := range answer.Rows() {
		at := simRow{key: fmt.Sprint(row.Key)}
		if !row.Window.Start.IsZero() {
			at.start, at.end = row.Window.Start.UnixMicro(), row.Window.End.UnixMicro()
		}
		got[at] = fmt.Sprint(row.Value)
	}
	require.Len(t, got, answer.Len(), "a row twice")
	about := fmt.Sprintf("%s by %q: %+v", name, step, s)
	if s.Order == nil {
		require.Empty(t, difference(got, want), about)
		return
	}
	requireFirst(t, s.Top, answer, want, about)
}

// projected is what naiveRows gives where several keys share a row. A session's
// events are those of its own key.
func projected(events []simEvent, own, shown simWindow, project func(simTriple) simTriple, result func([]simEvent) string) map[simRow]string {
	if !own.spec.IsSession() {
		return naiveRows(events, func(e simEvent) (string, bool) { return fmt.Sprint(project(tripleOf(e))), true }, own, shown, result)
	}
	members := map[simRow][]simEvent{}
	byKey := map[simTriple][]simEvent{}
	for _, e := range events {
		byKey[tripleOf(e)] = append(byKey[tripleOf(e)], e)
	}
	for k, es := range byKey {
		for i, session := range own.split(es) {
			for _, at := range shown.split([]simEvent{{At: time.UnixMicro(session[0][0])}})[0] {
				row := simRow{at[0], at[1], fmt.Sprint(project(k))}
				members[row] = append(members[row], es[i])
			}
		}
	}
	rows := map[simRow]string{}
	for row, es := range members {
		rows[row] = result(es)
	}
	return rows
}

// requireFirst checks that each window has its greatest values, in order.
func requireFirst(t *testing.T, top int, answer *Answer[simTriple, int64], want map[simRow]string, about string) {
	values := map[int64][]int64{}
	for row, text := range want {
		var v int64
		_, err := fmt.Sscan(text, &v)
		require.NoError(t, err)
		values[row.start] = append(values[row.start], v)
	}
	got := map[int64][]int64{}
	for row := range answer.Rows() {
		start := int64(0)
		if !row.Window.Start.IsZero() {
			start = row.Window.Start.UnixMicro()
		}
		got[start] = append(got[start], row.Value)
	}
	require.Len(t, got, len(values), about)
	for start, all := range values {
		slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) })
		if top > 0 {
			all = all[:min(top, len(all))]
		}
		require.Equal(t, all, got[start], about)
	}
}

func TestSelectRefusesWhatItCannot(t *testing.T) {
	h := queried(t, tripleView("visit"), nil)
	var other string
	for about, s := range map[string]Selection[simTriple, int64]{
		"no order":         {Top: 3},
		"no keys":          {Fields: 1},
		"too many fields":  {Fields: 4, Keys: []simTriple{{}}},
		"not of the key":   {By: func(*simTriple) []any { return []any{&other} }},
		"a panic":          {By: func(*simTriple) []any { panic("no") }},
		"sessions by part": {By: func(k *simTriple) []any { return []any{&k.Kind} }},
	} {
		_, err := h.Select(t.Context(), Ever(), s)
		require.ErrorIs(t, err, ErrRange, about)
	}
}

// TestSelectStopsNoView: code of a query's own that panics fails the query.
func TestSelectStopsNoView(t *testing.T) {
	h := queried(t, tripleView("5m"), []simEvent{{At: simStart}, {At: simStart, User: 2}})
	_, err := h.Select(t.Context(), Ever(), Selection[simTriple, int64]{Where: func(simTriple) bool { panic("no") }})
	require.ErrorIs(t, err, ErrRange)
	_, err = h.Select(t.Context(), Ever(), Selection[simTriple, int64]{Order: func(int64, int64) int { panic("no") }})
	require.ErrorIs(t, err, ErrRange)
	answer, err := h.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.Equal(t, 2, answer.Len())
}

// TestTopOfSessions: sessions that start together and end apart are windows of
// their own, whatever keys stand between them.
func TestTopOfSessions(t *testing.T) {
	v := View[simEvent, string, int64]{Name: "visitas", Time: simAt, Key: By(simKind), Window: window.Session(time.Minute), Aggregate: aggregate.Sum(simCents)}
	h := queried(t, v, []simEvent{
		{At: simStart, Kind: "a", Cents: 1}, {At: simStart, Kind: "b", Cents: 2},
		{At: simStart.Add(time.Second), Kind: "b", Cents: 2}, {At: simStart, Kind: "c", Cents: 5},
	})
	answer, err := h.Select(t.Context(), Ever(), Selection[string, int64]{Top: 1, Order: func(a, b int64) int { return cmp.Compare(b, a) }})
	require.NoError(t, err)
	require.Equal(t, []Row[string, int64]{
		{Window: window.Session(time.Minute).At(simStart), Key: "c", Value: 5},
		{Window: window.Session(time.Minute).SessionSpan(simStart.UnixMicro(), simStart.Add(time.Second).UnixMicro()), Key: "b", Value: 4},
	}, answer.rows)
	_, err = h.Select(t.Context(), Ever(), Selection[string, int64]{By: func(k *string) []any { return []any{k} }})
	require.NoError(t, err, "groups by the whole key are its sessions")
	_, err = h.Select(t.Context(), Ever(), Selection[string, int64]{By: func(*string) []any { return nil }})
	require.ErrorIs(t, err, ErrRange)
}

// TestSlideEndsWithItsContext: many panes take a while.
func TestSlideEndsWithItsContext(t *testing.T) {
	h := queried(t, tripleView("slide"), []simEvent{{At: simStart}, {At: simStart.Add(time.Second)}})
	selected, err := h.resolve(Ever(), Selection[simTriple, int64]{}, time.Now())
	require.NoError(t, err)
	_, m, err := h.merged(t.Context(), selected, false)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = h.rows(ctx, m.into, selected)
	require.ErrorIs(t, err, context.Canceled)
	rows, err := h.rows(t.Context(), m.into, selected)
	require.NoError(t, err)
	require.NotEmpty(t, rows)
}
