package redisdelta_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

const secret = "sentinel-s3cr3t"

// fails opens a store and says that it must fail, without a secret.
func fails(t *testing.T, options redis.UniversalOptions) error {
	_, err := redisdelta.New(t.Context(), client(t, options), redisdelta.Options{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), secret)
	t.Log(err)
	return err
}

// silent is a server that takes connections and says nothing.
func silent(t testing.TB) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func closed(t testing.TB) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestOpening(t *testing.T) {
	t.Run("a wrong address", func(t *testing.T) {
		fails(t, redis.UniversalOptions{Addrs: []string{closed(t)}, Password: secret})
		fails(t, redis.UniversalOptions{Addrs: []string{closed(t), closed(t)}, Username: "u", Password: secret})
	})
	t.Run("a wrong password, fake", func(t *testing.T) {
		fake := miniredis.RunT(t)
		fake.RequireUserAuth("tester", "tester-pw")
		require.ErrorIs(t, fails(t, redis.UniversalOptions{Addrs: []string{fake.Addr()}, Username: "tester", Password: secret}), redisdelta.ErrAccess)
		require.ErrorIs(t, fails(t, redis.UniversalOptions{Addrs: []string{fake.Addr()}}), redisdelta.ErrAccess)
	})
	t.Run("a wrong password", func(t *testing.T) {
		address := []string{servers.Need(t, "ANABRANCH_REDIS_TLS")}
		require.ErrorIs(t, fails(t, redis.UniversalOptions{Addrs: address, TLSConfig: servers.TLS(t), Username: "tester", Password: secret}), redisdelta.ErrAccess)
		require.ErrorIs(t, fails(t, redis.UniversalOptions{Addrs: address, TLSConfig: servers.TLS(t), Username: "nobody", Password: secret}), redisdelta.ErrAccess)
	})
	t.Run("TLS to a server without, and none to one with it", func(t *testing.T) {
		_ = fails(t, redis.UniversalOptions{Addrs: []string{servers.Need(t, "ANABRANCH_REDIS")}, TLSConfig: servers.TLS(t), Password: secret,
			DialTimeout: time.Second, DialerRetries: 1, MaxRetries: -1})
		_ = fails(t, redis.UniversalOptions{Addrs: []string{servers.Need(t, "ANABRANCH_REDIS_TLS")}, Username: "tester", Password: secret})
	})
	t.Run("one node of a cluster", func(t *testing.T) {
		node, _, _ := strings.Cut(servers.Need(t, "ANABRANCH_REDIS_CLUSTER"), ",")
		require.ErrorIs(t, fails(t, redis.UniversalOptions{Addrs: []string{node}}), redisdelta.ErrOptions)
		_, err := redisdelta.New(t.Context(), client(t, redis.UniversalOptions{Addrs: []string{node}, IsClusterMode: true}), redisdelta.Options{})
		require.NoError(t, err)
	})
	t.Run("options", func(t *testing.T) {
		c := client(t, redis.UniversalOptions{Addrs: []string{closed(t)}})
		for _, options := range []redisdelta.Options{{Prefix: "a{b"}, {Expiry: -1}, {Expiry: time.Microsecond}} {
			_, err := redisdelta.New(t.Context(), c, options)
			require.ErrorIs(t, err, redisdelta.ErrOptions)
		}
		replicas := client(t, redis.UniversalOptions{Addrs: []string{closed(t), closed(t)}, RouteByLatency: true})
		_, err := redisdelta.New(t.Context(), replicas, redisdelta.Options{})
		require.ErrorIs(t, err, redisdelta.ErrOptions)
		_, err = redisdelta.New(t.Context(), nil, redisdelta.Options{})
		require.ErrorIs(t, err, redisdelta.ErrOptions)
	})
}

// TestAUserWithoutRights is refused when the store is opened, not at some flush.
func TestAUserWithoutRights(t *testing.T) {
	own := servers.Start(t, "ANABRANCH_REDIS")
	admin := client(t, redis.UniversalOptions{Addrs: []string{own.Address()}})
	for name, rules := range map[string][]any{
		"keys":    {"~other:*", "+@all"},
		"scripts": {"~*", "+@all", "-@scripting"},
	} {
		require.NoError(t, admin.Do(t.Context(), append([]any{"ACL", "SETUSER", name, "on", ">" + secret}, rules...)...).Err())
		require.ErrorIs(t, fails(t, redis.UniversalOptions{Addrs: []string{own.Address()}, Username: name, Password: secret}), redisdelta.ErrAccess)
	}
}

