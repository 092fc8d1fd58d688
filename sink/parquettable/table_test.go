package parquettable_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/parquettable"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

func scheme(t testing.TB, dims ...partition.Dimension) partition.Scheme {
	s, err := partition.New(dims...)
	require.NoError(t, err)
	return s
}

// suiteOptions splits the suite's rows by hostile values, too.
func suiteOptions(t testing.TB) map[string]parquettable.Options {
	return map[string]parquettable.Options{
		"one file": {},
		"by time and text": {Columns: []string{"window_start", "category"},
			Scheme: scheme(t, partition.ByMonth("mes"), partition.ByValue("cat"))},
	}
}

func TestTablesAreSinks(t *testing.T) {
	for name, options := range suiteOptions(t) {
		t.Run(name, func(t *testing.T) {
			sinktest.TestSink(t, sinktest.Harness{
				Open: func(t *testing.T) sinktest.Sink {
					table, err := parquettable.Open[sinktest.Key, sinktest.Value](t.TempDir(), options)
					require.NoError(t, err)
					return table
				},
				Rows: func(ctx context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
					return s.(*parquettable.Table[sinktest.Key, sinktest.Value]).Rows(ctx)
				},
			})
		})
	}
}

func open(t testing.TB, dir string, options parquettable.Options) *parquettable.Table[Product, Sales] {
	table, err := parquettable.Open[Product, Sales](dir, options)
	require.NoError(t, err)
	return table
}

func held(t testing.TB, dir string, options parquettable.Options) []sink.Row[Product, Sales] {
	rows, err := open(t, dir, options).Rows(t.Context())
	require.NoError(t, err)
	return rows
}

// tree lists what a table's directory holds, without the random part of names.
func tree(t testing.TB, dir string) (paths []string) {
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		if name, nonce, ok := strings.Cut(filepath.Base(below), "-"); ok && len(nonce) > 20 {
			below = filepath.Join(filepath.Dir(below), name)
		}
		paths = append(paths, below)
		return nil
	}))
	return paths
}

func TestWriteMakesNewFilesForTouchedPartitionsAlone(t *testing.T) {
	dir := t.TempDir()
	table := open(t, dir, byDay())
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "a", 1, 1), sales(25, "a", 1, 1)}))
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(25, "b", 2, 7), sales(24, "a", 0, 99)}))
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(25, "b", 2, 7), sales(24, "a", 0, 99)}), "nothing new")
	want := []string{"_lock",
		"_versions/0000000001/_table", "_versions/0000000001/fecha=2026-11-24/0000000001", "_versions/0000000001/fecha=2026-11-25/0000000001",
		"_versions/0000000002/_table", "_versions/0000000002/fecha=2026-11-24/0000000001", "_versions/0000000002/fecha=2026-11-25/0000000002",
		"current"}
	require.Equal(t, want, tree(t, dir))
	require.Equal(t, []sink.Row[Product, Sales]{sales(24, "a", 1, 1), sales(25, "a", 1, 1), sales(25, "b", 2, 7)}, held(t, dir, byDay()))
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(26, "b", 2, 7)}))
	require.NotContains(t, strings.Join(tree(t, dir), " "), "_versions/0000000001", "one version is kept besides the current one")
}

