package redissink_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/window"
)

type row = sink.Row[string, int64]

func session(from, to int, version int64, removed bool) row {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r := row{View: "sesiones", Key: "u1", Window: window.Span{Start: day.Add(time.Duration(from) * time.Minute), End: day.Add(time.Duration(to) * time.Minute)},
		Value: version, Version: version, Removed: removed}
	if removed {
		r.Value = 0
	}
	return r
}

func TestLatestIsTheNewestWindowThatIsThere(t *testing.T) {
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		s := open[string, int64](t, client, prefix, redissink.Options{})
		tag := prefix + ":{sesiones:key=u1}:"
		latest := func() string { return client.HGet(ctx, tag+"latest", "value").Val() }
		write := func(rows ...row) { require.NoError(t, s.Write(ctx, rows)) }

		write(session(20, 30, 1, false), session(0, 10, 2, false))
		require.Equal(t, "1", latest(), "an older window that came later isn't the latest")
		write(session(0, 10, 3, false))
		require.Equal(t, "1", latest(), "nor is one that was corrected")
		// A late event joins both to one, which starts where the older one did.
		write(session(0, 30, 4, false), session(0, 10, 4, true), session(20, 30, 4, true))
		require.Equal(t, "4", latest())
		require.Equal(t, []string{"2026-11-01T00:00:00Z/2026-11-01T00:30:00Z"}, client.ZRange(ctx, tag+"windows", 0, -1).Val())
		write(session(20, 30, 3, false))
		require.Equal(t, "4", latest(), "an older version of a row that was removed doesn't come back")
		require.Zero(t, client.Exists(ctx, tag+"2026-11-01T00:20:00Z/2026-11-01T00:30:00Z").Val())
		write(session(0, 30, 5, true))
		require.Zero(t, client.Exists(ctx, tag+"latest", tag+"windows").Val(), "where no row is, there's no latest")
		write(session(20, 30, 6, false))
		require.Equal(t, "6", latest(), "a newer version does come back")
		require.Zero(t, client.Exists(ctx, tag+"2026-11-01T00:20:00Z/2026-11-01T00:30:00Z:removed").Val())
	})
}

// TestEvictedRowsLeaveTheIndex deletes rows as eviction does.
func TestEvictedRowsLeaveTheIndex(t *testing.T) {
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		s := open[string, int64](t, client, prefix, redissink.Options{Retention: 100 * 365 * 24 * time.Hour})
		write := func(rows ...row) { require.NoError(t, s.Write(ctx, rows)) }
		lose := func(r row) {
			name, err := s.RowKey(r.View, r.Window, r.Key)
			require.NoError(t, err)
			require.Equal(t, int64(1), client.Del(ctx, name).Val())
		}
		write(session(0, 10, 1, false), session(10, 20, 1, false), session(20, 30, 1, false), session(30, 40, 1, false))
		lose(session(0, 10, 1, false))
		lose(session(30, 40, 1, false))
		write(session(15, 17, 2, false))
		tag := prefix + ":{sesiones:key=u1}:"
		require.Equal(t, []string{"2026-11-01T00:10:00Z/2026-11-01T00:20:00Z", "2026-11-01T00:15:00Z/2026-11-01T00:17:00Z", "2026-11-01T00:20:00Z/2026-11-01T00:30:00Z"},
			client.ZRange(ctx, tag+"windows", 0, -1).Val())
	})
}

var versions = []int64{math.MinInt64, -100, -99, -9, -1, 0, 1, 2, 9, 10, 11, 99, 100, 1 << 53, 1<<53 + 1, 1<<53 + 2, math.MaxInt64 - 1, math.MaxInt64}

// spans overlap, and lie close together.
var spans = []window.Span{{}, at(0), at(5), at(10), {Start: at(0).Start, End: at(5).End}, {Start: at(5).Start.Add(time.Microsecond), End: at(5).End},
	{Start: time.Date(1969, 12, 31, 23, 59, 59, 1000, time.UTC), End: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)}}

// rowOfVersion makes the row that a version of an identity is, wherever it's written.
func rowOfVersion(key string, at window.Span, version int64) row {
	r := row{View: "v", Key: key, Window: at, Version: version, Removed: version%3 == 0}
	if !r.Removed {
		r.Value = version / 2
	}
	return r
}

type model map[string]map[window.Span]row // by key

func (m model) add(rows []row) {
	for _, r := range rows {
		if m[r.Key] == nil {
			m[r.Key] = map[window.Span]row{}
		}
		if old, known := m[r.Key][r.Window]; !known || r.Version >= old.Version {
			m[r.Key][r.Window] = r
		}
	}
}

