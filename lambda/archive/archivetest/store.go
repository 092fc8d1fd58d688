package archivetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/stretchr/testify/require"
)

// TestStore runs the conformance suite on the stores that harness makes: each
// call must return an empty one, and clean up with t.Cleanup. A failure says
// which promise of [archive.Store] was broken.
func TestStore(t *testing.T, harness func(t *testing.T) archive.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, store archive.Store)
	}{
		{"PutIfAbsent", testPutIfAbsent},
		{"ConcurrentPuts", testConcurrentPuts},
		{"WholeOrNothing", testWholeOrNothing},
		{"BodiesAreCopied", testBodiesAreCopied},
		{"Ranges", testRanges},
		{"NotFound", testNotFound},
		{"List", testList},
		{"ListLong", testListLong},
		{"ListStopsEarly", testListStopsEarly},
		{"Names", testNames},
		{"Cancelled", testCancelled},
		{"Big", testBig},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, harness(t)) })
	}
}

func get(t *testing.T, store archive.Store, name string) []byte {
	t.Helper()
	body, err := store.Get(t.Context(), name, 0, -1)
	require.NoError(t, err, "an object that was put must be readable at once: %s", name)
	return body
}

func list(t *testing.T, store archive.Store, prefix, after string) []string {
	t.Helper()
	names := []string{}
	for name, err := range store.List(t.Context(), prefix, after) {
		require.NoError(t, err, "listing prefix %q after %q", prefix, after)
		names = append(names, name)
	}
	return names
}

func testPutIfAbsent(t *testing.T, store archive.Store) {
	const name = "_log/0/00000000000000000000.json"
	require.NoError(t, store.Put(t.Context(), name, []byte("first")))
	for _, body := range []string{"second", "first"} {
		err := store.Put(t.Context(), name, []byte(body))
		require.ErrorIs(t, err, archive.ErrExists, "a put on a taken name must be refused, whatever its body")
	}
	require.Equal(t, "first", string(get(t, store, name)), "a refused put must leave the object as it was")
	require.Equal(t, []string{name}, list(t, store, "", ""), "a refused put must leave nothing else behind")

	require.NoError(t, store.Put(t.Context(), "empty", nil), "an empty body is a body")
	require.Empty(t, get(t, store, "empty"))
	require.ErrorIs(t, store.Put(t.Context(), "empty", []byte("x")), archive.ErrExists, "an empty object takes its name too")
}

func testConcurrentPuts(t *testing.T, store archive.Store) {
	const putters, rounds = 16, 8
	for round := range rounds {
		name := fmt.Sprintf("race/%d/object", round)
		body := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 1000+i) }
		errs := make([]error, putters)
		start := make(chan struct{})
		var group sync.WaitGroup
		for i := range putters {
			group.Go(func() {
				<-start
				errs[i] = store.Put(t.Context(), name, body(i))
			})
		}
		close(start)
		group.Wait()
		winner := -1
		for i, err := range errs {
			if err == nil {
				require.Equal(t, -1, winner, "two of %d concurrent puts of one name succeeded: put isn't put-if-absent", putters)
				winner = i
				continue
			}
			require.ErrorIs(t, err, archive.ErrExists, "whoever loses a race must be told so")
		}
		require.NotEqual(t, -1, winner, "one of %d concurrent puts must succeed", putters)
		require.Equal(t, string(body(winner)), string(get(t, store, name)), "the object must be the winner's")
	}
}

// testWholeOrNothing reads an object while it is being put.
func testWholeOrNothing(t *testing.T, store archive.Store) {
	want := bytes.Repeat([]byte("whole or nothing"), 1<<14)
	for round := range 4 {
		name := fmt.Sprintf("whole/%d", round)
		done := make(chan error, 1)
		go func() { done <- store.Put(t.Context(), name, want) }()
		for finished := false; !finished; {
			select {
			case err := <-done:
				require.NoError(t, err)
				finished = true
			default:
			}
			body, err := store.Get(t.Context(), name, 0, -1)
			if err != nil {
				require.ErrorIs(t, err, archive.ErrNotFound, "until it is put an object isn't there")
				require.False(t, finished, "an object that was put must be readable at once")
				continue
			}
			require.True(t, bytes.Equal(want, body), "a reader saw %d of %d bytes: a put must show whole or not at all", len(body), len(want))
		}
	}
}

