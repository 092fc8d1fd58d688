package clickhousesink_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

// secret is a password that no error may have.
const secret = "s3cret-sentinel"

// refused opens a table that can't be opened.
func refused(t testing.TB, options clickhousesink.Options) error {
	table, err := clickhousesink.Open[sinktest.Key, sinktest.Value](t.Context(), options)
	require.Error(t, err)
	require.Nil(t, table)
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
		require.NotContains(t, text, secret)
	}
	return err
}

// freePort is an address where nobody listens.
func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{"", "localhost", ":9000", "user:" + secret + "@localhost:9000", "clickhouse://user:" + secret + "@localhost:9000/db", "localhost:9000?password=" + secret} {
		require.ErrorIs(t, refused(t, clickhousesink.Options{Table: "t", Addresses: []string{address}}), clickhousesink.ErrOptions, address)
	}
	require.ErrorIs(t, refused(t, clickhousesink.Options{Table: "t"}), clickhousesink.ErrOptions)
}

func TestNobodyListens(t *testing.T) {
	address := freePort(t)
	err := refused(t, clickhousesink.Options{Table: "t", Addresses: []string{address}, Client: ch.Options{Password: secret}})
	require.ErrorIs(t, err, clickhousesink.ErrServer)
	require.ErrorContains(t, err, address)
}

// TestTablesOfAnotherKind names what differs, and leaves the table as it is.
func TestTablesOfAnotherKind(t *testing.T) {
	options := real(t)
	options.Create = false
	require.ErrorIs(t, refused(t, options), clickhousesink.ErrTable)
	statements, err := clickhousesink.DDL[sinktest.Key, sinktest.Value](options)
	require.NoError(t, err)
	for says, change := range map[string][2]string{
		`no column "mean", a Float64`:                                  {"    `mean` Float64,\n", ""},
		`column "sum" is a Int32`:                                      {"`sum` Int64", "`sum` Int32"},
		`has a column "extra"`:                                         {"`sum` Int64", "`extra` Int8, `sum` Int64"},
		`its engine is MergeTree`:                                      {"ReplacingMergeTree(`version`)", "MergeTree"},
		`its engine is ReplacingMergeTree, and`:                        {"ReplacingMergeTree(`version`)", "ReplacingMergeTree"},
		`it's sorted by view, window_start, window_end, category, and`: {", `region`)", ")"},
		`it's partitioned by "category"`:                               {"ORDER BY", "PARTITION BY category ORDER BY"},
	} {
		statement := strings.Replace(statements[0], change[0], change[1], 1)
		require.NotEqual(t, statements[0], statement)
		run(t, options, statement)
		before := run(t, options, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase()")
		for _, create := range []bool{false, true} {
			options.Create = create
			err := refused(t, options)
			require.ErrorIs(t, err, clickhousesink.ErrTable, says)
			require.ErrorContains(t, err, says)
		}
		require.Equal(t, before, run(t, options, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase()"))
		run(t, options, "DROP TABLE metrics")
	}
	for _, statement := range statements {
		run(t, options, statement)
	}
	options.Create = false
	table := open[sinktest.Key, sinktest.Value](t, options)
	run(t, options, "DROP TABLE metrics")
	require.ErrorIs(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}), clickhousesink.ErrTable)
	_, err = table.Rows(t.Context())
	require.ErrorIs(t, err, clickhousesink.ErrTable)
}

func TestClosed(t *testing.T) {
	table := open[sinktest.Key, sinktest.Value](t, real(t))
	require.NoError(t, table.Close())
	require.ErrorIs(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}), clickhousesink.ErrClosed)
}

// TestTheViewIsOurs: what has the view's name already must be that view.
func TestTheViewIsOurs(t *testing.T) {
	options := real(t)
	options.Current = []string{"version"}
	for range 2 {
		open[sinktest.Key, sinktest.Value](t, options)
	}
	options.Current = []string{"version", "view"}
	err := refused(t, options)
	require.ErrorIs(t, err, clickhousesink.ErrTable)
	require.ErrorContains(t, err, "drop it")
	run(t, options, "DROP VIEW metrics_current")
	run(t, options, "CREATE TABLE metrics_current (a Int64) ENGINE = Memory")
	require.ErrorIs(t, refused(t, options), clickhousesink.ErrTable)
}
