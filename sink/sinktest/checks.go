package sinktest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

// checks are the suite. They take less than a testing.T, so that the suite's own
// test can see them fail.
var checks = []struct {
	name string
	run  func(t require.TestingT, ctx context.Context, s *subject)
}{
	{"rows come back as they were", checkValues},
	{"rows of different identities stay apart", checkIdentity},
	{"a batch without rows does nothing", checkEmpty},
	{"writing again changes nothing", checkRepeat},
	{"a newer version replaces", checkNewer},
	{"an older version is ignored", checkOlder},
	{"of one version the last one written holds", checkEqual},
	{"the order inside a batch decides as that of batches does", checkBatch},
	{"a final row can be revised", checkRevision},
	{"a removed row is gone until a newer one comes", checkRemoved},
	{"the slice stays the caller's", checkSlice},
	{"a call whose context has ended fails", checkContext},
	{"many may write at once", checkConcurrent},
}

var (
	books = Key{"libros", "Lima"}
	toys  = Key{"juguetes", "Áncash"}
)

func checkValues(t require.TestingT, ctx context.Context, s *subject) {
	lima := time.FixedZone("", -5*60*60)
	rows := []Row{
		row(books, 7),
		final(row(toys, 8)),
		timed(row(Key{"late", ""}, 2), sink.Late),
		timed(row(Key{"on time", ""}, 2), sink.OnTime),
		{View: "ventas", Window: ten, Key: Key{}, Value: Value{}, Version: 0},
		{View: "ventas", Window: ten, Key: Key{"a \"b\"\t,\\'\n", "日本 🎈"}, Value: Value{math.MinInt64, -0.1}, Version: 1},
		{View: "ventas", Window: ten, Key: Key{"big", ""}, Value: Value{math.MaxInt64, math.MaxFloat64}, Version: math.MaxInt64},
		{View: "total", Window: window.Span{}, Key: books, Value: Value{1, math.SmallestNonzeroFloat64}, Version: 1},
		{View: "ventas", Window: window.Span{Start: time.Date(1969, 12, 31, 18, 59, 59, 999_999_000, lima), End: time.Date(1969, 12, 31, 19, 0, 0, 1000, lima)},
			Key: books, Value: Value{-1, 0.5}, Version: 3},
	}
	s.write(t, ctx, rows...)
	s.requireHolds(t, ctx, "rows come back changed", rows...)
}

func checkIdentity(t require.TestingT, ctx context.Context, s *subject) {
	rows := []Row{row(books, 1)}
	add := func(change func(r *Row)) {
		r := row(books, int64(1+len(rows)))
		change(&r)
		rows = append(rows, r)
	}
	add(func(r *Row) { r.View = "otra" })
	add(func(r *Row) { r.Window.Start = r.Window.Start.Add(time.Microsecond) })
	add(func(r *Row) { r.Window.End = r.Window.End.Add(time.Microsecond) })
	add(func(r *Row) { r.Window = window.Span{} })
	add(func(r *Row) { r.Key.Category = "libro" })
	add(func(r *Row) { r.Key.Region = "lima" })
	add(func(r *Row) { r.Key = Key{"librosL", "ima"} })
	s.write(t, ctx, rows...)
	s.requireHolds(t, ctx, "rows that differ in view, window or key have replaced each other", rows...)

	// The same instants in another location are the same window.
	moved := row(books, 20)
	there := time.FixedZone("", 3600)
	moved.Window = window.Span{Start: ten.Start.In(there), End: ten.End.In(there)}
	s.write(t, ctx, moved)
	rows[0] = moved
	s.requireHolds(t, ctx, "a window is its instants, whatever their location", rows...)
}

func checkRemoved(t require.TestingT, ctx context.Context, s *subject) {
	gone := row(books, 3)
	gone.Value, gone.Removed = Value{}, true
	s.write(t, ctx, row(books, 1), row(toys, 1))
	s.write(t, ctx, gone)
	s.requireHolds(t, ctx, "a removed row is still there", row(toys, 1))
	s.write(t, ctx, row(books, 2))
	s.requireHolds(t, ctx, "an older version has brought a removed row back", row(toys, 1))
	s.write(t, ctx, row(books, 4))
	s.requireHolds(t, ctx, "a newer version doesn't bring a removed row back", row(books, 4), row(toys, 1))
}

func checkEmpty(t require.TestingT, ctx context.Context, s *subject) {
	require.NoError(t, s.Write(ctx, nil), "Write fails on nil")
	require.NoError(t, s.Write(ctx, []Row{}), "Write fails on an empty slice")
	s.requireHolds(t, ctx, "an empty batch has written rows")
	s.write(t, ctx, row(books, 1))
	require.NoError(t, s.Write(ctx, nil), "Write fails on nil")
	s.requireHolds(t, ctx, "an empty batch has changed the rows", row(books, 1))
}

