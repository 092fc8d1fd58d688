package lambda

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// damage is one thing that can happen to an object of an archive.
type damage struct {
	name   string
	change func(body []byte) ([]byte, bool)
}

var damages = []damage{
	{"a bit is flipped", func(b []byte) ([]byte, bool) { b[len(b)/2] ^= 4; return b, true }},
	{"the end is cut off", func(b []byte) ([]byte, bool) { return b[:len(b)-1], true }},
	{"it's lost", func([]byte) ([]byte, bool) { return nil, false }},
}

// TestDamagedObjects damages each object of an archive in turn. Every query then
// gives the reference's answer, or an error that names the object or the place;
// never another answer.
func TestDamagedObjects(t *testing.T) {
	store := archive.Memory()
	_, _ = runKilled(t, store) // archives 160 events, with a base of them all
	events, kept := killedEvents()
	s := &sim{t: t, ctx: t.Context(), views: simViews(), events: [][]simEvent{events}, kept: [][]bool{kept}}
	whole := s.prefix([]int64{int64(len(events))})
	for name, err := range store.List(t.Context(), "", "") {
		require.NoError(t, err)
		for _, d := range damages {
			t.Run(name+" "+d.name, func(t *testing.T) {
				damaged := archivetest.Copy(t, store, func(n string, body []byte) ([]byte, bool) {
					if n != name {
						return body, true
					}
					return d.change(body)
				})
				p := New[simEvent](Config{Archive: damaged, Workers: 1})
				for _, view := range simViews() {
					rows, _, err := view.register(t, p)(t.Context(), "", Ever())
					if err == nil {
						require.Empty(t, difference(rows, view.naive(whole, "")))
						continue
					}
					requireNamed(t, err, name)
				}
				if err := p.Batch(t.Context()); err != nil {
					requireNamed(t, err, name)
				}
			})
		}
	}
}

// requireNamed checks that an error is one of damage, and says where it is: by
// the object's name, or by the partition whose chain has lost its end.
func requireNamed(t *testing.T, err error, name string) {
	known := errors.Is(err, archive.ErrCorrupt) || errors.Is(err, archive.ErrMissing) || errors.Is(err, archive.ErrTiling) || errors.Is(err, ErrIncomplete)
	require.True(t, known, "%v", err)
	place := strings.HasPrefix(name, "_log/") && (strings.Contains(err.Error(), "partition 0") || strings.Contains(err.Error(), "knows of no log"))
	require.True(t, strings.Contains(err.Error(), name) || place, "the error doesn't name %s: %v", name, err)
}

// TestLostFiles: where a sealed delta is lost its segment's events stand in;
// where these are lost as well the answer is incomplete, and says so.
func TestLostFiles(t *testing.T) {
	store := archive.Memory()
	runKilled(t, store)
	without := func(prefixes ...string) *Pipeline[simEvent] {
		return New[simEvent](Config{Workers: 1, Archive: archivetest.Copy(t, store, func(name string, body []byte) ([]byte, bool) {
			for _, prefix := range prefixes {
				if strings.HasPrefix(name, prefix) {
					return nil, false
				}
			}
			return body, true
		})})
	}
	events, kept := killedEvents()
	s := &sim{t: t, ctx: t.Context(), events: [][]simEvent{events}, kept: [][]bool{kept}}
	whole := s.prefix([]int64{int64(len(events))})
	view := simViews()[0]

	query := view.register(t, without("views/ventas/", "deltas/"))
	rows, provenance, err := query(t.Context(), "", Ever())
	require.NoError(t, err)
	require.EqualValues(t, -1, provenance.Base)
	require.Empty(t, difference(rows, view.naive(whole, "")))

	query = view.register(t, without("views/ventas/", "deltas/", "events/"))
	_, _, err = query(t.Context(), "", Ever())
	require.ErrorIs(t, err, ErrIncomplete)
	require.ErrorContains(t, err, "events/")
	rows, provenance, err = query(t.Context(), "", Ever().AllowIncomplete())
	require.NoError(t, err)
	require.False(t, provenance.Complete)
	require.Contains(t, provenance.Missing[0], "events/")
	require.Empty(t, rows)
}

func TestQuarantinedRecordsAreCountedArchivedAndVisible(t *testing.T) {
	store := archive.Memory()
	p, queries := runKilled(t, store)
	events, kept := killedEvents()
	var want []int64
	for i := range events {
		if !kept[i] {
			want = append(want, int64(i))
		}
	}
	require.NotEmpty(t, want)
	var got []int64
	for q, err := range p.Quarantine(t.Context()) {
		require.NoError(t, err)
		require.Zero(t, q.Partition)
		require.Contains(t, q.Reason, "year 12000")
		got = append(got, q.Offset)
	}
	require.Equal(t, want, got)
	_, provenance, err := queries[0](t.Context(), "", Ever())
	require.NoError(t, err)
	require.EqualValues(t, len(want), provenance.Quarantined)
}

