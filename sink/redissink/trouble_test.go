package redissink_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
)

const sentinel = "s3cret-s3ntinel"

// openError gives what Open says of a server, and checks that it tells no secret.
func openError(t *testing.T, options *redis.UniversalOptions) error {
	options.MaxRetries, options.DialerRetries = -1, 1
	_, err := redissink.Open[string, int64](t.Context(), connect(t, options), "shop", redissink.Options{})
	require.ErrorIs(t, err, redissink.ErrServer)
	require.NotContains(t, err.Error(), sentinel)
	return err
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	for _, cluster := range []bool{false, true} {
		err := openError(t, &redis.UniversalOptions{Addrs: []string{nobody.Addr().String()}, IsClusterMode: cluster, Username: "u", Password: sentinel})
		require.ErrorContains(t, err, nobody.Addr().String())
	}
	require.ErrorContains(t, openError(t, &redis.UniversalOptions{Addrs: []string{"redis://u:" + sentinel + "/@" + nobody.Addr().String()}}), "…@127.0.0.1")
	server, _ := fakeServer(t)
	server.RequireAuth("right")
	require.ErrorContains(t, openError(t, &redis.UniversalOptions{Addrs: []string{server.Addr()}, Password: sentinel}), "WRONGPASS")
	require.ErrorContains(t, openError(t, &redis.UniversalOptions{Addrs: []string{server.Addr()}}), "NOAUTH")

	t.Run("server", func(t *testing.T) {
		address := servers.Need(t, "ANABRANCH_REDIS")
		require.ErrorContains(t, openError(t, &redis.UniversalOptions{Addrs: []string{address}, Username: "tester", Password: sentinel}), "WRONGPASS")
	})
	t.Run("cluster", func(t *testing.T) {
		addresses := strings.Split(servers.Need(t, "ANABRANCH_REDIS_CLUSTER"), ",")
		require.ErrorContains(t, openError(t, &redis.UniversalOptions{Addrs: addresses, Username: "nobody", Password: sentinel}), "WRONGPASS")
	})
}

func TestTLS(t *testing.T) {
	address := servers.Need(t, "ANABRANCH_REDIS_TLS")
	strangers := &redis.UniversalOptions{Addrs: []string{address}, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}, Username: "tester", Password: sentinel}
	require.ErrorContains(t, openError(t, strangers), "certificate")
	client := connect(t, &redis.UniversalOptions{Addrs: []string{address}, TLSConfig: servers.TLS(t), Username: "tester", Password: "tester-pw"})
	prefix := newPrefix(t, client)
	s := open[string, int64](t, client, prefix, redissink.Options{})
	require.NoError(t, s.Write(t.Context(), []row{session(0, 10, 1, false)}))
	require.Equal(t, "1", client.HGet(t.Context(), prefix+":{sesiones:key=u1}:latest", "value").Val())
}

// listen runs a server that handles each connection.
func listen(t *testing.T, handle func(net.Conn)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var connections []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connections = append(connections, c)
			go handle(c)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
		for _, c := range connections {
			_ = c.Close()
		}
	})
	return listener.Addr().String()
}

// TestAServerThatRepeatsArgumentsTellsNoPassword: servers answer commands that they
// don't know with what they got.
func TestAServerThatRepeatsArgumentsTellsNoPassword(t *testing.T) {
	address := listen(t, func(c net.Conn) {
		buffer := make([]byte, 1<<16)
		for {
			n, err := c.Read(buffer)
			if err != nil {
				return
			}
			for range bytes.Count(buffer[:n], []byte("*")) {
				if _, err := c.Write([]byte("-ERR unknown command 'AUTH', with args beginning with: 'u' '" + sentinel + "' \r\n")); err != nil {
					return
				}
			}
		}
	})
	require.ErrorContains(t, openError(t, &redis.UniversalOptions{Addrs: []string{address}, Username: "u", Password: sentinel}), "unknown command 'AUTH'")
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		cancel() // it has asked, and gets no answer
	})
	client := connect(t, &redis.UniversalOptions{Addrs: []string{address}, ReadTimeout: -1})
	_, err := redissink.Open[string, int64](ctx, client, "shop", redissink.Options{})
	require.Equal(t, context.Canceled, err)
}