func TestReplaceLeavesNothingOfBefore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "table")
	ctx := t.Context()
	options := byDay()
	options.Keep = -1
	_, err := parquettable.Current(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Empty(t, held(t, dir, options))
	require.NoError(t, parquettable.Replace(ctx, dir, []sink.Row[Product, Sales]{sales(24, "a", 1, 1), sales(25, "a", 1, 1)}, options))
	require.NoError(t, parquettable.Replace(ctx, dir, []sink.Row[Product, Sales]{sales(25, "b", 2, 7), sales(25, "b", 1, 6), sales(25, "a", 1, 5)}, options))
	require.Equal(t, []sink.Row[Product, Sales]{sales(25, "a", 1, 5), sales(25, "b", 2, 7)}, held(t, dir, options), "in order, and the newest of each")
	require.Equal(t, []string{"_lock", "_versions/0000000002/_table", "_versions/0000000002/fecha=2026-11-25/0000000002", "current"}, tree(t, dir))

	require.NoError(t, parquettable.Replace(ctx, dir, []sink.Row[Product, Sales]{}, options))
	require.Empty(t, held(t, dir, options))
	require.NoError(t, parquettable.Replace(ctx, dir, []sink.Row[Product, Sales]{}, parquettable.Options{}))
	require.Empty(t, held(t, dir, parquettable.Options{}))
	current, err := parquettable.Current(dir)
	require.NoError(t, err)
	files, err := filepath.Glob(current + "/*.parquet")
	require.NoError(t, err)
	require.Len(t, files, 1, "a file that says the columns")
}

func TestTablesOfOtherColumnsAreRefused(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	require.NoError(t, open(t, dir, byDay()).Write(ctx, []sink.Row[Product, Sales]{sales(24, "a", 1, 1)}))
	other := open(t, dir, parquettable.Options{Schema: sink.SchemaOptions{Rename: map[string]string{"orders": "pedidos"}}})
	err := other.Write(ctx, []sink.Row[Product, Sales]{sales(24, "a", 2, 1)})
	require.ErrorIs(t, err, parquettable.ErrTable)
	require.ErrorContains(t, err, "fecha")
	_, err = other.Rows(ctx)
	require.ErrorIs(t, err, parquettable.ErrTable)
	require.NoError(t, other.Replace(ctx, []sink.Row[Product, Sales]{sales(24, "a", 2, 1)}))
	rows, err := other.Rows(ctx)
	require.NoError(t, err)
	require.Equal(t, []sink.Row[Product, Sales]{sales(24, "a", 2, 1)}, rows)
}

func TestForeignDirectoriesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.parquet"), nil, 0o666))
	err := parquettable.Replace(t.Context(), dir, []sink.Row[Product, Sales]{sales(24, "a", 2, 1)}, byDay())
	require.ErrorIs(t, err, parquettable.ErrTable)
	require.ErrorContains(t, err, "mine.parquet")
	require.Equal(t, []string{"mine.parquet"}, tree(t, dir))

	linked := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(linked, "_versions"), 0o777))
	require.NoError(t, os.Symlink(dir, filepath.Join(linked, "current")))
	require.ErrorIs(t, parquettable.Replace(t.Context(), linked, []sink.Row[Product, Sales]{}, byDay()), parquettable.ErrTable)
	require.FileExists(t, filepath.Join(dir, "mine.parquet"))
}

func TestOptionsAreChecked(t *testing.T) {
	day := scheme(t, partition.ByDay("fecha"))
	for part, options := range map[string]parquettable.Options{
		"0 columns for the 1 dimensions": {Scheme: day},
		"1 columns for the 0 dimensions": {Columns: []string{"view"}},
		`"orders" is none`:               {Scheme: day, Columns: []string{"orders"}},
		`"version" is none`:              {Scheme: day, Columns: []string{"version"}},
		`"nothing" is none`:              {Scheme: day, Columns: []string{"nothing"}},
		"doesn't take a string":          {Scheme: day, Columns: []string{"category"}},
		"rename the dimension":           {Scheme: scheme(t, partition.ByValue("Category")), Columns: []string{"category"}},
	} {
		_, err := parquettable.Open[Product, Sales](t.TempDir(), options)
		require.ErrorIs(t, err, parquettable.ErrOptions)
		require.ErrorContains(t, err, part)
	}
	_, err := parquettable.Open[float64, int](t.TempDir(), parquettable.Options{Scheme: scheme(t, partition.ByValue("k")), Columns: []string{"key"}})
	require.ErrorContains(t, err, "can't split by a float")
	_, err = parquettable.Open[int, any](t.TempDir(), parquettable.Options{})
	require.ErrorIs(t, err, sink.ErrType)
}