func testBodiesAreCopied(t *testing.T, store archive.Store) {
	body := []byte("mine")
	require.NoError(t, store.Put(t.Context(), "object", body))
	copy(body, "yours")
	got := get(t, store, "object")
	require.Equal(t, "mine", string(got), "a store must not retain the body it is given")
	copy(got, "xxxx")
	require.Equal(t, "mine", string(get(t, store, "object")), "what get returns is the caller's: changing it must not change the object")
}

func testRanges(t *testing.T, store archive.Store) {
	require.NoError(t, store.Put(t.Context(), "digits", []byte("0123456789")))
	for _, c := range []struct {
		offset, length int64
		want           string
	}{
		{0, -1, "0123456789"}, {0, 10, "0123456789"}, {3, 4, "3456"}, {7, -1, "789"}, {9, 1, "9"}, {4, 0, ""},
		{8, 5, "89"}, {0, 1 << 60, "0123456789"}, {5, 1<<63 - 1, "56789"}, {10, -1, ""}, {10, 1, ""}, {1 << 60, 1 << 60, ""},
	} {
		got, err := store.Get(t.Context(), "digits", c.offset, c.length)
		require.NoError(t, err, "get at %d, length %d", c.offset, c.length)
		require.Equal(t, c.want, string(got), "get at %d, length %d", c.offset, c.length)
	}
	_, err := store.Get(t.Context(), "digits", -1, 1)
	require.ErrorIs(t, err, archive.ErrInvalid, "a negative offset")
}

func testNotFound(t *testing.T, store archive.Store) {
	_, err := store.Get(t.Context(), "nothing", 0, -1)
	require.ErrorIs(t, err, archive.ErrNotFound, "in an empty store")
	require.Empty(t, list(t, store, "", ""), "an empty store lists nothing, without an error")
	require.NoError(t, store.Put(t.Context(), "some/object", []byte("x")))
	for _, name := range []string{"some", "some/other", "some/object/below", "some/objec"} {
		_, err := store.Get(t.Context(), name, 0, -1)
		require.ErrorIs(t, err, archive.ErrNotFound, name)
	}
}

func testList(t *testing.T, store archive.Store) {
	// Among these are folders that sort differently with their slash (7.json,
	// 7/…, 70) and a prefix that ends within a name.
	names := []string{
		"_log/0/00000000000000000000.json", "_log/0/00000000000000000001.json", "_log/1/00000000000000000000.json",
		"_log/10/00000000000000000000.json", "_log/source/00000000000000000000.json",
		"events/2026-01-01/0-1-a.parquet", "events/2026-01-02/0-2-b.parquet", "events/2026-01-02/1-2-b.parquet",
		"views/ñandú/7.json", "views/ñandú/7/a/b", "views/ñandú/7/c", "views/ñandú/70", "z",
	}
	for _, i := range []int{7, 2, 12, 0, 9, 4, 11, 1, 10, 6, 3, 8, 5} {
		require.NoError(t, store.Put(t.Context(), names[i], []byte("x")))
	}
	slices.Sort(names)
	afters := append([]string{"", "_", "_log/0", "_log/0/", "_log/00", "events/2026-01-02", "views/ñandú/7/", "views/ñandú/7/a0", "zz"}, names...)
	prefixes := append([]string{"", "_log/", "_log/1", "_log/1/", "events/2026-01-0", "events", "views/ñandú/7", "views/ñandú/7/", "none/", "none"}, names...)
	for _, prefix := range prefixes {
		for _, after := range afters {
			want := []string{}
			for _, name := range names {
				if strings.HasPrefix(name, prefix) && name > after {
					want = append(want, name)
				}
			}
			require.Equal(t, want, list(t, store, prefix, after), "list must yield exactly the names with prefix %q that sort after %q, in order", prefix, after)
		}
	}
}

