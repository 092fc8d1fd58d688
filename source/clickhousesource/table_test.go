package clickhousesource_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/clickhousesource"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database makes a database with a table "t", by statements.
func database(t testing.TB, statements ...string) ch.Options {
	client := clickhousetest.Database(t, servers.Need(t, "ANABRANCH_CLICKHOUSE"))
	for _, statement := range statements {
		clickhousetest.Run(t, client, statement)
	}
	return client
}

func open[E any](t testing.TB, client ch.Options, options clickhousesource.Options[E]) *clickhousesource.Table[E] {
	options.Client = client
	if options.Table == "" {
		options.Table = "t"
	}
	table, err := clickhousesource.New(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, table.Close()) })
	return table
}

func read[E any](t testing.TB, table *clickhousesource.Table[E]) (events []E, quarantine []source.Quarantined) {
	reader, err := table.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	defer reader.Close()
	end, err := table.End(t.Context(), 0)
	require.NoError(t, err)
	for next := int64(0); next < end; {
		chunk, err := reader.Next(t.Context())
		require.NoError(t, err)
		events = append(events, chunk.Rows()...)
		quarantine = append(quarantine, chunk.Quarantine...)
		next = chunk.Next
	}
	return events, quarantine
}

type sale struct {
	At       time.Time `anabranch:"at"`
	Category string    `anabranch:"category"`
	Cents    int64     `anabranch:"cents,decimal=2"`
}

// sales makes a table in parts that aren't in order, with old versions and two rows
// that are the same.
func sales(t testing.TB, engine, order string) ch.Options {
	client := database(t, "CREATE TABLE t (at DateTime64(3, 'America/Lima'), category LowCardinality(String), cents Decimal(10, 2), version Int64) ENGINE = "+engine+" ORDER BY "+order)
	for _, values := range []string{
		"SELECT toDateTime64('2026-11-24 00:00:00', 3, 'UTC') + number, toString(number % 3), number, 1 FROM numbers(20, 20)",
		"SELECT toDateTime64('2026-11-24 00:00:00', 3, 'UTC') + number, toString(number % 3), number, 1 FROM numbers(20)",
		"SELECT toDateTime64('2026-11-24 00:00:00', 3, 'UTC') + number, toString(number % 3), number + 0.5, 2 FROM numbers(5)",
	} {
		clickhousetest.Run(t, client, "INSERT INTO t "+values)
	}
	return client
}

func TestTablesAreLogs(t *testing.T) {
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	var current, all []sale
	for i := range 40 {
		e := sale{At: at.Add(time.Duration(i) * time.Second), Category: fmt.Sprint(i % 3), Cents: int64(100 * i)}
		if all = append(all, e); i < 5 {
			e.Cents += 50
			all = append(all, e)
		}
		current = append(current, e)
	}
	for name, c := range map[string]struct {
		engine, order string
		events        []sale
	}{
		"of current rows": {"ReplacingMergeTree(version)", "(at, category)", current},
		"of all rows":     {"MergeTree", "at", all},
		"without any key": {"MergeTree", "tuple()", all},
		"of few keys":     {"MergeTree", "category", nil},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[sale] {
				client := sales(t, c.engine, c.order)
				log := sourcetest.Log[sale]{Source: open(t, client, clickhousesource.Options[sale]{ChunkRows: 7}), Ends: []int64{45}}
				if c.events != nil {
					log.Ends[0], log.Events = int64(len(c.events)), [][]sale{c.events}
				}
				return log
			})
		})
	}
	t.Run("a view", func(t *testing.T) {
		sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[sale] {
			client := sales(t, "ReplacingMergeTree(version)", "(at, category)")
			clickhousetest.Run(t, client, "CREATE VIEW v AS SELECT at, category, cents FROM t FINAL")
			return sourcetest.Log[sale]{Source: open(t, client, clickhousesource.Options[sale]{Table: "v", ChunkRows: 7}), Ends: []int64{40}, Events: [][]sale{current}}
		})
	})
}

// TestPages reads more rows than a page has.
func TestPages(t *testing.T) {
	client := database(t, "CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n", "INSERT INTO t SELECT number FROM numbers(300000)")
	type event struct {
		N int64 `anabranch:"n"`
	}
	events, _ := read(t, open(t, client, clickhousesource.Options[event]{ChunkRows: 100_000}))
	require.Len(t, events, 300_000)
	for i, e := range events {
		if e.N != int64(i) {
			require.Equal(t, int64(i), e.N)
		}
	}
}

// TestAChangeIsAnotherLog: merges and other columns are no change.
func TestAChangeIsAnotherLog(t *testing.T) {
	client := sales(t, "ReplacingMergeTree(version)", "(at, category)")
	table := open(t, client, clickhousesource.Options[sale]{ChunkRows: 7})
	identity, err := table.Identity(t.Context())
	require.NoError(t, err)
	half, err := table.Open(t.Context(), 0, 20)
	require.NoError(t, err)
	_, err = half.Next(t.Context())
	require.NoError(t, err)
	for _, statement := range []string{"OPTIMIZE TABLE t FINAL", "ALTER TABLE t ADD COLUMN other Int8 DEFAULT 1"} {
		clickhousetest.Run(t, client, statement)
		events, _ := read(t, table)
		require.Len(t, events, 40)
		again, err := open(t, client, clickhousesource.Options[sale]{}).Identity(t.Context())
		require.NoError(t, err)
		require.Equal(t, identity, again, statement)
	}
	clickhousetest.Run(t, client, "INSERT INTO t SELECT at, category, cents + 1, 3, 1 FROM t LIMIT 1")
	reader, err := table.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	_, err = reader.Next(t.Context())
	require.ErrorIs(t, err, clickhousesource.ErrChanged)
	for next := int64(27); next < 40; { // its page was read before
		chunk, err := half.Next(t.Context())
		require.NoError(t, err)
		next = chunk.Next
	}
	other := open(t, client, clickhousesource.Options[sale]{})
	events, _ := read(t, other)
	require.Equal(t, int64(150), events[0].Cents)
	changed, err := other.Identity(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, identity, changed)
}

// TestTheSortingKeyDecides about offsets, so that other keys under the same values
// are another log.
func TestTheSortingKeyDecides(t *testing.T) {
	type letter struct {
		V string `anabranch:"v"`
	}
	client := database(t, "CREATE TABLE t (id Int64, v String) ENGINE = MergeTree ORDER BY id", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
	identity := func() string {
		identity, err := open(t, client, clickhousesource.Options[letter]{}).Identity(t.Context())
		require.NoError(t, err)
		return identity
	}
	was := identity()
	require.Equal(t, was, identity())
	clickhousetest.Run(t, client, "TRUNCATE TABLE t")
	clickhousetest.Run(t, client, "INSERT INTO t VALUES (1, 'c'), (2, 'b'), (3, 'a')")
	require.NotEqual(t, was, identity())
}

func TestATableWithoutRows(t *testing.T) {
	client := database(t, "CREATE TABLE t (at DateTime, category String, cents Decimal(9, 2)) ENGINE = MergeTree ORDER BY at")
	table := open(t, client, clickhousesource.Options[sale]{})
	end, err := table.End(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, end)
	reader, err := table.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	_, err = reader.Next(t.Context())
	require.ErrorIs(t, err, io.EOF)
	_, err = table.Open(t.Context(), 1, 0)
	require.ErrorIs(t, err, source.ErrOffset)
	_, err = table.End(t.Context(), 1)
	require.ErrorIs(t, err, source.ErrOffset)
}