// TestHostileValuesStayInTheirDirectory splits by texts that look like paths.
func TestHostileValuesStayInTheirDirectory(t *testing.T) {
	options := parquettable.Options{Scheme: scheme(t, partition.ByValue("k")), Columns: []string{"key"}}
	parent := t.TempDir()
	table, err := parquettable.Open[source.Null[string], int](filepath.Join(parent, "table"), options)
	require.NoError(t, err)
	var rows []sink.Row[source.Null[string], int]
	for i, key := range []source.Null[string]{{}, source.Some(""), source.Some("../../../out"), source.Some(".."), source.Some("/etc"), source.Some("a=b/c"),
		source.Some("__HIVE_DEFAULT_PARTITION__"), source.Some("\x00"), source.Some("x.parquet"), source.Some("_hidden"), source.Some("50%")} {
		rows = append(rows, sink.Row[source.Null[string], int]{View: "v", Key: key, Value: i})
	}
	for range 2 {
		require.NoError(t, table.Write(t.Context(), rows))
		got, err := table.Rows(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, rows, got)
		rows[0].Version++
	}
	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	err = table.Write(t.Context(), []sink.Row[source.Null[string], int]{{View: "v", Key: source.Some(strings.Repeat("long", 100))}})
	require.ErrorIs(t, err, sink.ErrValue)
	require.ErrorIs(t, err, partition.ErrValue)
}

// TestUntouchedRowsKeepTheirText writes lists that don't come back from JSON as
// they were: rewriting their partition mustn't change them.
func TestUntouchedRowsKeepTheirText(t *testing.T) {
	dir := t.TempDir()
	table, err := parquettable.Open[string, []float64](dir, parquettable.Options{})
	require.NoError(t, err)
	row := func(key string) []sink.Row[string, []float64] {
		return []sink.Row[string, []float64]{{View: "v", Key: key, Value: []float64{math.NaN(), 1}}}
	}
	require.NoError(t, table.Write(t.Context(), row("a")))
	require.NoError(t, table.Write(t.Context(), row("b")))
	schema, err := sink.SchemaOf[string, []float64](sink.SchemaOptions{})
	require.NoError(t, err)
	value, _ := schema.Lookup("value")
	current, err := parquettable.Current(dir)
	require.NoError(t, err)
	files, err := filepath.Glob(current + "/*.parquet")
	require.NoError(t, err)
	require.Len(t, files, 1)
	body, err := os.ReadFile(files[0])
	require.NoError(t, err)
	r, err := source.OpenParquet[sink.Record[string, []float64]](files[0], body, source.ParquetOptions{})
	require.NoError(t, err)
	chunk, err := r.Next()
	require.NoError(t, err)
	for i := range 2 {
		require.Equal(t, "[null,1]", chunk.Columns[value].Value(int32(i)).Text)
	}
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
}

// TestRemovedRowsStayInTheFiles reads a table as others do: what was removed is
// there to be left out, through writes to its partition too.
func TestRemovedRowsStayInTheFiles(t *testing.T) {
	dir := t.TempDir()
	table := open(t, dir, parquettable.Options{})
	gone := sales(24, "a", 2, 0)
	gone.Removed = true
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "a", 1, 1)}))
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{gone}))
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "b", 1, 1)}))
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "a", 1, 1)}))
	require.Equal(t, []sink.Row[Product, Sales]{sales(24, "b", 1, 1)}, held(t, dir, parquettable.Options{}))
	files, err := filepath.Glob(dir + "/current/*.parquet")
	require.NoError(t, err)
	require.Len(t, files, 1)
	body, err := os.ReadFile(files[0])
	require.NoError(t, err)
	r, err := source.OpenParquet[sink.Record[Product, Sales]](files[0], body, source.ParquetOptions{})
	require.NoError(t, err)
	chunk, err := r.Next()
	require.NoError(t, err)
	kept := sales(24, "b", 1, 1)
	require.Equal(t, []sink.Record[Product, Sales]{sink.RecordOf(&gone), sink.RecordOf(&kept)}, chunk.Rows())
}

