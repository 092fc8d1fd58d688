package redissink_test

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/window"
)

func TestMain(m *testing.M) {
	logging.Disable() // of servers that tests stop
	goleak.VerifyTestMain(m)
}

// everywhere runs a test on the fake, on a server and on a cluster, with names
// that nobody else has.
func everywhere(t *testing.T, run func(t *testing.T, client redis.UniversalClient)) {
	t.Run("miniredis", func(t *testing.T) { run(t, fake(t)) })
	t.Run("server", func(t *testing.T) {
		run(t, connect(t, &redis.UniversalOptions{Addrs: []string{servers.Need(t, "ANABRANCH_REDIS")}}))
	})
	t.Run("cluster", func(t *testing.T) {
		addresses := strings.Split(servers.Need(t, "ANABRANCH_REDIS_CLUSTER"), ",")
		run(t, connect(t, &redis.UniversalOptions{Addrs: addresses, IsClusterMode: true}))
	})
}

func fake(t testing.TB) redis.UniversalClient {
	_, client := fakeServer(t)
	return client
}

func fakeServer(t testing.TB) (*miniredis.Miniredis, redis.UniversalClient) {
	server := miniredis.NewMiniRedis()
	server.SetTime(time.Now()) // it tells when a key ends by what is left and its clock
	require.NoError(t, server.Start())
	t.Cleanup(server.Close)
	return server, connect(t, &redis.UniversalOptions{Addrs: []string{server.Addr()}})
}

func connect(t testing.TB, options *redis.UniversalOptions) redis.UniversalClient {
	client := redis.NewUniversalClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// newPrefix gives names that are removed in the end.
func newPrefix(t testing.TB, client redis.UniversalClient) string {
	prefix := "redissink-test-" + rand.Text()
	t.Cleanup(func() { wipe(t, client, prefix) })
	return prefix
}

func wipe(t require.TestingT, client redis.UniversalClient, prefix string) {
	pipe := client.Pipeline()
	for _, key := range names(t, client, prefix) {
		pipe.Del(context.Background(), key)
	}
	_, err := pipe.Exec(context.Background())
	require.NoError(t, err)
}

// names gives all keys of a prefix, on every node.
func names(t require.TestingT, client redis.UniversalClient, prefix string) (all []string) {
	ctx := context.Background()
	scan := func(ctx context.Context, node redis.Cmdable) error {
		iterator := node.Scan(ctx, 0, prefix+":*", 1000).Iterator()
		for iterator.Next(ctx) {
			all = append(all, iterator.Val())
		}
		return iterator.Err()
	}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		one := make(chan struct{}, 1) // nodes are asked at once
		require.NoError(t, cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			one <- struct{}{}
			defer func() { <-one }()
			return scan(ctx, node)
		}))
		return all
	}
	require.NoError(t, scan(ctx, client))
	return all
}

func open[K, R any](t require.TestingT, client redis.UniversalClient, prefix string, options redissink.Options) *redissink.Sink[K, R] {
	s, err := redissink.Open[K, R](context.Background(), client, prefix, options)
	require.NoError(t, err)
	return s
}

// rowOf reads a row of the suite as any client would.
func rowOf(fields map[string]string) (row sinktest.Row, err error) {
	number := func(name string) (n int64) {
		if err == nil {
			n, err = strconv.ParseInt(fields[name], 10, 64)
		}
		return n
	}
	row = sinktest.Row{View: fields["view"], Key: sinktest.Key{Category: fields["category"], Region: fields["region"]},
		Value: sinktest.Value{Sum: number("sum")}, Version: number("version"), Final: fields["final"] == "true"}
	for _, timing := range []sink.Timing{sink.Early, sink.OnTime, sink.Late} {
		if fields["timing"] == timing.String() {
			row.Timing = timing
		}
	}
	if err == nil {
		row.Value.Mean, err = strconv.ParseFloat(fields["mean"], 64)
	}
	for at, name := range map[*time.Time]string{&row.Window.Start: "window_start", &row.Window.End: "window_end"} {
		if text, ok := fields[name]; ok && err == nil {
			*at, err = time.Parse(time.RFC3339, text)
		}
	}
	return row, err
}

// held reads all rows of a prefix.
func held(ctx context.Context, t require.TestingT, client redis.UniversalClient, prefix string) (rows []sinktest.Row, err error) {
	for _, key := range names(t, client, prefix) {
		suffix := key[strings.LastIndex(key, "}:")+2:]
		if suffix == "latest" || suffix == "windows" || strings.HasSuffix(suffix, ":removed") {
			continue
		}
		fields, err := client.HGetAll(ctx, key).Result()
		if err != nil {
			return nil, err
		}
		row, err := rowOf(fields)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestSinkKeepsTheContract(t *testing.T) {
	for name, options := range map[string]redissink.Options{"": {}, "small pipelines": {PipelineBytes: 1}} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, client redis.UniversalClient) {
				prefixes := map[sinktest.Sink]string{}
				sinktest.TestSink(t, sinktest.Harness{
					Open: func(t *testing.T) sinktest.Sink {
						prefix := newPrefix(t, client)
						s := open[sinktest.Key, sinktest.Value](t, client, prefix, options)
						prefixes[s] = prefix
						return s
					},
					Rows: func(ctx context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
						return held(ctx, t, client, prefixes[s])
					},
				})
			})
		})
	}
}

// at is a window of five minutes.
func at(minute int) window.Span {
	return window.Tumbling(5 * time.Minute).At(time.Date(2026, 11, 1, 10, minute, 0, 0, time.UTC))
}
