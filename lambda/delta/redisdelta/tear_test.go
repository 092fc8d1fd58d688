package redisdelta_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

// numbered makes n states whose content tells which they are.
func numbered(first, n int) []delta.State {
	states := make([]delta.State, n)
	for i := range states {
		states[i] = delta.State{Key: fmt.Appendf(nil, "key %d", first+i), Window: int64(first + i), State: fmt.Appendf(nil, "state %d", first+i)}
	}
	return states
}

// fold makes a copy of several batches, each of several chunks, and shows it. It
// returns the flush that would come next.
func fold(t *testing.T, s *redisdelta.Store, c delta.Copy) (next delta.Flush) {
	s.SetChunk(100)
	flush := func(n int64) delta.Flush {
		return delta.Flush{Number: n, Replaces: n - n&-n + 1, Through: 10 * n, States: numbered(int(100*n), 20), At: time.UnixMicro(n).UTC()}
	}
	for n := int64(1); n <= 7; n++ { // [1, 4] [5, 6] [7, 7]
		require.NoError(t, s.Flush(t.Context(), c, flush(n)))
	}
	require.NoError(t, s.Swap(t.Context(), c))
	last := flush(8)
	last.Replaces = 8
	return last
}

// TestAnyKeyMayGo deletes each key of a copy, one at a time, and puts it back.
func TestAnyKeyMayGo(t *testing.T) {
	kinds(t, func(t *testing.T, client redis.UniversalClient) {
		s, prefix := store(t, client)
		c := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
		next := fold(t, s, c)
		// A store knows what it has read, so each read has a store of its own.
		read := func() (*delta.Open, error) { return another(t, client, prefix).Read(t.Context(), c.View, c.Partition) }
		whole, err := read()
		require.NoError(t, err)
		require.Len(t, whole.Batches, 3)
		all := keys(t, client, prefix)
		require.Greater(t, len(all), 12, "a record and the chunks")
		for _, key := range all {
			if strings.Contains(key, ":open:") {
				continue
			}
			chunk, err := client.Get(t.Context(), key).Bytes()
			require.NoError(t, err)
			for why, tear := range map[string]func() error{
				"gone":     func() error { return client.Del(t.Context(), key).Err() },
				"shorter":  func() error { return client.Set(t.Context(), key, chunk[:len(chunk)-1], 0).Err() },
				"empty":    func() error { return client.Set(t.Context(), key, "", 0).Err() },
				"another":  func() error { return client.Set(t.Context(), key, slices.Concat(chunk, chunk), 0).Err() },
				"a number": func() error { return client.Set(t.Context(), key, 17, 0).Err() },
			} {
				require.NoError(t, tear())
				_, err := read()
				require.ErrorIs(t, err, delta.ErrTorn, "%s is %s", key, why)
				if why == "gone" {
					require.ErrorIs(t, s.Flush(t.Context(), c, next), delta.ErrLostFlush, "%s is gone", key)
				}
				require.NoError(t, client.Set(t.Context(), key, chunk, time.Hour).Err())
			}
			got, err := read()
			require.NoError(t, err)
			require.Equal(t, whole, got)
		}
		require.NoError(t, s.Flush(t.Context(), c, next), "now it's whole")
	})
}

// TestAnyPartOfTheRecordMayGo: Redis loses hashes whole, but people and scripts
// don't have to.
func TestAnyPartOfTheRecordMayGo(t *testing.T) {
	kinds(t, func(t *testing.T, client redis.UniversalClient) {
		s, prefix := store(t, client)
		c := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
		next := fold(t, s, c)
		record := prefix + "open:v:1"
		fields, err := client.HGetAll(t.Context(), record).Result()
		require.NoError(t, err)
		require.Len(t, fields, 3)
		for field, value := range fields {
			header := strings.HasPrefix(field, "copy:")
			require.NoError(t, client.HDel(t.Context(), record, field).Err())
			o, err := s.Read(t.Context(), c.View, c.Partition)
			switch {
			case header:
				require.ErrorIs(t, err, delta.ErrTorn)
				require.ErrorIs(t, s.Flush(t.Context(), c, next), delta.ErrLostFlush)
				require.ErrorIs(t, s.Swap(t.Context(), c), delta.ErrLostFlush)
			case field == "shown":
				require.NoError(t, err)
				require.Nil(t, o)
			default:
				require.NoError(t, err)
				require.Equal(t, int64(70), o.Low)
			}
			if header {
				for _, wrong := range []string{"{", "{}", `{"Format":2}`, strings.Replace(value, `"First":1,`, `"First":2,`, 1), "x" + value} {
					require.NoError(t, client.HSet(t.Context(), record, field, wrong).Err())
					_, err := s.Read(t.Context(), c.View, c.Partition)
					require.ErrorIs(t, err, delta.ErrTorn)
					require.ErrorIs(t, s.Flush(t.Context(), c, next), delta.ErrLostFlush)
					shown, err := s.Raise(t.Context(), c.View, c.Partition, 1)
					require.NoError(t, err, "or its owner could never go on")
					require.Nil(t, shown)
				}
			}
			require.NoError(t, client.HSet(t.Context(), record, field, value).Err())
		}
		require.NoError(t, client.Del(t.Context(), record).Err())
		o, err := s.Read(t.Context(), c.View, c.Partition)
		require.NoError(t, err)
		require.Nil(t, o)
		require.ErrorIs(t, s.Flush(t.Context(), c, next), delta.ErrLostFlush)
	})
}

