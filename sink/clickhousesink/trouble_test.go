package clickhousesink_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
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

// TestASilentServerIsLeftWithTheContext: one that takes connections and says nothing.
func TestASilentServerIsLeftWithTheContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			cancel()
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	_, err = clickhousesink.Open[sinktest.Key, sinktest.Value](ctx, clickhousesink.Options{Table: "t", Addresses: []string{l.Addr().String()}})
	require.ErrorIs(t, err, context.Canceled)
}

// TestTheServersRefusals is on a server that knows no more than to refuse.
func TestTheServersRefusals(t *testing.T) {
	for code, want := range map[proto.Error]error{
		proto.ErrAuthenticationFailed: clickhousesink.ErrAccess,
		proto.ErrUnknownUser:          clickhousesink.ErrAccess,
		proto.ErrUnknownDatabase:      clickhousesink.ErrServer,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		var group sync.WaitGroup
		group.Go(func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			var answer proto.Buffer
			proto.ServerCodeException.Encode(&answer)
			(&proto.Exception{Code: code, Name: "DB::Exception", Message: "it says why\nand more"}).EncodeAware(&answer, proto.Version)
			_, _ = c.Write(answer.Buf)
			_, _ = io.Copy(io.Discard, c)
		})
		err = refused(t, clickhousesink.Options{Table: "t", Addresses: []string{l.Addr().String()}, Client: ch.Options{User: "u", Password: secret}})
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, "it says why")
		require.NotContains(t, err.Error(), "and more")
		require.NoError(t, l.Close())
		group.Wait()
	}
}

// ownServer runs a server that a test may stop.
func ownServer(t testing.TB) (options clickhousesink.Options, script func(arguments ...string)) {
	servers.Need(t, "ANABRANCH_CLICKHOUSE")
	address, web := freePort(t), freePort(t)
	script = func(arguments ...string) {
		command := exec.Command("../../.ci/servers/clickhouse.sh", arguments...)
		_, port, _ := net.SplitHostPort(address)
		_, webPort, _ := net.SplitHostPort(web)
		command.Env = append(os.Environ(), "CLICKHOUSE_PORT="+port, "CLICKHOUSE_HTTP_PORT="+webPort)
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	script("start")
	t.Cleanup(func() { script("stop", "--kill", "--wipe") })
	options = clickhousesink.Options{Addresses: []string{address}, Table: "metrics", Create: true}
	run(t, options, "CREATE DATABASE here")
	options.Client.Database = "here"
	return options, script
}

// TestPasswords has a server of its own, as the engine that the tests run on ends
// some time after it has refused somebody.
func TestPasswords(t *testing.T) {
	options, _ := ownServer(t)
	there := options.Addresses[0]
	options.Client.User, options.Client.Password = "tester", "tester-pw"
	options.Addresses = []string{freePort(t), there} // the second answers
	table := open[sinktest.Key, sinktest.Value](t, options)
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}))
	options.Addresses, options.Client.Password = []string{there}, secret
	require.ErrorIs(t, refused(t, options), clickhousesink.ErrAccess)
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

// proxy listens before a server, in TLS where that is set.
func proxy(t testing.TB, address string, secured *tls.Config) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if secured != nil {
		l = tls.NewListener(l, secured)
	}
	var group sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
		_ = from.Close()
	}
	group.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address)
			if err != nil {
				_ = client.Close()
				continue
			}
			group.Go(func() { pass(server, client) })
			group.Go(func() { pass(client, server) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		group.Wait()
	})
	return l.Addr().String()
}

func TestTLS(t *testing.T) {
	options := real(t)
	trusted := servers.TLS(t)
	folder := strings.TrimSuffix(os.Getenv("ANABRANCH_TLS_CA"), "ca.pem")
	certificate, err := tls.LoadX509KeyPair(folder+"server.pem", folder+"server.key")
	require.NoError(t, err)
	options.Addresses = []string{proxy(t, options.Addresses[0], &tls.Config{Certificates: []tls.Certificate{certificate}})}
	options.Client.TLS = trusted
	options.Client.User, options.Client.Password = "tester", "tester-pw"
	table := open[sinktest.Key, sinktest.Value](t, options)
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}))
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.NoError(t, table.Close())
	options.Client.TLS, options.Client.Password = &tls.Config{}, secret
	err = refused(t, options)
	require.ErrorIs(t, err, clickhousesink.ErrServer)
	require.ErrorContains(t, err, "certificate")
}

// TestAServerThatGoesAndComesBack has one of its own, which is killed.
func TestAServerThatGoesAndComesBack(t *testing.T) {
	options, script := ownServer(t)
	table := open[sinktest.Key, sinktest.Value](t, options)
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}))
	script("stop", "--kill")
	require.ErrorIs(t, table.Write(t.Context(), []suiteRow{suite("a", 2, 2)}), clickhousesink.ErrServer)
	script("start")
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 2, 2), suite("b", 1, 1)}), "the same table goes on")
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, []suiteRow{suite("a", 2, 2), suite("b", 1, 1)}, rows)
}