// TestAttemptsThatFailChangeNothing ends a write at each point that it can look at
// its context, and leaves what a process that died would have left.
func TestAttemptsThatFailChangeNothing(t *testing.T) {
	dir := t.TempDir()
	table := open(t, dir, byDay())
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "a", 1, 1)}))
	before := tree(t, dir)
	failed := 0
	for looks := 0; ; looks++ {
		ctx := &endingContext{Context: t.Context(), looks: looks}
		err := table.Write(ctx, []sink.Row[Product, Sales]{sales(24, "a", 2, 2), sales(25, "a", 2, 2), sales(26, "a", 2, 2)})
		if err == nil {
			break
		}
		failed++
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, tree(t, dir))
	}
	require.Greater(t, failed, 3)
	require.Len(t, held(t, dir, byDay()), 3)

	// A process that died before its rename leaves a version, and perhaps a link.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "_versions", "0000000003", "fecha=2026-11-24"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "_versions", "0000000003", "fecha=2026-11-24", "x.parquet"), []byte("torn"), 0o666))
	require.NoError(t, os.Symlink("_versions/0000000003", filepath.Join(dir, "_next")))
	require.Len(t, held(t, dir, byDay()), 3)
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(27, "a", 2, 2)}))
	require.Len(t, held(t, dir, byDay()), 4)
	require.NotContains(t, strings.Join(tree(t, dir), " "), "x.parquet")
	require.NotContains(t, tree(t, dir), "_next")
}

// endingContext ends when it's asked for the nth time.
type endingContext struct {
	context.Context
	mu    sync.Mutex
	looks int
}

func (c *endingContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestTornFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	table := open(t, dir, parquettable.Options{})
	require.NoError(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "a", 1, 1)}))
	files, err := filepath.Glob(dir + "/current/*.parquet")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files[0], []byte("PAR1"), 0o666))
	require.ErrorContains(t, table.Write(t.Context(), []sink.Row[Product, Sales]{sales(24, "a", 2, 1)}), "cannot read what it holds")
	_, err = table.Rows(t.Context())
	require.ErrorContains(t, err, files[0][strings.LastIndex(files[0], "/"):])
}

// TestReadersSeeOneVersion writes rows of one version each to all partitions, from
// two tables, while others read.
func TestReadersSeeOneVersion(t *testing.T) {
	dir := t.TempDir()
	rows := func(version int64) (rows []sink.Row[Product, Sales]) {
		for day := 1; day <= 3; day++ {
			rows = append(rows, sales(day, "a", version, version))
		}
		return rows
	}
	require.NoError(t, open(t, dir, byDay()).Write(t.Context(), rows(1)))
	var group sync.WaitGroup
	errs := make(chan error, 10)
	for w := range 2 {
		group.Go(func() {
			table := open(t, dir, byDay())
			for version := range int64(15) {
				if err := table.Write(t.Context(), rows(2*version+int64(w))); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		table := open(t, dir, byDay())
		for last := int64(0); ; {
			select {
			case <-done:
				return
			default:
			}
			got, err := table.Rows(t.Context())
			if err == nil && (len(got) != 3 || got[0].Version != got[2].Version || got[0].Version < last) {
				err = fmt.Errorf("after version %d: %v", last, got)
			}
			if err != nil {
				errs <- err
				return
			}
			last = got[0].Version
		}
	})
	group.Wait()
	close(done)
	readers.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, int64(29), held(t, dir, byDay())[0].Version)
}

// TestWritesAreThoseOfMemory compares random writes with the sink in memory.
func TestWritesAreThoseOfMemory(t *testing.T) {
	parent := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(parent, fmt.Sprint(n))
		s, err := partition.New(partition.ByDay("fecha"), partition.ByHash("bucket", 2))
		require.NoError(t, err)
		table, err := parquettable.Open[Product, Sales](dir, parquettable.Options{Scheme: s, Columns: []string{"window_start", "category"}})
		require.NoError(t, err)
		memory := sink.NewMemory[Product, Sales]()
		ctx := context.Background()
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sink.Row[Product, Sales] {
				row := sales(rapid.IntRange(1, 2).Draw(t, "day"), rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "category"),
					rapid.Int64Range(0, 3).Draw(t, "version"), rapid.Int64Range(0, 3).Draw(t, "orders"))
				row.Timing = rapid.SampledFrom([]sink.Timing{sink.Early, sink.OnTime, sink.Late}).Draw(t, "timing")
				row.Removed = rapid.Bool().Draw(t, "removed")
				return row
			}), 0, 6).Draw(t, "rows")
			require.NoError(t, table.Write(ctx, rows))
			require.NoError(t, memory.Write(ctx, rows))
		}
		got, err := table.Rows(ctx)
		require.NoError(t, err)
		require.ElementsMatch(t, memory.Rows(), got)
		require.NoError(t, os.RemoveAll(dir))
	})
}

