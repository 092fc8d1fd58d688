package clickhousesink_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

func TestTLS(t *testing.T) {
	options := real(t)
	trusted := servers.TLS(t)
	folder := strings.TrimSuffix(os.Getenv("ANABRANCH_TLS_CA"), "ca.pem")
	certificate, err := tls.LoadX509KeyPair(folder+"server.pem", folder+"server.key")
	require.NoError(t, err)
	options.Addresses = []string{clickhousetest.Proxy(t, options.Addresses[0], &tls.Config{Certificates: []tls.Certificate{certificate}}, nil)}
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

// once gives a fate to the first connection that has an INSERT.
func once(fate clickhousetest.Fate, then func()) func(sent []byte) clickhousetest.Fate {
	var first sync.Once
	return func(sent []byte) (is clickhousetest.Fate) {
		if bytes.Contains(sent, []byte("INSERT")) {
			first.Do(func() {
				is = fate
				then()
			})
		}
		return is
	}
}

// TestAWriteEndsWithItsContext though the server, which has the INSERT, says no more.
func TestAWriteEndsWithItsContext(t *testing.T) {
	options := real(t)
	ctx, cancel := context.WithCancel(t.Context())
	options.Addresses = []string{clickhousetest.Proxy(t, options.Addresses[0], nil, once(clickhousetest.Stall, cancel))}
	table := open[sinktest.Key, sinktest.Value](t, options)
	require.ErrorIs(t, table.Write(ctx, []suiteRow{suite("a", 1, 1)}), context.Canceled)
	writeAgain(t, table)
}

// TestAConnectionThatBreaksOff amid an INSERT is of a server that doesn't answer.
func TestAConnectionThatBreaksOff(t *testing.T) {
	options := real(t)
	options.Addresses = []string{clickhousetest.Proxy(t, options.Addresses[0], nil, once(clickhousetest.BreakOff, func() {}))}
	table := open[sinktest.Key, sinktest.Value](t, options)
	require.ErrorIs(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}), clickhousesink.ErrServer)
	writeAgain(t, table)
}

// writeAgain writes what has failed, as its caller does.
func writeAgain(t *testing.T, table *suiteTable) {
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}))
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, []suiteRow{suite("a", 1, 1)}, rows)
}

// ownServer runs a server that a test may stop.
func ownServer(t testing.TB) (options clickhousesink.Options, own *servers.Own) {
	own = servers.Start(t, "ANABRANCH_CLICKHOUSE")
	options = clickhousesink.Options{Addresses: own.Addresses, Table: "metrics", Create: true}
	run(t, options, "CREATE DATABASE here")
	options.Client.Database = "here"
	return options, own
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

// TestAServerThatGoesAndComesBack has one of its own, which is killed.
func TestAServerThatGoesAndComesBack(t *testing.T) {
	options, own := ownServer(t)
	table := open[sinktest.Key, sinktest.Value](t, options)
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 1, 1)}))
	own.Run("stop", "--kill")
	require.ErrorIs(t, table.Write(t.Context(), []suiteRow{suite("a", 2, 2)}), clickhousesink.ErrServer)
	own.Run("start")
	require.NoError(t, table.Write(t.Context(), []suiteRow{suite("a", 2, 2), suite("b", 1, 1)}), "the same table goes on")
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, []suiteRow{suite("a", 2, 2), suite("b", 1, 1)}, rows)
}
