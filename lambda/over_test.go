package lambda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

var (
	visitAt   = source.FieldOf(func(v *simVisit) *time.Time { return &v.At })
	visitUser = source.FieldOf(func(v *simVisit) *int64 { return &v.User })
)

func sizesView() View[simVisit, int64, int64] {
	return View[simVisit, int64, int64]{Name: "tamanos", Version: 1, Time: visitAt, Key: By(visitUser),
		Window: window.Global(), Aggregate: aggregate.Count[simVisit]()}
}

// overUsers is a pipeline with a view, which has seen two events of two users.
func overUsers(t *testing.T) (*Pipeline[simEvent], *Handle[simEvent, int64, int64]) {
	p := New[simEvent](Config{Archive: archive.Memory()})
	h, err := Register(p, userView())
	require.NoError(t, err)
	log, err := source.NewMemory[simEvent]("over", 1, source.MemoryOptions[simEvent]{})
	require.NoError(t, err)
	_, err = log.Append(0, simEvent{At: simStart, User: 1}, simEvent{At: simStart, User: 2})
	require.NoError(t, err)
	log.Close()
	require.NoError(t, p.Run(t.Context(), log))
	return p, h
}

func one(row Row[int64, int64], emit func(simVisit)) { emit(simVisit{At: simStart, User: row.Key}) }

func TestOverRefusesWhatItCannot(t *testing.T) {
	_, h := overUsers(t)
	v := sizesView()
	v.Version = 0
	_, err := Over(h, Ever(), one, v)
	require.ErrorIs(t, err, ErrView)
	_, err = Over(h, Last(time.Hour), one, sizesView())
	require.ErrorIs(t, err, ErrRange)
	_, err = Over(h, Ever(), nil, sizesView())
	require.ErrorIs(t, err, ErrView)
	v = sizesView()
	v.Name = h.reg.name
	_, err = Over(h, Ever(), one, v)
	require.ErrorIs(t, err, ErrView, "a name that is taken")
}

// TestOverSaysWhichRow: an event that can't be stored, and a panic, fail the run
// and leave the other views theirs.
func TestOverSaysWhichRow(t *testing.T) {
	p, h := overUsers(t)
	_, err := Over(h, Ever(), func(row Row[int64, int64], emit func(simVisit)) {
		emit(simVisit{At: time.Date(20_000, 1, int(row.Key), 0, 0, 0, 0, time.UTC)})
	}, sizesView())
	require.NoError(t, err)
	err = p.Batch(t.Context())
	require.ErrorIs(t, err, errNotStorable)
	require.ErrorContains(t, err, "key 1")
	answer, err := h.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.EqualValues(t, 0, answer.Provenance().Base, "the parent has its base")

	p, h = overUsers(t)
	sizes, err := Over(h, Ever(), func(Row[int64, int64], func(simVisit)) { panic("no") }, sizesView())
	require.NoError(t, err)
	require.ErrorIs(t, p.Batch(t.Context()), ErrStopped)
	_, err = sizes.Query(t.Context(), Ever())
	require.ErrorIs(t, err, ErrIncomplete)
	require.NoError(t, h.Err())
}

// TestOverAnOver: a view over a view over a view, made anew with each base and
// only then.
func TestOverAnOver(t *testing.T) {
	p, h := overUsers(t)
	visits, err := Over(h, Ever(), one, sizesView())
	require.NoError(t, err)
	second := sizesView()
	second.Name = "total"
	total, err := Over(visits, Ever(), func(row Row[int64, int64], emit func(simVisit)) { emit(simVisit{At: simStart}) }, second)
	require.NoError(t, err)
	_, err = total.Query(t.Context(), Ever())
	require.ErrorIs(t, err, ErrIncomplete)
	require.ErrorContains(t, err, "no batch run")
	for range 2 {
		require.NoError(t, p.Batch(t.Context()))
		answer, err := total.Query(t.Context(), Ever())
		require.NoError(t, err)
		require.Equal(t, []Row[int64, int64]{{Key: 0, Value: 2}}, answer.rows)
		require.EqualValues(t, 0, answer.Provenance().Base, "a run without news makes nothing")
		require.EqualValues(t, 2, answer.Provenance().Offsets())
	}
	changed, err := Over(h, Between(simStart, simStart.Add(time.Hour)), one, func() View[simVisit, int64, int64] { v := sizesView(); v.Name = "otra"; return v }())
	require.NoError(t, err)
	require.NotEqual(t, visits.Fingerprint(), changed.Fingerprint())
}

// TestOverRowOfManyEvents: what's held of a row's events is a chunk, and an error
// among them is the first one.
func TestOverRowOfManyEvents(t *testing.T) {
	_, h := overUsers(t)
	v := sizesView()
	rows := New[simVisit](h.pipeline.config)
	sizes, err := Register(rows, v)
	require.NoError(t, err)
	plan, err := sizes.reg.bind()
	require.NoError(t, err)
	f := rowFolder[simVisit]{table: plan.newTable(), builder: source.NewBuilder[simVisit](rows.schema, nil)}
	for range 3*rowChunk + 1 {
		f.add(&simVisit{At: simStart, User: 1})
		require.LessOrEqual(t, f.builder.Len(), rowChunk)
	}
	f.add(&simVisit{At: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)})
	refused := f.err
	require.ErrorIs(t, refused, errNotStorable)
	for range 10 {
		f.add(&simVisit{At: simStart, User: 1})
	}
	require.Equal(t, 1, f.builder.Len(), "nothing is kept after an error")
	require.Equal(t, refused, f.err)
}

// TestOverCountsEveryEvent of rows that have more than a chunk.
func TestOverCountsEveryEvent(t *testing.T) {
	p, h := overUsers(t)
	sizes, err := Over(h, Ever(), func(row Row[int64, int64], emit func(simVisit)) {
		for range 2*rowChunk + 1 {
			emit(simVisit{At: simStart, User: row.Key})
		}
	}, sizesView())
	require.NoError(t, err)
	require.NoError(t, p.Batch(t.Context()))
	answer, err := sizes.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.Equal(t, []Row[int64, int64]{{Key: 1, Value: 2*rowChunk + 1}, {Key: 2, Value: 2*rowChunk + 1}}, answer.rows)
}
