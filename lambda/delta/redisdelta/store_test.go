package redisdelta_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/deltatest"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client makes a client and closes it at the end.
func client(t testing.TB, options redis.UniversalOptions) redis.UniversalClient {
	c := redis.NewUniversalClient(&options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// store makes a store with keys of its own, and removes them at the end.
func store(t testing.TB, c redis.UniversalClient) (s *redisdelta.Store, prefix string) {
	prefix = fmt.Sprintf("redisdelta-test-%s:", rand.Text())
	s, err := redisdelta.New(t.Context(), c, redisdelta.Options{Prefix: prefix})
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, key := range keys(t, c, prefix) {
			_ = c.Del(context.Background(), key).Err()
		}
	})
	return s, prefix
}

// another is a store with the same keys: that of another process.
func another(t testing.TB, c redis.UniversalClient, prefix string) *redisdelta.Store {
	s, err := redisdelta.New(t.Context(), c, redisdelta.Options{Prefix: prefix})
	require.NoError(t, err)
	return s
}

// keys are all keys with a prefix, on all nodes.
func keys(t testing.TB, c redis.UniversalClient, prefix string) []string {
	var found []string
	var mu sync.Mutex
	ctx := context.Background()
	scan := func(ctx context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		for all := node.Scan(ctx, 0, prefix+"*", 10_000).Iterator(); all.Next(ctx); {
			found = append(found, all.Val())
		}
		return nil
	}
	if cluster, ok := c.(*redis.ClusterClient); ok {
		require.NoError(t, cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			return scan(ctx, node)
		}))
		return found
	}
	require.NoError(t, scan(ctx, c.(*redis.Client)))
	return found
}

// kinds are the servers that every test of the contract runs on.
func kinds(t *testing.T, run func(t *testing.T, c redis.UniversalClient)) {
	t.Run("fake", func(t *testing.T) {
		run(t, client(t, redis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}))
	})
	t.Run("server", func(t *testing.T) {
		run(t, client(t, redis.UniversalOptions{Addrs: []string{servers.Need(t, "ANABRANCH_REDIS")}}))
	})
	t.Run("server, TLS", func(t *testing.T) {
		run(t, client(t, redis.UniversalOptions{Addrs: []string{servers.Need(t, "ANABRANCH_REDIS_TLS")},
			TLSConfig: servers.TLS(t), Username: "tester", Password: "tester-pw"}))
	})
	t.Run("cluster", func(t *testing.T) {
		run(t, client(t, redis.UniversalOptions{Addrs: strings.Split(servers.Need(t, "ANABRANCH_REDIS_CLUSTER"), ",")}))
	})
}

func TestStore(t *testing.T) {
	kinds(t, func(t *testing.T, c redis.UniversalClient) {
		deltatest.TestStore(t, func(t *testing.T) delta.Store {
			s, _ := store(t, c)
			return s
		})
	})
	t.Run("the protocol's older version", func(t *testing.T) {
		c := client(t, redis.UniversalOptions{Addrs: []string{servers.Need(t, "ANABRANCH_REDIS")}, Protocol: 2})
		deltatest.TestStore(t, func(t *testing.T) delta.Store {
			s, _ := store(t, c)
			return s
		})
	})
	t.Run("small chunks", func(t *testing.T) {
		kinds(t, func(t *testing.T, c redis.UniversalClient) {
			deltatest.TestStore(t, func(t *testing.T) delta.Store {
				s, _ := store(t, c)
				s.SetChunk(1) // a chunk for each state
				return s
			})
		})
	})
}

// TestALargeFlush goes out in several loads at once.
func TestALargeFlush(t *testing.T) {
	kinds(t, func(t *testing.T, client redis.UniversalClient) {
		s, prefix := store(t, client)
		states := numbered(0, 40_000)
		for i := range states {
			states[i].State = fmt.Appendf(nil, "%0500d", i)
		}
		states[17].State = make([]byte, 3<<20) // larger than a chunk
		c := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
		require.NoError(t, s.Flush(t.Context(), c, delta.Flush{Number: 1, Replaces: 1, Through: 10, States: states}))
		require.NoError(t, s.Swap(t.Context(), c))
		o, err := another(t, client, prefix).Read(t.Context(), "v", 1)
		require.NoError(t, err)
		require.Equal(t, [][]delta.State{states}, o.Batches)
		slots := make(map[int64]bool)
		for _, key := range keys(t, client, prefix) {
			if cluster, ok := client.(*redis.ClusterClient); ok {
				slots[cluster.ClusterKeySlot(t.Context(), key).Val()] = true
			}
		}
		if _, ok := client.(*redis.ClusterClient); ok {
			require.Greater(t, len(slots), 50, "chunks are spread")
		}
		require.NoError(t, s.Drop(t.Context(), c))
		require.Empty(t, keys(t, client, prefix+"chunk:"))
	})
}

// TestScriptsThatRunTwice: a client that misses an answer sends a script again.
func TestScriptsThatRunTwice(t *testing.T) {
	c := client(t, redis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}})
	c.AddHook(twice{})
	deltatest.TestStore(t, func(t *testing.T) delta.Store {
		s, _ := store(t, c)
		return s
	})
	s, prefix := store(t, c)
	fold(t, s, delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"})
	require.Len(t, slices.DeleteFunc(keys(t, c, prefix), func(key string) bool {
		return !strings.Contains(key, ":chunk:") || strings.Contains(key, ":4:") || strings.Contains(key, ":6:") || strings.Contains(key, ":7:")
	}), 0, "what was replaced is deleted all the same")
}

type twice struct{}

func (twice) DialHook(next redis.DialHook) redis.DialHook { return next }
func (twice) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (twice) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") {
			_ = next(ctx, cmd)
		}
		return next(ctx, cmd)
	}
}
