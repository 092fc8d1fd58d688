package lambda

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// watching keeps observations.
type watching struct {
	mu   sync.Mutex
	seen []Observation
}

func (w *watching) Observe(ob Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, ob)
}

// of gives the observations of a kind.
func (w *watching) of(kind ObservationKind) (of []Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ob := range w.seen {
		if ob.Kind == kind {
			of = append(of, ob)
		}
	}
	return of
}

func schemeOf(t *testing.T, dims ...partition.Dimension) partition.Scheme {
	scheme, err := partition.New(dims...)
	require.NoError(t, err)
	return scheme
}

// splitLog is a log of n events, a minute apart, of four kinds and seven users.
func splitLog(t *testing.T, n int) *source.Memory[simEvent] {
	log, err := source.NewMemory[simEvent]("log", 1, source.MemoryOptions[simEvent]{ChunkRows: 50})
	require.NoError(t, err)
	for i := range n {
		_, err := log.Append(0, simEvent{At: simStart.Add(time.Duration(i) * time.Minute), User: int64(i%7) - 2,
			Kind: []string{"view", "purchase", "", "señal/\x00"}[i%4]})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	return log
}

// TestFilesThatCannotMatterAreSkipped: by batch runs and by queries that refold,
// and what is counted is the same as where nothing is split.
func TestFilesThatCannotMatterAreSkipped(t *testing.T) {
	dims := []partition.Dimension{partition.ByHour("at"), partition.ByDay("at"), partition.ByMonth("at"), partition.ByYear("at"),
		partition.ByValue("kind"), partition.ByHash("kind", 8), partition.ByValue("user"), partition.ByHash("user", 8)}
	wheres := map[string]struct {
		where   source.Predicate[simEvent]
		skipped string // by which dimensions files are skipped, in their order above
	}{
		"all":        {source.Predicate[simEvent]{}, "........"},
		"a kind":     {source.Equal(simKind, "purchase"), "....xx.."},
		"the empty":  {source.Equal(simKind, ""), "....xx.."},
		"odd kinds":  {source.In(simKind, "señal/\x00", "none"), "....xx.."},
		"a user":     {source.Equal(simUser, -2), "......xx"},
		"users":      {source.And(source.AtLeast(simUser, 1), source.Less(simUser, 3)), "......xx"},
		"half":       {source.Less(simUser, 2), "......x."},
		"an hour":    {source.And(source.AtLeast(simAt, simStart.Add(3*time.Hour)), source.Less(simAt, simStart.Add(4*time.Hour))), "xxxx...."},
		"from then":  {source.AtLeast(simAt, simStart.Add(30*24*time.Hour)), "xxx....."},
		"both":       {source.And(source.Equal(simKind, "view"), source.Equal(simUser, 0)), "....xxxx"},
		"one or the": {source.Or(source.Equal(simKind, "view"), source.Equal(simUser, 0)), "........"},
		"not":        {source.Not(source.Equal(simKind, "view")), "........"},
		"nothing":    {source.Or[simEvent](), "xxxxxxxx"},
		"null":       {source.IsNull(simPlace), "........"},
	}
	n := 800
	log, err := source.NewMemory[simEvent]("log", 1, source.MemoryOptions[simEvent]{ChunkRows: 50})
	require.NoError(t, err)
	for i := range n {
		at := simStart.Add(time.Duration(i) * time.Minute)
		if i >= n/2 {
			at = at.AddDate(1, 0, 0)
		}
		_, err := log.Append(0, simEvent{At: at, User: int64(i%7) - 2, Kind: []string{"view", "purchase", "", "señal/\x00"}[i%4]})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	run := func(scheme partition.Scheme, where source.Predicate[simEvent]) (refolded, batched map[string]int64, skipped []int64) {
		watch := &watching{}
		config := Config{Archive: archive.Memory(), Partition: scheme, Observer: watch, Workers: 2}
		require.NoError(t, New[simEvent](config).Run(t.Context(), log))
		h, err := Register(New[simEvent](config), countView("vista", func(v *View[simEvent, string, int64]) { v.Where = where }))
		require.NoError(t, err)
		refolded = countRows(t, h) // the archive has no delta of the view
		require.NoError(t, h.pipeline.Batch(t.Context()))
		batched = countRows(t, h)
		audit, err := h.pipeline.Audit(t.Context())
		require.NoError(t, err)
		require.Empty(t, audit.Differences)
		files := watch.of(Sealed)[0].Files
		for _, kind := range []ObservationKind{Refolded, BasePublished} {
			ob := watch.of(kind)
			require.Len(t, ob, 1)
			require.Equal(t, files, ob[0].Files+ob[0].Skipped, "%v: each file is read or skipped", kind)
			skipped = append(skipped, ob[0].Skipped)
		}
		return refolded, batched, skipped
	}
	for name, c := range wheres {
		want, _, skipped := run(partition.Scheme{}, c.where)
		require.Zero(t, skipped[0])
		for i, d := range dims {
			what := fmt.Sprintf("%s, split by %v", name, d)
			refolded, batched, skipped := run(schemeOf(t, d), c.where)
			require.Equal(t, want, refolded, what)
			require.Equal(t, want, batched, what)
			require.Equal(t, c.skipped[i] == 'x', skipped[0] > 0, "%s: %d files were skipped", what, skipped[0])
			require.Equal(t, skipped[0], skipped[1], what)
		}
	}
}

// countRows are the counts of all windows, by window and key.
func countRows(t *testing.T, h *Handle[simEvent, string, int64]) map[string]int64 {
	answer, err := h.Query(t.Context(), Ever())
	require.NoError(t, err)
	rows := map[string]int64{}
	for row := range answer.Rows() {
		rows[fmt.Sprint(row.Window.Start, row.Key)] = row.Value
	}
	return rows
}

// TestAnotherSchemesFilesAreRead: who splits by other dimensions than the writer
// did, or into more buckets, or not at all, has the same answers.
func TestAnotherSchemesFilesAreRead(t *testing.T) {
	schemes := []partition.Scheme{{}, schemeOf(t, partition.ByHash("user", 3)), schemeOf(t, partition.ByHash("user", 4)), schemeOf(t, partition.ByValue("user")),
		schemeOf(t, partition.ByDay("at"), partition.ByValue("user")), schemeOf(t, partition.ByValue("user"), partition.ByDay("at"))}
	for _, wrote := range schemes {
		config := Config{Archive: archive.Memory(), Partition: wrote}
		require.NoError(t, New[simEvent](config).Run(t.Context(), splitLog(t, 70)))
		for _, read := range schemes {
			config.Partition = read
			h, err := Register(New[simEvent](config), countView("vista", func(v *View[simEvent, string, int64]) { v.Where = source.In(simUser, 0, 1) }))
			require.NoError(t, err)
			require.EqualValues(t, 20, total(t, h, Ever()), "written by %v, read by %v", wrote, read)
		}
	}
}

// TestNoTextStopsTheLog: not one that's too long for a file's name, nor one that
// would lead elsewhere. Who asks for it finds it.
func TestNoTextStopsTheLog(t *testing.T) {
	long := strings.Repeat("ñ", 3000)
	kinds := []string{long + "a", long + "b", "../../etc/passwd", "..", ".", "", "\x00", partition.NullSegment, "A", "a", strings.Repeat("/", 100), strings.Repeat("&", 5000), "%2e"}
	log, err := source.NewMemory[simEvent]("log", 1, source.MemoryOptions[simEvent]{ChunkRows: 5})
	require.NoError(t, err)
	for _, kind := range append(kinds, kinds...) {
		place := kind
		_, err := log.Append(0, simEvent{At: simStart, Kind: kind, Place: &place})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	for name, store := range map[string]archive.Store{"memory": archive.Memory(), "directory": archive.Dir(t.TempDir())} {
		watch := &watching{}
		config := Config{Archive: store, Partition: schemeOf(t, partition.ByValue("kind"), partition.ByValue("place"), partition.ByHash("user", 3), partition.ByDay("at")), Observer: watch}
		require.NoError(t, New[simEvent](config).Run(t.Context(), log), name)
		p := New[simEvent](config)
		for i, kind := range kinds {
			h, err := Register(p, countView(fmt.Sprint("vista", i), func(v *View[simEvent, string, int64]) { v.Where = source.Equal(simKind, kind) }))
			require.NoError(t, err)
			require.EqualValues(t, 2, total(t, h, Ever()), "%.20q", kind)
		}
		for _, ob := range watch.of(Refolded) {
			require.EqualValues(t, 1, ob.Files, "each is in a part of its own")
			require.EqualValues(t, len(kinds)-1, ob.Skipped)
		}
	}
}

// TestManyPartsEndASegment: before it has more files than anybody wants open.
func TestManyPartsEndASegment(t *testing.T) {
	log := viewLog(t, "log", 2500) // each of another user
	watch := &watching{}
	config := Config{Archive: archive.Memory(), Partition: schemeOf(t, partition.ByValue("user")), Observer: watch}
	h := archivedLog(t, config, log)
	require.EqualValues(t, 2500, total(t, h, Ever()))
	sealed := watch.of(Sealed)
	require.Len(t, sealed, 3)
	require.EqualValues(t, maxParts, sealed[0].Files)
}

func archivedLog(t *testing.T, config Config, log source.Source[simEvent]) *Handle[simEvent, string, int64] {
	h, err := Register(New[simEvent](config), countView("vista", nil))
	require.NoError(t, err)
	require.NoError(t, h.pipeline.Run(t.Context(), log))
	return h
}

// TestWhatAnEntryCannotNameIsNotSplit: a segment that may not be committed yet
// takes in parts without end.
func TestWhatAnEntryCannotNameIsNotSplit(t *testing.T) {
	schema, err := source.SchemaOf[simEvent]()
	require.NoError(t, err)
	l, err := newLayout(schema, schemeOf(t, partition.ByValue("kind"), partition.ByValue("place"), partition.ByValue("user")))
	require.NoError(t, err)
	w, err := newSegmentWriter[simEvent](schema, l)
	require.NoError(t, err)
	log, err := source.NewMemory[simEvent]("log", 1, source.MemoryOptions[simEvent]{ChunkRows: 1000})
	require.NoError(t, err)
	for i := range 3000 {
		text := strings.Repeat("&", 240) + fmt.Sprint(i)
		_, err := log.Append(0, simEvent{At: simStart, Kind: text, Place: &text, User: 1})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	reader, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	for range 3 {
		chunk, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.NoError(t, w.Write(chunk))
	}
	require.EqualValues(t, 3000, w.Rows())
	require.Equal(t, w.Parts()+1, w.Files())
	require.Less(t, w.Parts(), 3000)
	entry := archive.Entry{From: 0, To: 3000}
	rows := map[bool]int64{}
	require.NoError(t, w.each(func(path string, body []byte, n int64) error {
		name := archive.EventsName(simStart, 0, 1, archive.NewNonce())
		if path != "" {
			name = archive.PartName(path, 0, 1, archive.NewNonce())
		}
		entry.Events = append(entry.Events, archive.File{Name: name, Size: int64(len(body)), Rows: n, SHA256: strings.Repeat("a", 64)})
		rows[path != ""] += n
		return nil
	}))
	require.EqualValues(t, 3000, rows[true]+rows[false])
	require.Positive(t, rows[false])
	a := archive.New(archive.Memory())
	require.NoError(t, a.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 1}))
	owner, err := a.Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	require.NoError(t, owner.Commit(t.Context(), entry), "it has room for them")
}

func TestSchemesThatCannotSplitTheEvents(t *testing.T) {
	type odd struct {
		At    time.Time `anabranch:"at"`
		AtDay string    `anabranch:"At_Day"`
		OK    bool      `anabranch:"ok"`
		Cents int64     `anabranch:"cents,decimal=2"`
		Score float64   `anabranch:"score"`
		Tags  []string  `anabranch:"tags"`
		User  int64     `anabranch:"user"`
	}
	var nine []partition.Dimension
	for i := range 9 {
		nine = append(nine, partition.ByHash(fmt.Sprint("user", i), 2))
	}
	for says, scheme := range map[string]partition.Scheme{
		`no column "region"`:           schemeOf(t, partition.ByValue("region")),
		`column "At_Day"`:              schemeOf(t, partition.ByDay("at")),
		"day(user)":                    schemeOf(t, partition.ByDay("user")),
		"value(at)":                    schemeOf(t, partition.ByValue("at")),
		"hash(at,4)":                   schemeOf(t, partition.ByHash("at", 4)),
		"kind bool":                    schemeOf(t, partition.ByValue("ok")),
		"kind decimal":                 schemeOf(t, partition.ByHash("cents", 2)),
		"kind float":                   schemeOf(t, partition.ByValue("score")),
		"kind opaque":                  schemeOf(t, partition.ByValue("tags")),
		"9 dimensions":                 schemeOf(t, nine...),
		"hash(user,2)/hour(at)/day(x)": schemeOf(t, partition.ByHash("user", 2), partition.ByHour("at"), partition.ByDay("x")),
	} {
		p := New[odd](Config{Archive: archive.Memory(), Partition: scheme})
		err := p.Batch(context.Background())
		require.ErrorIs(t, err, ErrConfig, says)
		require.ErrorContains(t, err, says)
		log, _ := source.NewMemory[odd]("log", 1, source.MemoryOptions[odd]{})
		require.ErrorIs(t, p.Run(context.Background(), log), ErrConfig, says)
	}
}

// TestAnEventInTwoFilesIsCorrupt: each file is sound, and has a right checksum.
func TestAnEventInTwoFilesIsCorrupt(t *testing.T) {
	store := archive.Memory()
	archived(t, Config{Archive: store, SegmentRows: 10}, 10)
	a := archive.New(store)
	chain, err := a.Chain(t.Context(), 0)
	require.NoError(t, err)
	file := chain.Entries[1].Events[0]
	body, err := a.ReadFile(t.Context(), file)
	require.NoError(t, err)

	other := archive.Memory()
	b := archive.New(other)
	require.NoError(t, b.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 1}))
	owner, err := b.Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	entry := archive.Entry{From: 0, To: 20}
	for _, part := range []string{"kind=view", "kind=viev"} {
		put, err := b.PutFile(t.Context(), archive.PartName(part, 0, 1, "n"), body, file.Rows)
		require.NoError(t, err)
		entry.Events = append(entry.Events, put)
	}
	require.NoError(t, owner.Commit(t.Context(), entry))
	h := registered(t, other, nil)
	for layer, run := range layersOf(h) {
		err := run(t.Context())
		require.ErrorIs(t, err, archive.ErrCorrupt, layer)
		require.ErrorContains(t, err, "another file", layer)
	}
}

// TestOffsetSets: against a map.
func TestOffsetSets(t *testing.T) {
	s, known := &offsetSet{}, map[int64]bool{}
	for i := range int64(20_000) {
		offset := i * i % 7919 << (i % 3 * 20)
		require.Equal(t, !known[offset], s.add(offset), "%d", offset)
		known[offset] = true
	}
}