// TestErrorsHaveNoSecret, nor do they say that something is lost, when a server
// that was there goes away, or has another password all of a sudden.
func TestErrorsHaveNoSecret(t *testing.T) {
	for why, happens := range map[string]func(*miniredis.Miniredis){
		"down":             func(m *miniredis.Miniredis) { m.Close() },
		"another password": func(m *miniredis.Miniredis) { m.RequireUserAuth("tester", "another") },
		"out of memory":    func(m *miniredis.Miniredis) { m.SetError("OOM command not allowed when used memory > 'maxmemory'.") },
	} {
		t.Run(why, func(t *testing.T) {
			server := miniredis.RunT(t)
			server.RequireUserAuth("tester", secret)
			c := client(t, redis.UniversalOptions{Addrs: []string{server.Addr()}, Username: "tester", Password: secret,
				MaxRetries: -1, DialerRetries: 1, ConnMaxLifetime: time.Nanosecond})
			s := another(t, c, "p:")
			copy := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
			f := delta.Flush{Number: 1, Replaces: 1, Through: 10, States: numbered(0, 10)}
			require.NoError(t, s.Flush(t.Context(), copy, f))
			require.NoError(t, s.Swap(t.Context(), copy))
			happens(server)
			f.Number, f.Replaces = 2, 2
			_, raise := s.Raise(t.Context(), "v", 1, 2)
			_, read := s.Read(t.Context(), "v", 1)
			for call, err := range map[string]error{"raise": raise, "read": read, "flush": s.Flush(t.Context(), copy, f),
				"swap": s.Swap(t.Context(), copy), "drop": s.Drop(t.Context(), copy)} {
				require.Error(t, err, call)
				require.NoError(t, kind(err), call)
				require.NotContains(t, err.Error(), secret)
				require.Equal(t, why == "another password", errors.Is(err, redisdelta.ErrAccess), "%v", err)
			}
		})
	}
}

// TestASilentServer holds nobody for longer than his context, whether the client
// minds contexts or not.
func TestASilentServer(t *testing.T) {
	for _, minds := range []bool{true, false} {
		c := client(t, redis.UniversalOptions{Addrs: []string{silent(t)}, ContextTimeoutEnabled: minds, ReadTimeout: time.Second, MaxRetries: -1})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := redisdelta.New(ctx, c, redisdelta.Options{})
		require.ErrorIs(t, err, context.Canceled)
	}
}

// TestAServerThatHangs in the midst of everything: whatever is called ends with its
// context, and when the server goes on, so does the store.
func TestAServerThatHangs(t *testing.T) {
	own := servers.Start(t, "ANABRANCH_REDIS")
	c := client(t, redis.UniversalOptions{Addrs: []string{own.Address()}})
	s, _ := store(t, c)
	copy := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
	f := delta.Flush{Number: 1, Replaces: 1, Through: 10, States: numbered(0, 100)}
	own.Signal(syscall.SIGSTOP)
	for name, call := range map[string]func(ctx context.Context) error{
		"raise": func(ctx context.Context) error { _, err := s.Raise(ctx, "v", 1, 1); return err },
		"flush": func(ctx context.Context) error { return s.Flush(ctx, copy, f) },
		"swap":  func(ctx context.Context) error { return s.Swap(ctx, copy) },
		"read":  func(ctx context.Context) error { _, err := s.Read(ctx, "v", 1); return err },
		"drop":  func(ctx context.Context) error { return s.Drop(ctx, copy) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Millisecond, cancel)
		require.ErrorIs(t, call(ctx), context.Canceled, name)
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Millisecond)
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded, name)
		cancel()
	}
	own.Signal(syscall.SIGCONT)
	fresh := copy
	fresh.Nonce = "o" // what was called meanwhile may take effect still, in any order
	require.NoError(t, s.Flush(t.Context(), fresh, f))
	require.NoError(t, s.Swap(t.Context(), fresh))
	_, err := s.Read(t.Context(), "v", 1)
	require.NoError(t, err)
}

func port(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// TestAnAddressThatHoldsASecret: who takes a URL for an address finds his password
// in no error.
func TestAnAddressThatHoldsASecret(t *testing.T) {
	err := fails(t, redis.UniversalOptions{Addrs: []string{"redis://user:" + secret + "@localhost:6379"}, MaxRetries: -1})
	require.NotContains(t, err.Error(), secret)
}
