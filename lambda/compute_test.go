package lambda

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// computeEvent has keys of every kind that groups are found by, each in its way.
type computeEvent struct {
	At     time.Time           `anabranch:"at"`
	Text   string              `anabranch:"text"`
	Small  int64               `anabranch:"small"`
	Large  int64               `anabranch:"large"`
	Float  float64             `anabranch:"float"`
	Maybe  source.Null[string] `anabranch:"maybe"`
	Amount int64               `anabranch:"amount"`
}

type computeKey struct {
	Text  string
	Small int64
	Large int64
	Maybe source.Null[string]
	Float float64
}

type computeSums struct{ Sum, Users, Bought int64 }

var (
	computeAt     = source.FieldOf(func(e *computeEvent) *time.Time { return &e.At })
	computeText   = source.FieldOf(func(e *computeEvent) *string { return &e.Text })
	computeSmall  = source.FieldOf(func(e *computeEvent) *int64 { return &e.Small })
	computeLarge  = source.FieldOf(func(e *computeEvent) *int64 { return &e.Large })
	computeFloat  = source.FieldOf(func(e *computeEvent) *float64 { return &e.Float })
	computeMaybe  = source.FieldOf(func(e *computeEvent) *source.Null[string] { return &e.Maybe })
	computeAmount = source.FieldOf(func(e *computeEvent) *int64 { return &e.Amount })
)

// computeKeys are keys with what a naive fold takes for them.
var computeKeys = map[string]struct {
	key   Key[computeEvent, computeKey]
	naive func(computeEvent) computeKey
}{
	"text and small": {By2(computeText, computeSmall, func(k *computeKey) (*string, *int64) { return &k.Text, &k.Small }),
		func(e computeEvent) computeKey { return computeKey{Text: e.Text, Small: e.Small} }},
	"text and maybe": {By2(computeText, computeMaybe, func(k *computeKey) (*string, *source.Null[string]) { return &k.Text, &k.Maybe }),
		func(e computeEvent) computeKey { return computeKey{Text: e.Text, Maybe: e.Maybe} }},
	"large and maybe": {By2(computeLarge, computeMaybe, func(k *computeKey) (*int64, *source.Null[string]) { return &k.Large, &k.Maybe }),
		func(e computeEvent) computeKey { return computeKey{Large: e.Large, Maybe: e.Maybe} }},
	"all kinds": {By4(computeText, computeSmall, computeLarge, computeFloat, func(k *computeKey) (*string, *int64, *int64, *float64) {
		return &k.Text, &k.Small, &k.Large, &k.Float
	}), func(e computeEvent) computeKey {
		return computeKey{Text: e.Text, Small: e.Small, Large: e.Large, Float: e.Float}
	}},
}

func drawComputeEvents(t *rapid.T) []computeEvent {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	days, wide := rapid.SampledFrom([]int{1, 3, 400}).Draw(t, "days"), rapid.SampledFrom([]int64{3, 1 << 20, 1 << 60}).Draw(t, "range")
	sorted := rapid.Bool().Draw(t, "sorted")
	events := make([]computeEvent, rapid.IntRange(0, 3000).Draw(t, "events"))
	for i := range events {
		at := start.Add(time.Duration(r.Int64N(int64(days) * int64(24*time.Hour))).Truncate(time.Microsecond))
		if sorted {
			at = start.Add(time.Duration(i) * time.Minute)
		}
		events[i] = computeEvent{At: at, Text: fmt.Sprint("texto ", r.IntN(5)), Small: r.Int64N(10) - 5, Large: r.Int64N(wide) - wide/2,
			Float: float64(r.IntN(3)) / 2, Amount: r.Int64N(1000)}
		if r.IntN(4) > 0 {
			events[i].Maybe = source.Some(fmt.Sprint("quizá ", r.IntN(3)))
		}
	}
	return events
}