// peers reads a table as its documentation says.
const peers = `
import sys, duckdb, pyarrow.dataset as ds
dir = sys.argv[1]
t = ds.dataset(dir + '/current', partitioning='hive').to_table()
assert t.num_rows == 3, t
types = {f.name: str(f.type) for f in t.schema}
assert types['window_start'] == 'timestamp[us, tz=UTC]' and types['revenue'] == 'decimal128(18, 2)' and types['fecha'] == 'string', types
assert sorted(t['fecha'].to_pylist()) == ['2026-11-24', '2026-11-25', '2026-11-25']
con = duckdb.connect()
got = con.execute(f"select category, sum(orders), max(revenue) from read_parquet('{dir}/current/**/*.parquet', hive_partitioning=true) where fecha = '2026-11-25' group by 1 order by 1").fetchall()
assert [(c, int(o), str(r)) for c, o, r in got] == [('juguetes', 1, '29.90'), ('libros', 5, '149.50')], got
`

// TestPeersReadTables needs a Python that has pyarrow and duckdb, by its path in
// ANABRANCH_PYTHON. What they read is read in Go by the tests above.
func TestPeersReadTables(t *testing.T) {
	python := os.Getenv("ANABRANCH_PYTHON")
	if python == "" {
		t.Skip("ANABRANCH_PYTHON isn't set")
	}
	dir := t.TempDir()
	rows := []sink.Row[Product, Sales]{sales(24, "libros", 17, 2), sales(25, "libros", 17, 5), sales(25, "juguetes", 17, 1)}
	require.NoError(t, parquettable.Replace(t.Context(), dir, rows, byDay()))
	out, err := exec.Command(python, "-c", peers, dir).CombinedOutput()
	require.NoError(t, err, string(out))
}

func BenchmarkTable(b *testing.B) {
	const n = 20_000
	rows := make([]sinktest.Row, n)
	for i := range rows {
		at := window.Hour(time.UTC).At(time.Date(2026, 11, 1+i%4, i%24, 0, 0, 0, time.UTC))
		rows[i] = sinktest.Row{View: "ventas", Window: at, Key: sinktest.Key{Category: fmt.Sprint("categoría ", i%50), Region: fmt.Sprint(i)},
			Value: sinktest.Value{Sum: int64(i), Mean: float64(i) / 3}, Version: 7}
	}
	table, err := parquettable.Open[sinktest.Key, sinktest.Value](b.TempDir(), byDay())
	require.NoError(b, err)
	perRow := func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
	}
	b.Run("Replace", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, table.Replace(b.Context(), rows))
		}
		perRow(b)
	})
	b.Run("Write", func(b *testing.B) { // onto as many rows of the same identities
		for b.Loop() {
			for i := range rows {
				rows[i].Version++
			}
			require.NoError(b, table.Write(b.Context(), rows))
		}
		perRow(b)
	})
	b.Run("Rows", func(b *testing.B) {
		for b.Loop() {
			got, err := table.Rows(b.Context())
			require.NoError(b, err)
			require.Len(b, got, n)
		}
		perRow(b)
	})
}
