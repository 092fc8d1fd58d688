package archive_test

import (
	"fmt"
	"testing"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPublish(t *testing.T) {
	store := archive.Memory()
	var read note
	_, found, err := archive.Latest(t.Context(), store, "views/v/f", &read)
	require.NoError(t, err)
	require.False(t, found)
	require.NoError(t, archive.Publish(t.Context(), store, "views/v/f", 0, "a", note{By: "a"}))
	require.NoError(t, archive.Publish(t.Context(), store, "views/v/f", 0, "a", note{By: "a"}), "the same attempt again")
	require.ErrorIs(t, archive.Publish(t.Context(), store, "views/v/f", 0, "b", note{By: "b"}), archive.ErrTaken)
	require.NoError(t, archive.Publish(t.Context(), store, "views/v/f", 7, "b", note{By: "b"}), "numbers may leave holes")
	require.NoError(t, archive.Publish(t.Context(), store, "views/v/f", 2, "c", note{By: "c"}))
	require.NoError(t, archive.Publish(t.Context(), store, "views/v/f2", 9, "d", note{By: "d"}), "a neighbour")
	n, found, err := archive.Latest(t.Context(), store, "views/v/f", &read)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, int64(7), n)
	require.Equal(t, "b", read.By)

	for _, n := range []int64{-1, 1 << 60} {
		require.ErrorIs(t, archive.Publish(t.Context(), store, "d", n, "a", note{}), archive.ErrInvalid)
	}
	for _, nonce := range []string{"", `a"b`, "a b", "ñ"} {
		require.ErrorIs(t, archive.Publish(t.Context(), store, "d", 0, nonce, note{}), archive.ErrInvalid, nonce)
	}
	require.ErrorIs(t, archive.Publish(t.Context(), store, "d", 0, "a", make(chan int)), archive.ErrInvalid)
	require.ErrorIs(t, archive.Publish(t.Context(), store, "../d", 0, "a", note{}), archive.ErrName)
}

func TestLatestIsStrict(t *testing.T) {
	store := archive.Memory()
	require.NoError(t, archive.Publish(t.Context(), store, "d", 3, "a", map[string]any{"by": "a", "more": 1}))
	var read note
	_, _, err := archive.Latest(t.Context(), store, "d", &read)
	require.ErrorIs(t, err, archive.ErrFormat, "a field that this release doesn't know")
	require.NoError(t, archive.Publish(t.Context(), store, "d", 4, "a", map[string]any{"by": 1}))
	_, _, err = archive.Latest(t.Context(), store, "d", &read)
	require.ErrorIs(t, err, archive.ErrCorrupt)
	require.NoError(t, archive.Publish(t.Context(), store, "d", 5, "a", note{By: "a"}))
	damaged := archivetest.Copy(t, store, func(name string, body []byte) ([]byte, bool) {
		body[len(body)/2] ^= 4
		return body, true
	})
	_, _, err = archive.Latest(t.Context(), damaged, "d", &read)
	require.ErrorIs(t, err, archive.ErrCorrupt)
	require.ErrorContains(t, err, "d/00000000000000000005.json")
}

// TestLatestAmongFiles publishes bases with many files each, some without a
// publication, and finds the newest with few listings.
func TestLatestAmongFiles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		memory := archive.Memory()
		published := rapid.SliceOfN(rapid.Int64Range(0, 3000), 0, 12).Draw(rt, "published")
		folders := rapid.SliceOfN(rapid.Int64Range(0, 3000), 0, 6).Draw(rt, "folders without publication")
		files := rapid.SampledFrom([]int{0, 1, 300, 700}).Draw(rt, "files")
		want := int64(-1)
		for i, n := range append(published, folders...) {
			for file := range files {
				_ = memory.Put(t.Context(), fmt.Sprintf("d/%020d/%d.json", n, file), nil)
			}
			if i < len(published) {
				_ = archive.Publish(t.Context(), memory, "d", n, "nonce", note{By: fmt.Sprint(n)})
				want = max(want, n)
			}
		}
		_ = memory.Put(t.Context(), "d/live/00000000000000005000.json", nil)
		store := archivetest.NewFaults(memory, nil)
		var read note
		n, found, err := archive.Latest(t.Context(), store, "d", &read)
		require.NoError(rt, err)
		require.Equal(rt, want >= 0, found)
		if found {
			require.Equal(rt, want, n)
			require.Equal(rt, fmt.Sprint(n), read.By)
		}
		require.Less(rt, store.Calls(), 60, "finding the newest must not list every base")
	})
}

func TestLatestOfLongHistory(t *testing.T) {
	memory := archive.Memory()
	const n = 3000
	for i := range int64(n) {
		require.NoError(t, archive.Publish(t.Context(), memory, "d", i, "nonce", note{By: fmt.Sprint(i)}))
		require.NoError(t, memory.Put(t.Context(), fmt.Sprintf("d/%020d/file", i), nil))
	}
	store := archivetest.NewFaults(memory, nil)
	var read note
	got, found, err := archive.Latest(t.Context(), store, "d", &read)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, int64(n-1), got)
	require.Less(t, store.Calls(), 20)
}