func countView(name string, change func(*View[simEvent, string, int64])) View[simEvent, string, int64] {
	v := View[simEvent, string, int64]{Name: name, Time: simAt, Key: By(simKind), Window: window.Tumbling(time.Hour), Aggregate: aggregate.Count[simEvent]()}
	if change != nil {
		change(&v)
	}
	return v
}

func TestRegisterRefusesWhatCannotRun(t *testing.T) {
	notAField := source.FieldOf(func(*simEvent) *string { other := ""; return &other })
	aList := source.FieldOf(func(e *simEvent) *[]string { return &e.Tags })
	cases := map[string]struct {
		change func(*View[simEvent, string, int64])
		is     error
		says   string
	}{
		"no name":           {func(v *View[simEvent, string, int64]) { v.Name = "" }, ErrView, "name"},
		"a path for a name": {func(v *View[simEvent, string, int64]) { v.Name = "../x" }, ErrView, "name"},
		"no time":           {func(v *View[simEvent, string, int64]) { v.Time = source.Field[simEvent, time.Time]{} }, ErrView, "Time"},
		"no window":         {func(v *View[simEvent, string, int64]) { v.Window = window.Spec{} }, window.ErrZero, "window"},
		"a window of zero":  {func(v *View[simEvent, string, int64]) { v.Window = window.Tumbling(0) }, window.ErrSize, "window"},
		"no key":            {func(v *View[simEvent, string, int64]) { v.Key = Key[simEvent, string]{} }, ErrView, "lambda.All"},
		"no aggregate":      {func(v *View[simEvent, string, int64]) { v.Aggregate = nil }, ErrView, "Aggregate"},
		"not a field":       {func(v *View[simEvent, string, int64]) { v.Key = By(notAField) }, source.ErrField, "selector"},
		"a list as a key": {func(v *View[simEvent, string, int64]) { v.Aggregate = aggregate.Distinct(aList) },
			source.ErrField, "list"},
		"code without a version": {func(v *View[simEvent, string, int64]) {
			v.Where = source.Func(func(*simEvent) bool { return true })
		}, ErrView, "Version"},
		"a negative version": {func(v *View[simEvent, string, int64]) { v.Version = -1 }, ErrView, "version -1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Register(New[simEvent](Config{Archive: archive.Memory()}), countView("vista", c.change))
			require.ErrorIs(t, err, ErrView)
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, c.says)
		})
	}
	p := New[simEvent](Config{Archive: archive.Memory()})
	_, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	_, err = Register(p, countView("vista", nil))
	require.ErrorIs(t, err, ErrView)
	_, err = Register(New[simEvent](Config{}), countView("vista", nil))
	require.ErrorIs(t, err, ErrConfig)
	_, err = Register(New[int](Config{Archive: archive.Memory()}), View[int, struct{}, int64]{})
	require.ErrorIs(t, err, source.ErrSchema)
}

func TestChangedDefinitions(t *testing.T) {
	store := archive.Memory()
	ask := func(change func(*View[simEvent, string, int64])) error {
		h, err := Register(New[simEvent](Config{Archive: store}), countView("vista", change))
		require.NoError(t, err)
		_, err = h.Query(t.Context(), Ever().AllowIncomplete())
		batchErr := h.pipeline.Batch(t.Context())
		require.Equal(t, err == nil, batchErr == nil, "%v, %v", err, batchErr)
		return err
	}
	require.NoError(t, ask(nil))
	require.NoError(t, ask(nil), "the same again")
	changed := func(v *View[simEvent, string, int64]) { v.Where = source.Equal(simKind, "view") }
	err := ask(changed)
	require.ErrorIs(t, err, ErrDefinition)
	require.ErrorContains(t, err, "where was ")
	require.NotContains(t, err.Error(), "window", "it names what differs, and nothing else")
	require.NotContains(t, err.Error(), "\n")
	require.NoError(t, ask(func(v *View[simEvent, string, int64]) { changed(v); v.Version = 1 }), "a new version goes live")
	err = ask(nil)
	require.ErrorIs(t, err, ErrVersion)
	require.ErrorContains(t, err, "declare it as version 2")
	require.NoError(t, ask(func(v *View[simEvent, string, int64]) {
		changed(v)
		v.Version = 1
		v.Lateness.Bound = time.Hour
	}), "lateness isn't part of the definition")
}