// computeNaively folds events one by one.
func computeNaively(events []computeEvent, spec window.Spec, key func(computeEvent) computeKey, keep func(computeEvent) bool) map[string]computeSums {
	rows, users := map[string]computeSums{}, map[string]map[int64]bool{}
	for _, e := range events {
		if !keep(e) {
			continue
		}
		at := fmt.Sprint(spec.At(e.At).Start.UnixMicro(), key(e))
		row := rows[at]
		row.Sum += e.Amount
		if users[at] == nil {
			users[at] = map[int64]bool{}
		}
		users[at][e.Large] = true
		row.Users = int64(len(users[at]))
		if e.Text == "texto 1" {
			row.Bought++
		}
		rows[at] = row
	}
	return rows
}

func computeView(key Key[computeEvent, computeKey], spec window.Spec, where source.Predicate[computeEvent]) View[computeEvent, computeKey, computeSums] {
	return View[computeEvent, computeKey, computeSums]{Name: "calculo", Time: computeAt, Key: key, Window: spec, Where: where,
		Aggregate: aggregate.Join(
			aggregate.To(aggregate.Sum(computeAmount), func(s *computeSums) *int64 { return &s.Sum }),
			aggregate.To(aggregate.Distinct(computeLarge), func(s *computeSums) *int64 { return &s.Users }),
			aggregate.To(aggregate.Where(aggregate.Count[computeEvent](), source.Equal(computeText, "texto 1")), func(s *computeSums) *int64 { return &s.Bought }),
		)}
}

// computeWheres are predicates with what they mean.
var computeWheres = map[string]struct {
	where source.Predicate[computeEvent]
	keep  func(computeEvent) bool
}{
	"all":       {source.Predicate[computeEvent]{}, func(computeEvent) bool { return true }},
	"some text": {source.In(computeText, "texto 1", "texto 3"), func(e computeEvent) bool { return e.Text == "texto 1" || e.Text == "texto 3" }},
	"low":       {source.Less(computeSmall, -2), func(e computeEvent) bool { return e.Small < -2 }},
	"none":      {source.Equal(computeText, "nada"), func(computeEvent) bool { return false }},
}

// writeParts writes events into some Parquet files.
func writeParts(t *rapid.T, dir string, events []computeEvent) {
	schema, err := source.SchemaOf[computeEvent]()
	require.NoError(t, err)
	files := rapid.IntRange(1, 5).Draw(t, "files")
	for i := range files {
		w, err := source.NewParquetTable[computeEvent](schema)
		require.NoError(t, err)
		b := source.NewBuilder[computeEvent](schema, nil)
		part := events[len(events)*i/files : len(events)*(i+1)/files]
		for j := range part {
			b.Append(&part[j], int64(j), nil)
		}
		require.NoError(t, w.Write(b.Chunk(0, 0, int64(len(part)))))
		body, err := w.Close()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".parquet")), body, 0o644))
	}
}

// TestComputeIsTheNaiveFold: over files read in parts by several workers.
func TestComputeIsTheNaiveFold(t *testing.T) {
	specs := []window.Spec{window.Global(), window.Day(time.UTC), window.Tumbling(time.Hour), window.Tumbling(time.Second)}
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "compute")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		events := drawComputeEvents(t)
		writeParts(t, dir, events)
		key := computeKeys[rapid.SampledFrom([]string{"text and small", "text and maybe", "large and maybe", "all kinds"}).Draw(t, "key")]
		where := computeWheres[rapid.SampledFrom([]string{"all", "some text", "low", "none"}).Draw(t, "where")]
		spec := rapid.SampledFrom(specs).Draw(t, "window")
		log, err := source.NewParquetFiles(os.DirFS(dir), "*.parquet", source.TablesOptions[computeEvent]{ChunkRows: rapid.IntRange(1, 5000).Draw(t, "chunk")})
		require.NoError(t, err)

		result, err := Compute(context.Background(), computeView(key.key, spec, where.where), log, ComputeOptions{Workers: rapid.IntRange(1, 4).Draw(t, "workers")})
		require.NoError(t, err)
		want := computeNaively(events, spec, key.naive, where.keep)
		got := map[string]computeSums{}
		for row, err := range result.All() {
			require.NoError(t, err)
			got[fmt.Sprint(row.Window.Start.UnixMicro(), row.Key)] = row.Value
		}
		require.Equal(t, want, got)
		require.Equal(t, len(want), result.Len())
		sorted, err := result.Sorted()
		require.NoError(t, err)
		require.Len(t, sorted, len(want))
		for i := 1; i < len(sorted); i++ {
			require.False(t, sorted[i].Window.Start.Before(sorted[i-1].Window.Start))
		}
	})
}