func checkRepeat(t require.TestingT, ctx context.Context, s *subject) {
	rows := []Row{row(books, 1), final(row(toys, 1))}
	for range 3 {
		s.write(t, ctx, rows...)
		s.requireHolds(t, ctx, "a repeated write isn't idempotent", rows...)
	}
	s.write(t, ctx, append(rows, rows...)...)
	s.requireHolds(t, ctx, "a row that's twice in a batch isn't held once", rows...)
}

func checkNewer(t require.TestingT, ctx context.Context, s *subject) {
	s.write(t, ctx, row(books, 1), row(toys, 1))
	s.write(t, ctx, row(books, 9))
	s.requireHolds(t, ctx, "a newer version doesn't replace the older one", row(books, 9), row(toys, 1))
	// Numbers, not texts: 10 is after 9.
	s.write(t, ctx, row(books, 10))
	s.requireHolds(t, ctx, "a newer version doesn't replace the older one", row(books, 10), row(toys, 1))
}

func checkOlder(t require.TestingT, ctx context.Context, s *subject) {
	s.write(t, ctx, row(books, 10), row(toys, 3))
	s.write(t, ctx, row(books, 9), row(toys, 4))
	s.requireHolds(t, ctx, "an older version has replaced a newer one, or kept a newer row of its batch out", row(books, 10), row(toys, 4))
	s.write(t, ctx, row(books, 9), row(toys, 3))
	s.requireHolds(t, ctx, "an older version has replaced a newer one", row(books, 10), row(toys, 4))
}

func checkEqual(t require.TestingT, ctx context.Context, s *subject) {
	other := row(books, 5)
	other.Value = Value{Sum: -1, Mean: -1}
	s.write(t, ctx, row(books, 5))
	s.write(t, ctx, other)
	s.requireHolds(t, ctx, "of one version the row written last must hold", other)
	s.write(t, ctx, final(row(books, 5)))
	s.requireHolds(t, ctx, "of one version the row written last must hold", final(row(books, 5)))
}

func checkBatch(t require.TestingT, ctx context.Context, s *subject) {
	last := row(toys, 2)
	last.Value.Sum = -2
	s.write(t, ctx, row(books, 2), row(toys, 2), row(books, 3), row(books, 1), last)
	s.requireHolds(t, ctx, "a batch must leave the highest version of each identity, and of one version the last", row(books, 3), last)
}

func checkRevision(t require.TestingT, ctx context.Context, s *subject) {
	s.write(t, ctx, row(books, 1))
	s.write(t, ctx, final(row(books, 2)))
	s.requireHolds(t, ctx, "a row doesn't become final", final(row(books, 2)))
	s.write(t, ctx, row(books, 1))
	s.requireHolds(t, ctx, "an older row has replaced a final one", final(row(books, 2)))
	s.write(t, ctx, final(row(books, 3)))
	s.requireHolds(t, ctx, "a final row can't be revised", final(row(books, 3)))
}

func checkSlice(t require.TestingT, ctx context.Context, s *subject) {
	rows := []Row{row(books, 1), row(toys, 1)}
	before := slices.Clone(rows)
	s.write(t, ctx, rows...)
	require.Equal(t, before, rows, "Write has changed the caller's rows")
	for i := range rows {
		rows[i] = row(Key{"overwritten", "by the caller"}, 99)
	}
	s.requireHolds(t, ctx, "the sink has kept the caller's slice", before...)
	rows[0] = row(books, 2)
	s.write(t, ctx, rows[:1]...)
	s.requireHolds(t, ctx, "the sink has kept the caller's slice", row(books, 2), row(toys, 1))
}

func checkContext(t require.TestingT, ctx context.Context, s *subject) {
	s.write(t, ctx, row(books, 1))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, s.Write(ended, []Row{row(books, 2)}), context.Canceled, "Write succeeds though its context has ended")
	// It may have been written all the same, so it's written again.
	s.write(t, ctx, row(books, 2))
	s.requireHolds(t, ctx, "the sink has kept state of a cancelled call", row(books, 2))
}

func checkConcurrent(t require.TestingT, ctx context.Context, s *subject) {
	const writers, versions, keys = 8, 12, 5
	key := func(i int) Key { return Key{fmt.Sprint("categoría ", i), "Lima"} }
	var group sync.WaitGroup
	errs := make([]error, writers)
	for w := range writers {
		group.Go(func() {
			// Each writes every version, some upwards and some downwards.
			for i := range versions {
				version := int64(1 + i)
				if w%2 == 1 {
					version = int64(versions - i)
				}
				var rows []Row
				for k := range keys {
					rows = append(rows, row(key((k+w)%keys), version))
				}
				if err := s.Write(ctx, rows); err != nil && errs[w] == nil {
					errs[w] = err
				}
			}
		})
	}
	group.Wait()
	var want []Row
	for k := range keys {
		want = append(want, row(key(k), versions))
	}
	for _, err := range errs {
		require.NoError(t, err, "a concurrent Write fails")
	}
	s.requireHolds(t, ctx, "concurrent writes must leave the highest version of each row", want...)
}