// TestReadingLeavesNoTrace: a query of an archive that isn't there says so and
// makes none, and a reader with a newer definition doesn't shut out the program
// with the older one.
func TestReadingLeavesNoTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mistyped")
	h := registered(t, archive.Dir(path), nil)
	_, err := h.Query(t.Context(), Ever())
	require.ErrorIs(t, err, ErrIncomplete)
	require.ErrorContains(t, err, "nothing has run on it yet")
	_, err = h.pipeline.Audit(t.Context())
	require.NoError(t, err)
	require.NoDirExists(t, path)

	store := archive.Memory()
	archived(t, Config{Archive: store}, 10)
	newer, err := Register(New[simEvent](Config{Archive: store}), countView("vista", func(v *View[simEvent, string, int64]) { v.Version = 3 }))
	require.NoError(t, err)
	require.EqualValues(t, 10, total(t, newer, Ever()))
	require.NoError(t, registered(t, store, nil).pipeline.Batch(t.Context()), "version 0 is still the live one")
	require.NoError(t, newer.pipeline.Batch(t.Context()))
	require.ErrorIs(t, registered(t, store, nil).pipeline.Batch(t.Context()), ErrVersion)
}

// TestAPanicStopsItsViewAlone: code of the caller's that panics stops its view,
// with partition and offset; the log and the other views go on.
func TestAPanicStopsItsViewAlone(t *testing.T) {
	log, err := source.NewMemory[simEvent]("panics", 1, source.MemoryOptions[simEvent]{ChunkRows: 4})
	require.NoError(t, err)
	for i := range 20 {
		_, err := log.Append(0, simEvent{At: simStart, Kind: "view", User: int64(i)})
		require.NoError(t, err)
	}
	log.Close()
	p := New[simEvent](Config{Archive: archive.Memory(), Workers: 1})
	good, err := Register(p, countView("buena", nil))
	require.NoError(t, err)
	bad, err := Register(p, countView("mala", func(v *View[simEvent, string, int64]) {
		v.Version = 1
		v.Where = source.Func(func(e *simEvent) bool { return 7/(e.User-13) < 100 })
	}))
	require.NoError(t, err)
	require.NoError(t, p.Run(t.Context(), log))

	for _, err := range []error{bad.Err(), p.Batch(t.Context())} {
		require.ErrorIs(t, err, ErrStopped)
		require.ErrorContains(t, err, "mala")
		require.ErrorContains(t, err, "partition 0 offset 13")
	}
	_, err = bad.Query(t.Context(), Ever())
	require.ErrorIs(t, err, ErrStopped)

	require.NoError(t, good.Err())
	answer, err := good.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.EqualValues(t, 0, answer.Provenance().Base, "the batch run published the good view's base")
	for row := range answer.Rows() {
		require.EqualValues(t, 20, row.Value)
	}
	require.Equal(t, 1, answer.Len())
}

func TestRunSaysWhatIsWrongWithTheArchive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	log, err := source.NewMemory[simEvent]("log", 1, source.MemoryOptions[simEvent]{})
	require.NoError(t, err)
	p := New[simEvent](Config{Archive: archive.Dir(filepath.Join(file, "below"))})
	err = p.Run(t.Context(), log)
	require.ErrorIs(t, err, archive.ErrUnwritable)
	require.ErrorContains(t, err, file)

	store := archive.Memory()
	require.NoError(t, New[simEvent](Config{Archive: store}).Run(t.Context(), ended1(t, "log")))
	err = New[simEvent](Config{Archive: store}).Run(t.Context(), ended1(t, "another"))
	require.ErrorIs(t, err, archive.ErrLogIdentity)
}

// ended1 is a log of one event.
func ended1(t *testing.T, identity string) *source.Memory[simEvent] {
	log, err := source.NewMemory[simEvent](identity, 1, source.MemoryOptions[simEvent]{})
	require.NoError(t, err)
	_, err = log.Append(0, simEvent{At: simStart})
	require.NoError(t, err)
	log.Close()
	return log
}

func TestRanges(t *testing.T) {
	p := New[simEvent](Config{Archive: archive.Memory()})
	h, err := Register(p, countView("vista", nil))
	require.NoError(t, err)
	for name, r := range map[string]Range{
		"it ends before it starts": Between(simStart, simStart.Add(-1)),
		"it's empty":               Between(simStart, simStart),
		"a finer step":             Ever().By(window.Tumbling(time.Minute)),
		"a step of zero":           Ever().By(window.Spec{}),
		"a negative last":          Last(-time.Hour),
	} {
		_, err := h.Query(t.Context(), r)
		require.ErrorIs(t, err, ErrRange, name)
	}
	_, err = h.Query(t.Context(), Ever())
	require.ErrorIs(t, err, ErrIncomplete, "an archive that nothing has run on")
}