func TestWriteEndsWithItsContext(t *testing.T) {
	client := fake(t)
	hook := &stuck{entered: make(chan struct{}), release: make(chan struct{})}
	s := open[string, int64](t, client, "shop", redissink.Options{})
	client.AddHook(hook) // now that it's connected, which takes pipelines as well
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-hook.entered
		cancel()
	}()
	require.Equal(t, context.Canceled, s.Write(ctx, []row{session(0, 10, 1, false)}))
	close(hook.release)
	require.NoError(t, s.Write(t.Context(), []row{session(0, 10, 2, false)}), "and another call goes on")
	require.Equal(t, "2", client.HGet(t.Context(), "shop:{sesiones:key=u1}:latest", "value").Val())
}

// TestServersThatForgotTheScriptLearnItAgain has a cluster of two fakes.
func TestServersThatForgotTheScriptLearnItAgain(t *testing.T) {
	a, _ := fakeServer(t)
	b, _ := fakeServer(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
		return []redis.ClusterSlot{{Start: 0, End: 8191, Nodes: []redis.ClusterNode{{Addr: a.Addr()}}}, {Start: 8192, End: 16383, Nodes: []redis.ClusterNode{{Addr: b.Addr()}}}}, nil
	}})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	counts := &counter{}
	client.AddHook(counts)
	s := open[string, int64](t, client, "shop", redissink.Options{})
	write := func(version int64) (pipelines, commands int64) {
		counts.pipelines.Store(0)
		counts.commands.Store(0)
		var rows []row
		for i := range 100 {
			rows = append(rows, row{View: "v", Key: strings.Repeat("k", i), Window: at(0), Version: version})
		}
		require.NoError(t, s.Write(t.Context(), rows))
		return counts.pipelines.Load(), counts.commands.Load()
	}
	pipelines, _ := write(1)
	require.Equal(t, int64(3), pipelines, "without the script, with it for the one node, with it for the other")
	require.NotEmpty(t, a.Keys())
	require.NotEmpty(t, b.Keys())
	require.Len(t, append(a.Keys(), b.Keys()...), 300)
	pipelines, commands := write(2)
	require.Equal(t, []int64{1, 100}, []int64{pipelines, commands})
	for _, server := range []*miniredis.Miniredis{a, b} {
		node := connect(t, &redis.UniversalOptions{Addrs: []string{server.Addr()}})
		require.NoError(t, node.ScriptFlush(t.Context()).Err())
	}
	pipelines, _ = write(3)
	require.Equal(t, int64(3), pipelines)
	require.Equal(t, redissink.Stats{Written: 300}, s.Stats())
}

func TestPipelinesAreBounded(t *testing.T) {
	client := fake(t)
	counts := &counter{}
	s := open[string, string](t, client, "shop", redissink.Options{PipelineBytes: 30_000})
	client.AddHook(counts)
	write := func(size int) int64 {
		counts.pipelines.Store(0)
		var rows []sink.Row[string, string]
		for i := range 30 {
			rows = append(rows, sink.Row[string, string]{View: "v", Key: strings.Repeat("k", i), Window: at(0), Value: strings.Repeat("x", size)})
		}
		require.NoError(t, s.Write(t.Context(), rows))
		return counts.pipelines.Load()
	}
	write(0) // teaches the script
	require.Equal(t, int64(30), write(40_000), "a row that has more goes alone")
	require.Equal(t, int64(10), write(8_000), "three at once")
	require.Equal(t, int64(1), write(0))
}

func TestAServerThatWasLostIsAnErrorUntilItIsBack(t *testing.T) {
	server, _ := fakeServer(t)
	client := connect(t, &redis.UniversalOptions{Addrs: []string{server.Addr()}, MaxRetries: -1})
	s := open[string, int64](t, client, "shop", redissink.Options{})
	require.NoError(t, s.Write(t.Context(), []row{session(0, 10, 1, false)}))
	server.Close()
	require.ErrorContains(t, s.Write(t.Context(), []row{session(0, 10, 2, false)}), "cannot write 1 rows to Redis")
	require.NoError(t, server.Restart())
	server.FlushAll()
	require.NoError(t, s.Write(t.Context(), []row{session(0, 10, 2, false)}))
	require.Equal(t, "2", client.HGet(t.Context(), "shop:{sesiones:key=u1}:latest", "value").Val())
	server.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	require.ErrorContains(t, s.Write(t.Context(), []row{session(0, 10, 3, false)}), "OOM")
	server.SetError("")
	ended, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	require.ErrorIs(t, s.Write(ended, []row{session(0, 10, 3, false)}), context.DeadlineExceeded)
}
