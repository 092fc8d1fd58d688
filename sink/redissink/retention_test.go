package redissink_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/window"
)

// ago is a row of a minute that ended some hours ago.
func ago(hours int, version int64, removed bool) row {
	end := time.Now().UTC().Truncate(time.Hour).Add(time.Duration(-hours) * time.Hour)
	return row{View: "activos", Key: "norte", Window: window.Span{Start: end.Add(-time.Minute), End: end}, Value: version, Version: version, Removed: removed}
}

// ends gives when each key of a prefix expires, by what's behind the tag.
func ends(t *testing.T, client redis.UniversalClient, prefix string) map[string]time.Time {
	all := map[string]time.Time{}
	for _, name := range names(t, client, prefix) {
		var end time.Time
		if left := client.PTTL(t.Context(), name).Val(); left > 0 {
			at := time.Duration(client.Do(t.Context(), "PEXPIRETIME", name).Val().(int64)) * time.Millisecond
			end = time.UnixMilli(at.Milliseconds()).UTC()
			require.InDelta(t, time.Until(end).Milliseconds(), left.Milliseconds(), 5000, "PTTL says the same")
		}
		all[name[strings.LastIndex(name, "}:")+2:]] = end
	}
	return all
}

func TestRowsExpireByTheirWindow(t *testing.T) {
	const retention = 10 * time.Hour
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		s := open[string, int64](t, client, prefix, redissink.Options{Retention: retention})
		one, two, three := ago(1, 1, false), ago(2, 1, false), ago(3, 1, false)
		until := func(r row) time.Time { return r.Window.End.Add(retention) }
		require.NoError(t, s.Write(ctx, []row{two, one, three, ago(10, 1, false), ago(11, 1, true)}))
		require.Equal(t, redissink.Stats{Written: 3, Expired: 2}, s.Stats())
		want := map[string]time.Time{nameOf(one.Window): until(one), nameOf(two.Window): until(two), nameOf(three.Window): until(three),
			"latest": until(one), "windows": until(one)}
		require.Equal(t, want, ends(t, client, prefix))
		require.NoError(t, s.Write(ctx, []row{ago(2, 2, false), ago(1, 2, false)}))
		require.Equal(t, want, ends(t, client, prefix), "a revision doesn't prolong")

		require.NoError(t, s.Write(ctx, []row{ago(1, 3, true)}))
		got := ends(t, client, prefix)
		for _, name := range []string{"latest", "windows"} { // it's copied from what's left of another
			require.WithinDuration(t, until(two), got[name], 20*time.Millisecond)
			delete(got, name)
		}
		require.Equal(t, map[string]time.Time{nameOf(one.Window) + ":removed": until(one), nameOf(two.Window): until(two), nameOf(three.Window): until(three)}, got)
	})
}

func TestRowsWithoutRetentionStay(t *testing.T) {
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		limited := open[string, int64](t, client, prefix, redissink.Options{Retention: time.Hour})
		endless := open[string, int64](t, client, prefix, redissink.Options{})
		require.NoError(t, limited.Write(ctx, []row{ago(0, 1, false)}))
		require.NoError(t, endless.Write(ctx, []row{ago(0, 2, false), ago(9999, 1, true)}))
		require.Equal(t, map[string]time.Time{"latest": {}, "windows": {}, nameOf(ago(0, 1, false).Window): {}, nameOf(ago(9999, 1, true).Window) + ":removed": {}},
			ends(t, client, prefix))

		always := open[string, int64](t, client, prefix+"-always", redissink.Options{Retention: time.Hour})
		require.NoError(t, always.Write(ctx, []row{{View: "total"}}))
		require.Equal(t, map[string]time.Time{"all": {}, "latest": {}, "windows": {}}, ends(t, client, prefix+"-always"))
		wipe(t, client, prefix+"-always")
	})
}

// TestAServerWhoseClockIsAheadKeepsNothingOld: the clock that expires rows is the
// server's.
func TestAServerWhoseClockIsAheadKeepsNothingOld(t *testing.T) {
	server, client := fakeServer(t)
	server.SetTime(time.Now().Add(24 * time.Hour))
	s := open[string, int64](t, client, "shop", redissink.Options{Retention: time.Hour})
	require.NoError(t, s.Write(context.Background(), []sink.Row[string, int64]{ago(0, 1, false)}))
	require.Empty(t, server.Keys())
}
