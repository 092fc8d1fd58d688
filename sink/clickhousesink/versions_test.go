package clickhousesink_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

type suiteRow = sinktest.Row

func suite(key string, version, sum int64) suiteRow {
	return suiteRow{View: "v", Key: sinktest.Key{Category: key}, Value: sinktest.Value{Sum: sum}, Version: version}
}

// TestNoInsertIsDropped: the server is told to drop inserts that repeat one of the
// last hundred, as replicated tables do by default.
func TestNoInsertIsDropped(t *testing.T) {
	options := real(t)
	table := open[sinktest.Key, sinktest.Value](t, options)
	run(t, options, "ALTER TABLE metrics MODIFY SETTING non_replicated_deduplication_window = 100")
	for _, sum := range []int64{1, 2, 1} {
		require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 1, sum)}))
	}
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, []suiteRow{suite("a", 1, 1)}, rows, "the last one written holds, though it's the same as the first")
}

// TestTheViewShowsOneRowOfEach: whatever a query asks of the view, it can't see an
// old version, before and after the engine has merged.
func TestTheViewShowsOneRowOfEach(t *testing.T) {
	options := real(t)
	table := open[sinktest.Key, sinktest.Value](t, options)
	gone := suite("gone", 3, 0)
	gone.Removed = true
	for _, batch := range [][]suiteRow{
		{suite("a", 1, 100), suite("b", 1, 1), suite("gone", 1, 100)},
		{suite("a", 2, 5), suite("gone", 2, 100)},
		{gone}, {suite("a", 2, 7)}, {suite("gone", 1, 100)},
	} {
		require.NoError(t, table.Write(t.Context(), batch))
	}
	for _, when := range []string{"before it has merged", "after it has merged"} {
		for query, want := range map[string][]string{
			"SELECT concat(category, ' ', toString(sum)) FROM metrics_current ORDER BY category": {"a 7", "b 1"},
			"SELECT CAST(category, 'String') FROM metrics_current WHERE sum = 100":               nil,
			"SELECT CAST(category, 'String') FROM metrics_current WHERE version < 2":             {"b"},
			"SELECT toString(sum(sum)) FROM metrics_current":                                     {"8"},
			"SELECT toString(count()) FROM metrics_current WHERE category = 'gone'":              {"0"},
		} {
			require.Equal(t, want, run(t, options, query), "%s, %s", query, when)
		}
		run(t, options, "OPTIMIZE TABLE metrics FINAL")
	}
}

// TestBatchesWithManyVersions has batches past a block, which hold a row's versions
// many times over. The engine keeps the right one, however it cuts a batch up.
func TestBatchesWithManyVersions(t *testing.T) {
	const keys, versions = 30_000, 6
	memory := sink.NewMemory[sinktest.Key, sinktest.Value]()
	var batches [2][]suiteRow
	for i := range batches {
		for at := range keys * versions {
			version := int64(at/keys*3%4 + i) // not in order, and the highest is there twice
			batches[i] = append(batches[i], suite(fmt.Sprint(at%keys), version, int64(at+i)))
		}
		require.NoError(t, memory.Write(t.Context(), batches[i]))
	}
	for name, settings := range map[string][]ch.Setting{
		"as it is":                   nil,
		"sorted by merges alone":     {{Key: "optimize_on_insert", Value: "0", Important: true}},
		"in small parts, by threads": {{Key: "min_insert_block_size_rows", Value: "1000", Important: true}, {Key: "max_insert_threads", Value: "8", Important: true}, {Key: "max_threads", Value: "8", Important: true}},
	} {
		t.Run(name, func(t *testing.T) {
			options := real(t)
			options.Client.Settings = settings
			table := open[sinktest.Key, sinktest.Value](t, options)
			for _, batch := range batches {
				require.NoError(t, table.Write(t.Context(), batch))
			}
			for _, merged := range []bool{false, true} {
				got, err := table.Rows(t.Context())
				require.NoError(t, err)
				require.Len(t, got, keys)
				want := map[sinktest.Key]suiteRow{}
				for _, row := range memory.Rows() {
					want[row.Key] = row
				}
				for _, row := range got {
					if want[row.Key] != row {
						require.Equal(t, want[row.Key], row, "merged: %v", merged)
					}
				}
				run(t, options, "OPTIMIZE TABLE metrics FINAL")
			}
		})
	}
}

// TestABatchThatEndsWithARowThatDoesntFit is refused behind its first blocks.
func TestABatchThatEndsWithARowThatDoesntFit(t *testing.T) {
	options := real(t)
	table := open[int64, time.Time](t, options)
	rows := make([]sink.Row[int64, time.Time], 150_000)
	for i := range rows {
		rows[i] = sink.Row[int64, time.Time]{View: "v", Key: int64(i), Value: noon}
	}
	rows[140_000].Value = time.Time{}
	err := table.Write(t.Context(), rows)
	require.ErrorIs(t, err, sink.ErrValue)
	require.ErrorContains(t, err, "behind the first 131072 rows: ")
	require.ErrorContains(t, err, "row 8928: ")
	rows[140_000].Value = noon
	require.NoError(t, table.Write(t.Context(), rows))
	require.Equal(t, []string{"150000"}, run(t, options, "SELECT toString(count()) FROM metrics_current"))
}

// TestWritersWhoseRowsAreMergedMeanwhile leave the newest of each, in one row.
func TestWritersWhoseRowsAreMergedMeanwhile(t *testing.T) {
	options := real(t)
	table := open[sinktest.Key, sinktest.Value](t, options)
	var group sync.WaitGroup
	for writer := range 4 {
		group.Go(func() {
			for i := range int64(10) {
				version := 10*i + int64(writer)
				if err := table.Write(t.Context(), []suiteRow{suite("a", version, version), suite("b", 100-version, 100-version)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for range 10 {
			run(t, options, "OPTIMIZE TABLE metrics FINAL")
		}
	})
	group.Wait()
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, []suiteRow{suite("a", 93, 93), suite("b", 100, 100)}, rows)
}