func nameOf(at window.Span) string {
	if at == (window.Span{}) {
		return "all"
	}
	return at.Start.Format(time.RFC3339Nano) + "/" + at.End.Format(time.RFC3339Nano)
}

// requireHeld compares all that's in Redis with the model, by plain commands.
func (m model) requireHeld(t require.TestingT, client redis.UniversalClient, prefix string) {
	ctx := context.Background()
	var want []string
	for key, rows := range m {
		tag := prefix + ":{v:key=" + strings.ReplaceAll(key, "}", "%7D") + "}:"
		var windows []window.Span
		for at, r := range rows {
			if r.Removed {
				want = append(want, tag+nameOf(at)+":removed")
				require.Equal(t, fmt.Sprint(r.Version), client.Get(ctx, tag+nameOf(at)+":removed").Val())
				continue
			}
			windows = append(windows, at)
			want = append(want, tag+nameOf(at))
			requireRow(t, r, client.HGetAll(ctx, tag+nameOf(at)).Val())
		}
		if len(windows) == 0 {
			continue
		}
		slices.SortFunc(windows, func(a, b window.Span) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(nameOf(a), nameOf(b)))
		})
		var listed []string
		for _, at := range windows {
			listed = append(listed, nameOf(at))
		}
		want = append(want, tag+"windows", tag+"latest")
		require.Equal(t, listed, client.ZRange(ctx, tag+"windows", 0, -1).Val())
		requireRow(t, rows[windows[len(windows)-1]], client.HGetAll(ctx, tag+"latest").Val())
	}
	require.ElementsMatch(t, want, names(t, client, prefix))
}

func requireRow(t require.TestingT, r row, got map[string]string) {
	want := map[string]string{"view": r.View, "key": r.Key, "value": fmt.Sprint(r.Value), "version": fmt.Sprint(r.Version), "timing": "early", "final": "false"}
	if r.Window != (window.Span{}) {
		want["window_start"], want["window_end"] = r.Window.Start.Format(time.RFC3339Nano), r.Window.End.Format(time.RFC3339Nano)
	}
	require.Equal(t, want, got)
}

// TestAnyOrderEndsInTheNewest writes the same rows in random batches, in random
// order, again and again, while pipelines and their answers get lost.
func TestAnyOrderEndsInTheNewest(t *testing.T) {
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		faults := &lossy{}
		client.AddHook(faults)
		prefix, n := newPrefix(t, client), 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			prefix := prefix + strconv.Itoa(n)
			defer wipe(t, client, prefix)
			s := open[string, int64](t, client, prefix, redissink.Options{PipelineBytes: rapid.SampledFrom([]int{1, 1500, 0}).Draw(t, "bytes")})
			batches := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
				return rowOfVersion(rapid.SampledFrom([]string{"a", "}"}).Draw(t, "key"), rapid.SampledFrom(spans).Draw(t, "window"), rapid.SampledFrom(versions).Draw(t, "version"))
			}), 1, 8), 1, 6).Draw(t, "batches")
			want, lastVersion := model{}, map[string]int64{}
			for due := slices.Clone(batches); len(due) > 0; {
				i := rapid.IntRange(0, len(due)-1).Draw(t, "batch")
				want.add(due[i])
				faults.plan(rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 1, 2}), 0, 4).Draw(t, "faults"))
				err := s.Write(context.Background(), due[i])
				faults.plan(nil)
				if err != nil {
					require.ErrorIs(t, err, errLost)
				}
				requireNoneGoesBack(t, client, prefix, lastVersion)
				if err == nil && rapid.Bool().Draw(t, "done") {
					due = slices.Delete(due, i, i+1)
				}
			}
			want.requireHeld(t, client, prefix)
		})
	})
}

// requireNoneGoesBack checks that no row's version, or its tombstone's, is below
// what was seen before.
func requireNoneGoesBack(t require.TestingT, client redis.UniversalClient, prefix string, seen map[string]int64) {
	ctx := context.Background()
	now := map[string]int64{}
	for _, name := range names(t, client, prefix) {
		id, removed := strings.CutSuffix(name, ":removed")
		if strings.HasSuffix(id, ":windows") || strings.HasSuffix(id, ":latest") {
			continue
		}
		version := client.HGet(ctx, id, "version")
		text := version.Val()
		if removed {
			text = client.Get(ctx, name).Val()
		}
		v, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		require.NotContains(t, now, id, "a row and its tombstone")
		now[id] = v
	}
	for id, before := range seen {
		require.Contains(t, now, id)
		require.GreaterOrEqual(t, now[id], before)
	}
	maps.Copy(seen, now)
}
