package sourcetest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/source"
)

// TestSource runs the conformance suite. The harness makes a log for one test,
// with the same events each time, and cleans up by t.Cleanup.
func TestSource[E any](t *testing.T, harness func(t *testing.T) Log[E]) {
	for _, test := range checks[E]() {
		t.Run(test.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after the harness's own
			// What a log does wrong may be to wait: better to hear of it in a minute.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			test.run(ctx, t, open(ctx, t, harness))
		})
	}
}

// check is one part of the suite.
type check[E any] struct {
	name string
	run  func(context.Context, require.TestingT, Log[E])
}

func checks[E any]() []check[E] {
	return []check[E]{
		{"it describes itself", describes[E]},
		{"the same offset gives the same events", replays[E]},
		{"it opens at every offset", opensAnywhere[E]},
		{"offsets that aren't there are ErrOffset", refusesOffsets[E]},
		{"readers stop with their context and go on", stopsWithContext[E]},
		{"it ends or waits", endsOrWaits[E]},
		{"readers read at once", readsAtOnce[E]},
		{"chunks stay until the next", chunksStay[E]},
	}
}

func describes[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	identity, err := log.Source.Identity(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, identity, "a log without an identity can't be told from another")
	again, err := log.Source.Identity(ctx)
	require.NoError(t, err)
	require.Equal(t, identity, again)
	n, err := log.Source.Partitions(ctx)
	require.NoError(t, err)
	require.Len(t, log.Ends, n)
	ender, ok := log.Source.(source.Ender)
	for p := 0; ok && p < n; p++ {
		end, err := ender.End(ctx, p)
		require.NoError(t, err)
		require.Equal(t, log.Ends[p], end, "End of partition %d", p)
		require.LessOrEqual(t, log.start(ctx, t, p), end)
	}
}

func replays[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	for p, end := range log.Ends {
		start := log.start(ctx, t, p)
		first, events, err := read(ctx, log.Source, p, start, end)
		require.NoError(t, err)
		second, _, err := read(ctx, log.Source, p, start, end)
		require.NoError(t, err)
		require.Equal(t, sorted(first), sorted(second), "partition %d isn't the same twice", p)
		if log.Events != nil {
			require.Equal(t, log.Events[p], append([]E(nil), events...), "partition %d holds other events", p)
		}
	}
}

// sorted orders records by offset: chunks list their quarantine apart.
func sorted(records []record) []record {
	slices.SortFunc(records, func(a, b record) int { return cmp.Compare(a.offset, b.offset) })
	return records
}

func opensAnywhere[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	p := log.largest()
	start, end := log.start(ctx, t, p), log.Ends[p]
	all, _, err := read(ctx, log.Source, p, start, end)
	require.NoError(t, err)
	for i := range min(end-start, 20) {
		offset := start + (end-start)*i/min(end-start, 20)
		records, _, err := read(ctx, log.Source, p, offset, end)
		require.NoError(t, err)
		require.Equal(t, from(sorted(all), offset), sorted(records), "from offset %d", offset)
	}
}

func refusesOffsets[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	p := log.largest()
	for _, offset := range []int64{log.start(ctx, t, p) - 1, -1, log.Ends[p] + 1, log.Ends[p] + 1000} {
		reader, err := log.Source.Open(ctx, p, offset)
		if err == nil { // a log may find out only when it reads
			_, err = reader.Next(ctx)
			require.NoError(t, reader.Close())
		}
		require.ErrorIs(t, err, source.ErrOffset, "offset %d of partition %d", offset, p)
	}
}

// The context ends a Next that waits. What it was about to read isn't lost.
func stopsWithContext[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	p := log.largest()
	start := log.start(ctx, t, p)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	reader, err := log.Source.Open(ctx, p, start)
	require.NoError(t, err)
	next := start
	for range 3 { // a log may have a chunk at hand, and give it all the same
		c, err := reader.Next(ended)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
			break
		}
		require.NoError(t, checkChunk(c, p, next))
		next = c.Next
	}
	for next < log.Ends[p] {
		c, err := reader.Next(ctx)
		require.NoError(t, err)
		require.NoError(t, checkChunk(c, p, next), "after a context ended")
		next = c.Next
	}
	if log.Append != nil {
		waiting, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, err = reader.Next(waiting)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, log.Append(p))
		c, err := reader.Next(ctx)
		require.NoError(t, err)
		require.NoError(t, checkChunk(c, p, next), "after a context ended while it waited")
	}
	require.NoError(t, reader.Close())
}

func endsOrWaits[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	p := log.largest()
	reader, err := log.Source.Open(ctx, p, log.Ends[p])
	require.NoError(t, err, "the next offset can be waited for")
	if log.Append == nil {
		for range 2 {
			_, err = reader.Next(ctx)
			require.ErrorIs(t, err, io.EOF)
		}
		require.NoError(t, reader.Close())
		return
	}
	got := make(chan error, 1)
	go func() {
		c, err := reader.Next(ctx)
		if err == nil {
			err = checkChunk(c, p, log.Ends[p])
		}
		got <- err
	}()
	require.NoError(t, log.Append(p))
	require.NoError(t, await(ctx, got), "a reader that waited for what was appended")

	ended, cancel := context.WithCancel(ctx)
	go func() {
		var err error
		for err == nil {
			_, err = reader.Next(ended)
		}
		got <- err
	}()
	cancel()
	require.ErrorIs(t, await(ctx, got), context.Canceled)
	require.NoError(t, reader.Close())
}

// await gives what a reader came back with.
func await(ctx context.Context, got <-chan error) error {
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
		return errors.New("the reader never came back")
	}
}

func readsAtOnce[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	const readers = 4
	p := log.largest()
	start := log.start(ctx, t, p)
	results, failures := make([][]record, readers), make([]error, readers)
	var group sync.WaitGroup
	for i := range readers {
		group.Go(func() { results[i], _, failures[i] = read(ctx, log.Source, p, start, log.Ends[p]) })
	}
	group.Wait()
	require.NoError(t, errors.Join(failures...))
	for _, other := range results[1:] {
		require.Equal(t, sorted(results[0]), sorted(other))
	}
}

// What a chunk holds is the caller's until the next call, whatever other readers
// do meanwhile.
func chunksStay[E any](ctx context.Context, t require.TestingT, log Log[E]) {
	p := log.largest()
	start := log.start(ctx, t, p)
	reader, err := log.Source.Open(ctx, p, start)
	require.NoError(t, err)
	for next := start; next < log.Ends[p]; {
		c, err := reader.Next(ctx)
		require.NoError(t, err)
		require.NoError(t, checkChunk(c, p, next))
		before := recordsOf(c)
		_, _, err = read(ctx, log.Source, p, start, log.Ends[p])
		require.NoError(t, err)
		require.Equal(t, before, recordsOf(c), "the chunk at %d changed while it was lent", next)
		next = c.Next
	}
	require.NoError(t, reader.Close())
}