func testListLong(t *testing.T, store archive.Store) {
	const n = 1100 // more than a page of the usual object stores
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("long/%05d", i))
		require.NoError(t, store.Put(t.Context(), names[i], []byte("x")))
	}
	require.Equal(t, names, list(t, store, "long/", ""), "a long listing must go on after its first page")
	require.Equal(t, names[1050:], list(t, store, "long/", names[1049]))
}

func testListStopsEarly(t *testing.T, store archive.Store) {
	for _, name := range []string{"a/1", "a/2", "b/1"} {
		require.NoError(t, store.Put(t.Context(), name, []byte("x")))
	}
	names := store.List(t.Context(), "", "")
	for range 2 {
		for name, err := range names {
			require.NoError(t, err)
			require.Equal(t, "a/1", name, "a listing that was left early starts again when it is ranged over again")
			break
		}
	}
	// Putting while listing must neither block nor break the listing.
	for name, err := range names {
		require.NoError(t, err)
		if strings.HasPrefix(name, "a/") {
			require.NoError(t, store.Put(t.Context(), "0"+name, []byte("x")))
		}
	}
}

func testNames(t *testing.T, store archive.Store) {
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".hidden", "a/.hidden",
		`a\b`, `..\a`, "a\x00b", "a\nb", "a\xffb", strings.Repeat("x", 256), strings.Repeat("x/", 520) + "x",
	} {
		require.ErrorIs(t, store.Put(t.Context(), name, []byte("x")), archive.ErrName, "put must refuse the name %q", name)
		_, err := store.Get(t.Context(), name, 0, -1)
		require.ErrorIs(t, err, archive.ErrName, "get must refuse the name %q", name)
	}
	for _, prefix := range []string{"../", "/", "a/../", "a//", `a\`} {
		for _, err := range store.List(t.Context(), prefix, "") {
			require.ErrorIs(t, err, archive.ErrName, "list must refuse the prefix %q", prefix)
		}
	}
	good := []string{"a", "a-b_c.d", "d=1/e f", "ü/ñ/漢", "x..y", strings.Repeat("s", 255), "%2F"}
	for _, name := range good {
		require.NoError(t, store.Put(t.Context(), name, []byte(name)), "put must take the name %q", name)
		require.Equal(t, name, string(get(t, store, name)))
	}
	slices.Sort(good)
	require.Equal(t, good, list(t, store, "", ""), "names must come back as they were given, and refused ones not at all")
}

func testCancelled(t *testing.T, store archive.Store) {
	require.NoError(t, store.Put(t.Context(), "there", []byte("x")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, store.Put(ctx, "object", []byte("x")), context.Canceled)
	_, err := store.Get(ctx, "there", 0, -1)
	require.ErrorIs(t, err, context.Canceled)
	count := 0
	for name, err := range store.List(ctx, "", "") {
		count++
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, name, "an error comes without a name")
	}
	require.Equal(t, 1, count, "a listing must report its error once and end")
}

func testBig(t *testing.T, store archive.Store) {
	body := make([]byte, 8<<20)
	for i := range body {
		body[i] = byte(i ^ i>>8 ^ i>>16)
	}
	require.NoError(t, store.Put(t.Context(), "big", body))
	require.True(t, bytes.Equal(body, get(t, store, "big")), "an object of 8 MiB must come back as it was")
	part, err := store.Get(t.Context(), "big", 5<<20, 1000)
	require.NoError(t, err)
	require.True(t, bytes.Equal(body[5<<20:5<<20+1000], part), "a range of an object of 8 MiB")
	// Stores that cut large objects into parts must be as strict with them.
	other := bytes.Repeat([]byte{1}, len(body))
	require.ErrorIs(t, store.Put(t.Context(), "big", other), archive.ErrExists, "a large put on a taken name must be refused too")
	require.True(t, bytes.Equal(body, get(t, store, "big")), "a refused put must leave the object as it was")
}