// TestNothingIsLeftBehind: replaced, dropped and dead copies' chunks are deleted,
// and whatever is left expires.
func TestNothingIsLeftBehind(t *testing.T) {
	kinds(t, func(t *testing.T, client redis.UniversalClient) {
		s, prefix := store(t, client)
		names := func() []string { return keys(t, client, prefix) }
		first := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
		fold(t, s, first)
		three := len(names())
		require.NoError(t, s.Flush(t.Context(), first, delta.Flush{Number: 8, Replaces: 1, Through: 80, States: numbered(0, 20)}))
		require.InDelta(t, three/3, len(names()), 2, "one batch of three is left")
		for _, name := range names() {
			ttl, err := client.PTTL(t.Context(), name).Result()
			require.NoError(t, err)
			require.Greater(t, ttl, 5*time.Hour, name)
		}

		unshown, second := first, first
		unshown.Nonce, second.Term = "o", 2
		require.NoError(t, s.Flush(t.Context(), unshown, delta.Flush{Number: 1, Replaces: 1, Through: 80, States: numbered(0, 20)}))
		before := len(names())
		_, err := s.Raise(t.Context(), "v", 1, 2)
		require.NoError(t, err)
		require.Less(t, len(names()), before, "the copy that nobody can show any more is gone")
		require.NoError(t, s.Flush(t.Context(), second, delta.Flush{Number: 1, Replaces: 1, Through: 80}))
		require.NoError(t, s.Swap(t.Context(), second))
		require.Len(t, names(), 1, "the older owner's copy went with its term")
		require.NoError(t, s.Flush(t.Context(), second, delta.Flush{Number: 2, Replaces: 2, Through: 90, States: numbered(0, 20)}))
		require.NoError(t, s.Drop(t.Context(), second))
		require.Equal(t, []string{prefix + "open:v:1"}, names())
		fields, err := client.HKeys(t.Context(), prefix+"open:v:1").Result()
		require.NoError(t, err)
		require.Equal(t, []string{"term"}, fields)
	})
}

// TestAFlushRenewsTheExpiryOfItsCopy, or states would vanish from under a copy that
// lives for long.
func TestAFlushRenewsTheExpiryOfItsCopy(t *testing.T) {
	kinds(t, func(t *testing.T, client redis.UniversalClient) {
		s, prefix := store(t, client)
		c := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
		next := fold(t, s, c)
		for _, name := range keys(t, client, prefix) {
			require.NoError(t, client.Expire(t.Context(), name, time.Hour).Err())
		}
		require.NoError(t, s.Flush(t.Context(), c, next))
		for _, name := range keys(t, client, prefix) {
			ttl, err := client.PTTL(t.Context(), name).Result()
			require.NoError(t, err)
			require.Greater(t, ttl, 5*time.Hour, name)
		}
	})
}

// TestAReadFetchesOnlyWhatIsNew, as long as the reader has the rest.
func TestAReadFetchesOnlyWhatIsNew(t *testing.T) {
	kinds(t, func(t *testing.T, client redis.UniversalClient) {
		s, prefix := store(t, client)
		c := delta.Copy{View: "v", Partition: 1, Term: 1, Nonce: "n"}
		next := fold(t, s, c)
		first, err := s.Read(t.Context(), c.View, c.Partition)
		require.NoError(t, err)
		require.NoError(t, s.Flush(t.Context(), c, next))
		for _, key := range keys(t, client, prefix) {
			if strings.Contains(key, ":chunk:") && !strings.Contains(key, ":8:") {
				require.NoError(t, client.Del(t.Context(), key).Err())
			}
		}
		second, err := s.Read(t.Context(), c.View, c.Partition)
		require.NoError(t, err, "the reader has the older batches")
		require.Equal(t, int64(80), second.Low)
		require.Equal(t, append(slices.Clone(first.Batches), next.States), second.Batches)
		require.Same(t, &first.Batches[0][0], &second.Batches[0][0])
		_, err = another(t, client, prefix).Read(t.Context(), c.View, c.Partition)
		require.ErrorIs(t, err, delta.ErrTorn, "another reader hasn't")
	})
}
