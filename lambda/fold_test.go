package lambda

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// shopEvent is what the loop is measured with.
type shopEvent struct {
	At       time.Time `anabranch:"at"`
	Type     string    `anabranch:"type"`
	User     int64     `anabranch:"user"`
	Category string    `anabranch:"category"`
	Region   string    `anabranch:"region"`
	Cents    int64     `anabranch:"cents,decimal=2"`
}

var (
	shopAt       = source.FieldOf(func(e *shopEvent) *time.Time { return &e.At })
	shopType     = source.FieldOf(func(e *shopEvent) *string { return &e.Type })
	shopUser     = source.FieldOf(func(e *shopEvent) *int64 { return &e.User })
	shopCategory = source.FieldOf(func(e *shopEvent) *string { return &e.Category })
	shopRegion   = source.FieldOf(func(e *shopEvent) *string { return &e.Region })
	shopCents    = source.FieldOf(func(e *shopEvent) *int64 { return &e.Cents })
)

type shopPlace struct{ Category, Region string }

func shopByPlace() View[shopEvent, shopPlace, [3]int64] {
	return View[shopEvent, shopPlace, [3]int64]{
		Name: "ventas", Time: shopAt, Where: source.Equal(shopType, "purchase"), Window: window.Tumbling(5 * time.Minute),
		Key: By2(shopCategory, shopRegion, func(p *shopPlace) (*string, *string) { return &p.Category, &p.Region }),
		Aggregate: aggregate.Join3(aggregate.Sum(shopCents), aggregate.Count[shopEvent](), aggregate.Distinct(shopUser),
			func(sum, n, users int64) [3]int64 { return [3]int64{sum, n, users} }),
	}
}

func shopByUser() View[shopEvent, int64, [2]int64] {
	return View[shopEvent, int64, [2]int64]{
		Name: "usuarios", Time: shopAt, Window: window.Tumbling(5 * time.Minute), Key: By(shopUser),
		Aggregate: aggregate.Join2(aggregate.Sum(shopCents), aggregate.Count[shopEvent](),
			func(sum, n int64) [2]int64 { return [2]int64{sum, n} }),
	}
}

// shopChunks makes chunks of one dictionary, as a log gives them.
func shopChunks(tb testing.TB, chunks, rows, users int) []*source.Chunk[shopEvent] {
	schema, err := source.SchemaOf[shopEvent]()
	require.NoError(tb, err)
	b := source.NewBuilder[shopEvent](schema, nil)
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var out []*source.Chunk[shopEvent]
	offset := int64(0)
	for range chunks {
		from := offset
		for range rows {
			b.Append(&shopEvent{
				At:   start.Add(time.Duration(offset) * time.Millisecond).Add(-time.Duration(r.IntN(60)) * time.Second),
				Type: pick(r, "view", "view", "cart", "purchase"), User: int64(r.IntN(users)),
				Category: fmt.Sprint("categoria-", r.IntN(30)), Region: fmt.Sprint("region-", r.IntN(8)), Cents: int64(r.IntN(10_000)),
			}, offset, nil)
			offset++
		}
		out = append(out, b.Chunk(0, from, offset))
		b.Reset()
	}
	return out
}

func newTestTable[E, K, R any](tb testing.TB, v View[E, K, R]) *table[E] {
	d, err := define(v)
	require.NoError(tb, err)
	plan, err := d.bind()
	require.NoError(tb, err)
	return plan.newTable()
}

func TestFoldAllocatesNothingOnASecondPass(t *testing.T) {
	chunks := shopChunks(t, 4, 2000, 500)
	tables := map[string]*table[shopEvent]{
		"two keys, filtered, distinct": newTestTable(t, shopByPlace()),
		"one key":                      newTestTable(t, shopByUser()),
	}
	for name, table := range tables {
		pass := func() {
			for _, c := range chunks {
				_, err := table.fold(c)
				require.NoError(t, err)
			}
		}
		pass()
		require.Zero(t, testing.AllocsPerRun(5, pass), name)
	}
}

func BenchmarkFold(b *testing.B) {
	for _, users := range []int{1_000, 1_000_000} {
		chunks := shopChunks(b, 64, 4096, users)
		b.Run(fmt.Sprintf("one key, %d users", users), func(b *testing.B) { benchmarkFold(b, newTestTable(b, shopByUser()), chunks) })
		b.Run(fmt.Sprintf("two keys, filtered, %d users", users), func(b *testing.B) { benchmarkFold(b, newTestTable(b, shopByPlace()), chunks) })
	}
}

// BenchmarkFoldRows is what a closure costs: it reads whole events.
// BenchmarkFoldWindows folds the same events by windows of each kind: sliding ones
// cost what their panes do, and sessions a look at the key's fragment.
func BenchmarkFoldWindows(b *testing.B) {
	chunks := shopChunks(b, 64, 4096, 1_000)
	for _, spec := range []window.Spec{window.Tumbling(5 * time.Minute), window.Sliding(time.Hour, 5*time.Minute), window.Session(5 * time.Minute), window.Global()} {
		view := shopByUser()
		view.Window = spec
		b.Run(spec.String(), func(b *testing.B) { benchmarkFold(b, newTestTable(b, view), chunks) })
	}
}

func BenchmarkFoldRows(b *testing.B) {
	view := shopByUser()
	view.Name, view.Version = "usuarios_filas", 1
	view.Key = ByFunc(func(e *shopEvent) int64 { return e.User })
	table, chunks := newTestTable(b, view), shopChunks(b, 64, 4096, 1_000)
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range chunks {
			fresh := *c // rows are kept with a chunk: each pass makes its own
			if _, err := table.fold(&fresh); err != nil {
				b.Fatal(err)
			}
		}
	}
	reportPerEvent(b, chunks)
}

// BenchmarkFoldParquet decodes a view's columns from an event file and folds
// them: what a batch run does.
func BenchmarkFoldParquet(b *testing.B) {
	chunks := shopChunks(b, 64, 4096, 1_000)
	writer, err := source.NewParquetWriter[shopEvent](chunks[0].Schema)
	require.NoError(b, err)
	for _, c := range chunks {
		require.NoError(b, writer.Write(c))
	}
	body, err := writer.Close()
	require.NoError(b, err)
	b.Run("one key", func(b *testing.B) { benchmarkParquet(b, newTestTable(b, shopByUser()), body, chunks) })
	b.Run("two keys, filtered", func(b *testing.B) { benchmarkParquet(b, newTestTable(b, shopByPlace()), body, chunks) })
}

func benchmarkParquet(b *testing.B, t *table[shopEvent], body []byte, chunks []*source.Chunk[shopEvent]) {
	b.ReportAllocs()
	for b.Loop() {
		reader, err := source.OpenParquet[shopEvent]("bench", body, source.ParquetOptions{Columns: t.plan.columns})
		require.NoError(b, err)
		for {
			c, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(b, err)
			if _, err := t.fold(c); err != nil {
				b.Fatal(err)
			}
		}
	}
	reportPerEvent(b, chunks)
}

func reportPerEvent(b *testing.B, chunks []*source.Chunk[shopEvent]) {
	events := float64(b.N) * float64(len(chunks)*chunks[0].Len())
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/events, "ns/event")
}

// benchmarkFold folds the same chunks again and again: its time and allocations
// are for one event.
func benchmarkFold(b *testing.B, t *table[shopEvent], chunks []*source.Chunk[shopEvent]) {
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range chunks {
			if _, err := t.fold(c); err != nil {
				b.Fatal(err)
			}
		}
	}
	reportPerEvent(b, chunks)
}
