package clickhouse_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
	"github.com/anabranch-go/anabranch/internal/clickhousetest"
	"github.com/anabranch-go/anabranch/internal/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is a password that no error may have.
const secret = "s3cret-sentinel"

func server(t testing.TB, addresses ...string) *clickhouse.Server {
	s, err := clickhouse.NewServer(addresses, ch.Options{User: "tester", Password: secret})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// fake serves each connection by a function, and closes it then.
func fake(t testing.TB, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		group.Wait()
	})
	return l.Addr().String()
}

// refuses answers a handshake with an exception.
func refuses(code proto.Error) func(net.Conn) {
	return func(c net.Conn) {
		var answer proto.Buffer
		proto.ServerCodeException.Encode(&answer)
		(&proto.Exception{Code: code, Name: "DB::Exception", Message: "it says why\nand more"}).EncodeAware(&answer, proto.Version)
		_, _ = c.Write(answer.Buf)
		_, _ = io.Copy(io.Discard, c)
	}
}

func TestRefusals(t *testing.T) {
	for code, want := range map[proto.Error]error{
		proto.ErrAuthenticationFailed: clickhouse.ErrAccess,
		proto.ErrUnknownUser:          clickhouse.ErrAccess,
		proto.ErrUnknownDatabase:      clickhouse.ErrTable,
	} {
		_, err := server(t, fake(t, refuses(code))).Ask(t.Context(), 1, "SELECT 1")
		require.ErrorIs(t, err, want)
		require.NotErrorIs(t, err, clickhouse.ErrServer, "one has answered")
		require.ErrorContains(t, err, "it says why")
		require.NotContains(t, err.Error(), "and more")
		require.NotContains(t, err.Error(), secret)
	}
}

func TestServersThatHangUp(t *testing.T) {
	address := fake(t, func(net.Conn) {})
	_, err := server(t, address).Ask(t.Context(), 1, "SELECT 1")
	require.ErrorIs(t, err, clickhouse.ErrServer)
	require.ErrorContains(t, err, address)
	require.NotContains(t, err.Error(), secret)
}

// TestEveryAddressIsTried, and what each said is told.
func TestEveryAddressIsTried(t *testing.T) {
	_, err := server(t, fake(t, func(net.Conn) {}), fake(t, refuses(proto.ErrUnknownUser))).Ask(t.Context(), 1, "SELECT 1")
	require.ErrorIs(t, err, clickhouse.ErrServer)
	require.ErrorIs(t, err, clickhouse.ErrAccess)
}

// TestASilentServerIsLeftWithTheContext: one that takes connections and says nothing.
func TestASilentServerIsLeftWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := fake(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	_, err := server(t, address).Ask(ctx, 1, "SELECT 1")
	require.ErrorIs(t, err, context.Canceled)
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	client := clickhousetest.Database(t, servers.Need(t, "ANABRANCH_CLICKHOUSE"))
	s, err := clickhouse.NewServer(nil, client)
	require.NoError(t, err)
	defer s.Close()
	for range 3 {
		rows, err := s.Ask(t.Context(), 2, "SELECT 'a', currentDatabase()")
		require.NoError(t, err)
		require.Equal(t, [][]string{{"a", client.Database}}, rows)
	}
	_, err = s.Ask(t.Context(), 1, "SELECT nonsense")
	require.ErrorContains(t, err, "the server says")
	_, err = s.Ask(t.Context(), 1, "SELECT toString(1)")
	require.NoError(t, err, "after a query that failed")
	s.Close()
	_, err = s.Ask(t.Context(), 1, "SELECT toString(1)")
	require.ErrorIs(t, err, clickhouse.ErrClosed)
}

// TestQuotes has the server read back what was quoted.
func TestQuotes(t *testing.T) {
	s, err := clickhouse.NewServer(nil, clickhousetest.Database(t, servers.Need(t, "ANABRANCH_CLICKHOUSE")))
	require.NoError(t, err)
	defer s.Close()
	for _, text := range []string{"", "a", "`", "\\", "'", "\\'; DROP TABLE t; --", "`\\`", "日本 🎈", "a\nb\x00c"} {
		rows, err := s.Ask(t.Context(), 1, "SELECT "+clickhouse.QuoteText(text))
		require.NoError(t, err, text)
		require.Equal(t, [][]string{{text}}, rows)
		if text != "" {
			rows, err = s.Ask(t.Context(), 1, "SELECT "+clickhouse.Quote(text)+" FROM (SELECT 'x' AS "+clickhouse.Quote(text)+")")
			require.NoError(t, err, text)
			require.Equal(t, [][]string{{"x"}}, rows)
		}
	}
}