// TestFoldDrainsWhatHasEnded: chunk by chunk, the rows that were drained add up to
// the naive fold's, and none was drained before its window had ended.
func TestFoldDrainsWhatHasEnded(t *testing.T) {
	specs := []window.Spec{window.Global(), window.Day(time.UTC), window.Tumbling(5 * time.Minute), window.Tumbling(time.Second)}
	rapid.Check(t, func(t *rapid.T) {
		events, spec := drawComputeEvents(t), rapid.SampledFrom(specs).Draw(t, "window")
		key := computeKeys[rapid.SampledFrom([]string{"text and small", "text and maybe", "large and maybe"}).Draw(t, "key")]
		view := computeView(key.key, spec, source.Predicate[computeEvent]{})
		view.Aggregate = aggregate.Map(aggregate.Sum(computeAmount), func(n int64) computeSums { return computeSums{Sum: n} })
		fold, err := NewFold(view)
		require.NoError(t, err)
		schema, err := source.SchemaOf[computeEvent]()
		require.NoError(t, err)
		b := source.NewBuilder[computeEvent](schema, nil)
		got := map[string]int64{}
		over := false
		drain := func() {
			mark, _ := fold.Watermark()
			require.NoError(t, fold.Drain(func(rows []Row[computeKey, computeSums]) error {
				for _, row := range rows {
					require.Equal(t, rows[0].Window, row.Window)
					require.True(t, over || !row.Window.End.After(mark))
					got[fmt.Sprint(row.Window.Start.UnixMicro(), row.Key)] += row.Value.Sum
				}
				return nil
			}))
		}
		for from := 0; from < len(events); {
			n := min(rapid.IntRange(1, 500).Draw(t, "chunk"), len(events)-from)
			b.Reset()
			for i := range n {
				b.Append(&events[from+i], int64(from+i), nil)
			}
			_, err := fold.Add(b.Chunk(0, int64(from), int64(from+n)))
			require.NoError(t, err)
			drain()
			from += n
		}
		fold.End()
		over = true
		drain()
		require.Zero(t, fold.Len())
		want := map[string]int64{}
		for at, row := range computeNaively(events, spec, key.naive, func(computeEvent) bool { return true }) {
			want[at] = row.Sum
		}
		require.Equal(t, want, got)
	})
}

// memoryLog is events in partitions, without parts that can be scanned.
func memoryLog(t require.TestingT, partitions ...[]computeEvent) *source.Memory[computeEvent] {
	log, err := source.NewMemory[computeEvent]("calculo", len(partitions), source.MemoryOptions[computeEvent]{})
	require.NoError(t, err)
	for i, events := range partitions {
		_, err := log.Append(i, events...)
		require.NoError(t, err)
	}
	return log
}

