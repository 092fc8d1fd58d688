package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// scanEvent is read from files that another writer wrote, and from their paths.
type scanEvent struct {
	Fecha time.Time `anabranch:"fecha"`
	At    time.Time `anabranch:"at"`
	Name  string    `anabranch:"name"`
	Maybe *string   `anabranch:"maybe"`
	N     int64     `anabranch:"n"`
	Zero  int64     `anabranch:"zero"`
	Id    int64     `anabranch:"id"`
}

// foreignScan is what is in the files. zero may be null there, which is 0 here.
type foreignScan struct {
	At    int64   `parquet:"at,timestamp(millisecond)"`
	Name  string  `parquet:"name,dict"`
	Maybe *string `parquet:"maybe,optional"`
	N     int32   `parquet:"n"`
	Zero  *int64  `parquet:"zero,optional"`
	Id    int64   `parquet:"id"`
}

var (
	scanFecha = FieldOf(func(e *scanEvent) *time.Time { return &e.Fecha })
	scanAt    = FieldOf(func(e *scanEvent) *time.Time { return &e.At })
	scanName  = FieldOf(func(e *scanEvent) *string { return &e.Name })
	scanMaybe = OptionalOf(func(e *scanEvent) **string { return &e.Maybe })
	scanN     = FieldOf(func(e *scanEvent) *int64 { return &e.N })
	scanZero  = FieldOf(func(e *scanEvent) *int64 { return &e.Zero })
	scanID    = FieldOf(func(e *scanEvent) *int64 { return &e.Id })
)

// writeScan writes files of small row groups by days, and gives their events.
func writeScan(t *rapid.T, dir string) (events []scanEvent) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	start, sorted := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), rapid.Bool().Draw(t, "sorted")
	id := int64(0)
	for day := range rapid.IntRange(1, 4).Draw(t, "days") {
		date := start.AddDate(0, 0, day)
		var rows []foreignScan
		for i := range rapid.SampledFrom([]int{0, 1, 17, 400}).Draw(t, "rows") {
			row := foreignScan{At: date.UnixMilli() + r.Int64N(1000), Name: fmt.Sprint("nombre ", r.IntN(20)), N: int32(r.IntN(100)) - 50, Id: id}
			if sorted {
				row.At, row.Name, row.N = date.UnixMilli()+int64(i), fmt.Sprintf("nombre %02d", i/4), int32(i)-20
			}
			if r.IntN(2) == 0 {
				row.Maybe = new("quizá")
			}
			if zero := int64(r.IntN(5)); r.IntN(3) > 0 {
				row.Zero = &zero
			}
			rows = append(rows, row)
			e := scanEvent{Fecha: date, At: time.UnixMilli(row.At).UTC(), Name: row.Name, Maybe: row.Maybe, N: int64(row.N), Id: id}
			if row.Zero != nil {
				e.Zero = *row.Zero
			}
			events = append(events, e)
			id++
		}
		path := filepath.Join(dir, "fecha="+date.Format(time.DateOnly), "0.parquet")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		var file bytes.Buffer
		w := parquet.NewGenericWriter[foreignScan](&file, parquet.MaxRowsPerRowGroup(rapid.SampledFrom([]int64{5, 150, 1000}).Draw(t, "group")),
			parquet.PageBufferSize(rapid.SampledFrom([]int{1, 100, 10_000}).Draw(t, "page")), parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(t, "version")))
		for some := range slices.Chunk(rows, rapid.IntRange(1, 9).Draw(t, "some")) { // pages end between them
			_, err := w.Write(some)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		require.NoError(t, os.WriteFile(path, file.Bytes(), 0o644))
	}
	return events
}

// drawScanPredicate gives a predicate, and what it means.
func drawScanPredicate(t *rapid.T, events []scanEvent) (Predicate[scanEvent], func(scanEvent) bool) {
	e := scanEvent{Fecha: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), N: 70, Zero: 9}
	if len(events) > 0 && rapid.IntRange(0, 9).Draw(t, "known") > 0 { // bounds are often values
		e = events[rapid.IntRange(0, len(events)-1).Draw(t, "event")]
	}
	n, name, day, at, zero := e.N+rapid.Int64Range(0, 1).Draw(t, "more"), e.Name, e.Fecha, e.At, e.Zero
	switch rapid.IntRange(0, 7).Draw(t, "predicate") {
	case 0:
		return AtLeast(scanN, n), func(e scanEvent) bool { return e.N >= n }
	case 1:
		return Equal(scanName, name), func(e scanEvent) bool { return e.Name == name }
	case 2:
		return Equal(scanFecha, day), func(e scanEvent) bool { return e.Fecha.Equal(day) }
	case 3:
		return And(AtLeast(scanAt, at), Less(scanN, n)), func(e scanEvent) bool { return !e.At.Before(at) && e.N < n }
	case 4:
		return Equal(scanZero, zero), func(e scanEvent) bool { return e.Zero == zero }
	case 5:
		return Equal(scanMaybe, "quizá"), func(e scanEvent) bool { return e.Maybe != nil }
	case 6:
		return Or(Less(scanN, n), Equal(scanName, name)), func(e scanEvent) bool { return e.N < n || e.Name == name }
	}
	return Predicate[scanEvent]{}, func(scanEvent) bool { return true }
}

