package redisdelta_test

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

var benchStates = flag.Int("states", 500_000, "how many states BenchmarkFlush flushes; 5000000 is the largest window that the design names")

// BenchmarkFlush flushes states of one window, and then sets the same keys and
// bytes as fields of hashes through pipelines of the same client, in turns. Then it
// reads what was flushed.
func BenchmarkFlush(b *testing.B) {
	c := client(b, redis.UniversalOptions{Addrs: []string{servers.Need(b, "ANABRANCH_REDIS")}})
	s, prefix := store(b, c)
	states := make([]delta.State, *benchStates)
	size := int64(0)
	for i := range states {
		states[i] = delta.State{Key: fmt.Appendf(nil, "user-%012d", i), Window: 1_700_000_000_000_000, State: make([]byte, 40)}
		size += int64(len(states[i].Key) + len(states[i].State) + 8)
	}
	var ours, theirs, reading, again time.Duration
	var allocated uint64
	b.SetBytes(size)
	for n := 0; b.Loop(); n++ {
		copy := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: fmt.Sprint(n)}
		began := time.Now()
		require.NoError(b, s.Flush(b.Context(), copy, delta.Flush{Number: 1, Replaces: 1, Through: 10, States: states}))
		ours += time.Since(began)

		require.NoError(b, s.Swap(b.Context(), copy))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began = time.Now()
		o, err := s.Read(b.Context(), "v", 1)
		reading += time.Since(began)
		runtime.ReadMemStats(&after)
		allocated = after.TotalAlloc - before.TotalAlloc
		require.NoError(b, err)
		require.Len(b, o.Batches[0], len(states))

		// A hundredth of it changes, and the reader has the rest.
		few := delta.Flush{Number: 2, Replaces: 2, Through: 20, States: states[:len(states)/100]}
		require.NoError(b, s.Flush(b.Context(), copy, few))
		began = time.Now()
		_, err = s.Read(b.Context(), "v", 1)
		again += time.Since(began)
		require.NoError(b, err)
		runtime.KeepAlive(o)
		require.NoError(b, s.Drop(b.Context(), copy))

		began = time.Now()
		for from := 0; from < len(states); from += 1000 {
			p := c.Pipeline()
			for i, state := range states[from:min(from+1000, len(states))] {
				p.HSet(b.Context(), fmt.Sprintf("%speer:%d", prefix, (from+i)/500), state.Key, state.State)
			}
			_, err := p.Exec(b.Context())
			require.NoError(b, err)
		}
		theirs += time.Since(began)
		for _, key := range keys(b, c, prefix+"peer:") {
			require.NoError(b, c.Unlink(b.Context(), key).Err())
		}
	}
	rate := func(d time.Duration) float64 { return float64(len(states)*b.N) / d.Seconds() / 1e6 }
	b.ReportMetric(rate(ours), "Mstates/s-flush")
	b.ReportMetric(rate(reading), "Mstates/s-read")
	b.ReportMetric(rate(theirs), "Mstates/s-HSET")
	b.ReportMetric(again.Seconds()/float64(b.N)*1e3, "ms/next-read")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-pipelined-HSET")
	b.ReportMetric(float64(allocated)/float64(len(states)), "B/state-read")
}