// TestComputeReadsAnyLogToItsEnd: by partitions, side by side, and no further than the
// log has come.
func TestComputeReadsAnyLogToItsEnd(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	log := memoryLog(t, []computeEvent{{At: at, Text: "a", Amount: 1}, {At: at, Text: "b", Amount: 2}}, nil, []computeEvent{{At: at, Text: "a", Amount: 4}})
	view := View[computeEvent, string, int64]{Name: "suma", Key: By(computeText), Window: window.Global(), Aggregate: aggregate.Sum(computeAmount)}
	result, err := Compute(context.Background(), view, log, ComputeOptions{})
	require.NoError(t, err)
	rows, err := result.Sorted()
	require.NoError(t, err)
	require.Equal(t, []Row[string, int64]{{Key: "a", Value: 5}, {Key: "b", Value: 2}}, rows)

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Compute(cancelled, view, log, ComputeOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// TestComputeWindowsOfAllKinds: sessions and sliding windows have one table, and their
// rows are those of the pipeline's.
func TestComputeWindowsOfAllKinds(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	events := []computeEvent{{At: at, Text: "a", Amount: 1}, {At: at.Add(4 * time.Minute), Text: "a", Amount: 2}, {At: at.Add(20 * time.Minute), Text: "a", Amount: 4}}
	sums := func(spec window.Spec) (out []string) {
		result, err := Compute(context.Background(), View[computeEvent, string, int64]{Name: "suma", Time: computeAt, Key: By(computeText),
			Window: spec, Aggregate: aggregate.Sum(computeAmount)}, memoryLog(t, events[:1], events[1:]), ComputeOptions{})
		require.NoError(t, err)
		rows, err := result.Sorted()
		require.NoError(t, err)
		require.Len(t, rows, result.Len())
		for _, row := range rows {
			out = append(out, fmt.Sprintf("%s+%v=%d", row.Window.Start.Format("15:04"), row.Window.End.Sub(row.Window.Start), row.Value))
		}
		return out
	}
	require.Equal(t, []string{"09:00+9m0s=3", "09:20+5m0s=4"}, sums(window.Session(5*time.Minute)))
	require.Equal(t, []string{"08:50+20m0s=3", "09:00+20m0s=3", "09:10+20m0s=4", "09:20+20m0s=4"}, sums(window.Sliding(20*time.Minute, 10*time.Minute)))
}

// TestComputeSaysWhatItCannotFold: a record that is no event is an error, unless
// somebody takes it; so is a panic of the view's own code.
func TestComputeSaysWhatItCannotFold(t *testing.T) {
	dir := t.TempDir()
	schema, err := source.SchemaOf[computeEvent]()
	require.NoError(t, err)
	w, err := source.NewParquetTable[computeEvent](schema)
	require.NoError(t, err)
	b := source.NewBuilder[computeEvent](schema, nil)
	for i := range 300 {
		b.Append(&computeEvent{At: time.Unix(0, 0).UTC(), Small: int64(i)}, int64(i), nil)
	}
	require.NoError(t, w.Write(b.Chunk(0, 0, 300)))
	body, err := w.Close()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0.parquet"), body, 0o644))
	type narrow struct {
		Small int8 `anabranch:"small"`
	}
	log, err := source.NewParquetFiles(os.DirFS(dir), "*.parquet", source.TablesOptions[narrow]{})
	require.NoError(t, err)
	view := View[narrow, struct{}, int64]{Name: "cuenta", Key: All[narrow](), Window: window.Global(), Aggregate: aggregate.Sum(source.FieldOf(func(n *narrow) *int8 { return &n.Small }))}
	_, err = Compute(context.Background(), view, log, ComputeOptions{})
	require.ErrorIs(t, err, source.ErrValue)
	require.ErrorContains(t, err, "0.parquet: row 128")
	bad := 0
	result, err := Compute(context.Background(), view, log, ComputeOptions{Quarantine: func(source.Quarantined) { bad++ }})
	require.NoError(t, err)
	require.Equal(t, 172, bad)
	rows, err := result.Sorted()
	require.NoError(t, err)
	require.EqualValues(t, 127*128/2, rows[0].Value)

	panics := view
	panics.Version, panics.Where = 1, source.Func(func(n *narrow) bool { return 10/(n.Small-20) >= 0 })
	_, err = Compute(context.Background(), panics, log, ComputeOptions{Quarantine: func(source.Quarantined) {}})
	require.ErrorIs(t, err, ErrStopped)
	require.ErrorContains(t, err, "offset 20")
}