// TestScanGivesEachWantedEventOnce: whatever files, row groups and columns are passed
// over, what a predicate selects is there, in one part.
func TestScanGivesEachWantedEventOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "scan")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		events := writeScan(t, dir)
		log, err := NewParquetFiles(os.DirFS(dir), "**/*.parquet", TablesOptions[scanEvent]{ChunkRows: rapid.IntRange(1, 50).Draw(t, "chunk")})
		require.NoError(t, err)
		where, keep := drawScanPredicate(t, events)
		binder, err := NewBinder[scanEvent]()
		require.NoError(t, err)
		filter, err := where.Bind(binder)
		require.NoError(t, err)
		id, err := scanID.Bind(binder)
		require.NoError(t, err)
		frame := binder.NewFrame()

		parts, err := log.Scan(context.Background(), Scan{Columns: binder.Columns(), Limits: where.Limits, Parts: rapid.IntRange(0, 9).Draw(t, "parts")})
		require.NoError(t, err)
		var got []int64
		for _, part := range parts {
			r, err := part(context.Background())
			require.NoError(t, err)
			last := int64(-1)
			for {
				c, err := r.Next(context.Background())
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				require.NoError(t, c.Check())
				require.Greater(t, c.From, last)
				last = c.Next - 1
				frame.Load(c)
				all := make([]int32, c.Len())
				for i := range all {
					all[i] = int32(i)
				}
				for _, row := range filter.Keep(frame, all, nil) {
					require.Equal(t, c.Offsets[row], frame.Vector(id).Ints[row], "the offset is the row's number")
					got = append(got, frame.Vector(id).Ints[row])
				}
			}
			require.NoError(t, r.Close())
		}
		var want []int64
		for _, e := range events {
			if keep(e) {
				want = append(want, e.Id)
			}
		}
		sort.Slice(got, func(i, j int) bool { return got[i] < got[j] })
		require.Equal(t, want, got)
	})
}

// TestScanPassesOver: what can't be wanted isn't opened, or isn't read.
func TestScanPassesOver(t *testing.T) {
	dir := t.TempDir()
	for day := range 3 {
		path := filepath.Join(dir, fmt.Sprintf("fecha=2026-11-0%d", day+1), "0.parquet")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		rows := make([]foreignScan, 40)
		for i := range rows {
			rows[i] = foreignScan{N: int32(i), Name: fmt.Sprintf("nombre %02d", i), Id: int64(40*day + i)}
		}
		require.NoError(t, parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(10)))
	}
	log, err := NewParquetFiles(os.DirFS(dir), "**/*.parquet", TablesOptions[scanEvent]{})
	require.NoError(t, err)
	read := func(where Predicate[scanEvent], columns ...int) (parts, rows int) {
		all, err := log.Scan(context.Background(), Scan{Columns: columns, Limits: where.Limits})
		require.NoError(t, err)
		for _, part := range all {
			r, err := part(context.Background())
			require.NoError(t, err)
			for {
				c, err := r.Next(context.Background())
				if err != nil {
					require.ErrorIs(t, err, io.EOF)
					break
				}
				rows += c.Len()
				for i := range c.Columns {
					require.Equal(t, columns == nil || i == columns[0], c.Columns[i].Kind != Invalid)
				}
			}
			require.NoError(t, r.Close())
		}
		return len(all), rows
	}
	parts, rows := read(Predicate[scanEvent]{})
	require.Equal(t, []int{3, 120}, []int{parts, rows})
	parts, rows = read(Equal(scanFecha, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)))
	require.Equal(t, []int{1, 40}, []int{parts, rows}, "a file by its path")
	_, rows = read(AtLeast(scanN, 35), 4)
	require.Equal(t, 30, rows, "a row group by its integers")
	_, rows = read(Equal(scanName, "nombre 12"), 2)
	require.Equal(t, 30, rows, "a row group by its texts")
	_, rows = read(Equal(scanName, "no one"), 2)
	require.Zero(t, rows)

	require.NoError(t, os.RemoveAll(dir))
	dir = filepath.Join(dir, "fecha=2026-11-01")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	many := make([]foreignScan, 4000)
	for i := range many {
		many[i] = foreignScan{N: int32(i), Id: int64(i)}
	}
	require.NoError(t, parquet.WriteFile(filepath.Join(dir, "0.parquet"), many, parquet.PageBufferSize(400)))
	log, err = NewParquetFiles(os.DirFS(filepath.Dir(dir)), "**/*.parquet", TablesOptions[scanEvent]{})
	require.NoError(t, err)
	_, rows = read(And(AtLeast(scanN, 1990), Less(scanN, 2000)))
	require.Less(t, rows, 500, "pages by the file's index")
	require.GreaterOrEqual(t, rows, 10)
}

// TestRenamedColumns: a data set's names may be anyone's.
func TestRenamedColumns(t *testing.T) {
	dir := t.TempDir()
	visits(t, dir, 3)
	type view struct {
		Where string `anabranch:"where"`
		Years int8   `anabranch:"years"`
	}
	log, err := NewParquetFiles(os.DirFS(dir), "*/*", TablesOptions[view]{Rename: map[string]string{"where": "page", "years": "age"}})
	require.NoError(t, err)
	r, err := log.Open(context.Background(), 0, 0)
	require.NoError(t, err)
	defer r.Close()
	c, err := r.Next(context.Background())
	require.NoError(t, err)
	require.Equal(t, []view{{"page 0", 0}, {"page 1", 1}, {"page 2", 2}}, c.Rows())
	_, err = NewParquetFiles(os.DirFS(dir), "*/*", TablesOptions[view]{Rename: map[string]string{"no": "page"}})
	require.ErrorIs(t, err, ErrSchema)
}
