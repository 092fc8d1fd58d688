package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

type tick struct {
	N    uint64
	Name string
	Note *string
}

func newTicks(t testing.TB, partitions, rows int) *source.Memory[tick] {
	log, err := source.NewMemory("ticks", partitions, source.MemoryOptions[tick]{ChunkRows: rows})
	require.NoError(t, err)
	return log
}

// readTo reads a partition up to an offset, and checks that the chunks tile.
func readTo[E any](t testing.TB, log source.Source[E], partition int, from, to int64) (events []E, offsets []int64) {
	reader, err := log.Open(t.Context(), partition, from)
	require.NoError(t, err)
	for next := from; next < to; {
		c, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Check())
		require.Equal(t, next, c.From)
		require.Less(t, c.From, c.Next)
		require.Equal(t, partition, c.Partition)
		events = append(events, c.Rows()...)
		offsets = append(offsets, c.Offsets...)
		next = c.Next
	}
	require.NoError(t, reader.Close())
	return events, offsets
}

func TestMemoryKeepsWhatIsAppended(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.IntRange(1, 5).Draw(rt, "chunk rows")
		log := newTicks(t, 2, rows)
		var want []tick
		for _, batch := range rapid.SliceOf(rapid.IntRange(0, 7)).Draw(rt, "batches") {
			events := make([]tick, batch)
			for i := range events {
				events[i] = tick{N: uint64(len(want) + i), Name: fmt.Sprint(i % 3)}
			}
			want = append(want, events...)
			next, err := log.Append(1, events...)
			require.NoError(rt, err)
			require.EqualValues(rt, len(want), next)
			if len(want) > 0 {
				from := rapid.IntRange(0, len(want)-1).Draw(rt, "from")
				got, _ := readTo(t, log, 1, int64(from), int64(len(want)))
				require.Equal(rt, want[from:], got)
			}
		}
		end, err := log.End(t.Context(), 0)
		require.NoError(rt, err)
		require.Zero(rt, end, "the other partition")
	})
}

func TestMemoryGivesQuarantinedEventsTheirOffsets(t *testing.T) {
	log := newTicks(t, 1, 2)
	next, err := log.Append(0, tick{N: 1}, tick{N: math.MaxUint64}, tick{N: math.MaxUint64}, tick{N: 4}, tick{N: 5})
	require.NoError(t, err)
	require.EqualValues(t, 5, next)
	events, offsets := readTo(t, log, 0, 0, 5)
	require.Equal(t, []tick{{N: 1}, {N: 4}, {N: 5}}, events)
	require.Equal(t, []int64{0, 3, 4}, offsets)

	reader, err := log.Open(t.Context(), 0, 2)
	require.NoError(t, err)
	c, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []source.Quarantined{{Offset: 2, Reason: "column N: source: unfit value: 18446744073709551615 is past 64 signed bits"}}, c.Quarantine)
}

func TestMemoryLeavesTheCallersEventsAlone(t *testing.T) {
	log, err := source.NewMemory("ticks", 1, source.MemoryOptions[tick]{Transform: func(e *tick) error {
		e.Name += "!"
		return nil
	}})
	require.NoError(t, err)
	events := []tick{{Name: "a"}}
	_, err = log.Append(0, events...)
	require.NoError(t, err)
	require.Equal(t, []tick{{Name: "a"}}, events)
	got, _ := readTo(t, log, 0, 0, 1)
	require.Equal(t, []tick{{Name: "a!"}}, got)
}

// A chunk must not change under its reader, whatever is appended meanwhile: the
// first null gives a column its list of nulls, a rejected event is cut off again.
func TestMemoryChunksStayAsTheyWere(t *testing.T) {
	log := newTicks(t, 1, 100)
	note := "note"
	early := tick{N: 1, Name: "a", Note: &note}
	_, err := log.Append(0, early, early, early) // three, so that the builder's slices have room for a fourth
	require.NoError(t, err)
	first, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	c, err := first.Next(t.Context())
	require.NoError(t, err)
	_, err = log.Append(0, tick{N: math.MaxUint64}, tick{N: 2, Name: "b"}, tick{N: 3, Name: "a"})
	require.NoError(t, err)
	require.Equal(t, []tick{early, early, early}, c.Rows())
	require.Empty(t, c.Quarantine)
}

// A caller's builder hands out its own memory: one who appends to a chunk's
// slices mustn't write into what the builder collects next.
func TestChunksOfABuilderCannotGrowIntoIt(t *testing.T) {
	b := source.NewBuilder[tick](schemaOf[tick](t), nil)
	note := "note"
	for offset := range int64(3) { // room for a fourth is left
		b.Append(&tick{N: uint64(offset), Note: []*string{nil, &note, &note}[offset]}, offset, nil)
	}
	c := b.Chunk(0, 0, 3)
	require.Equal(t, []int{3, 3, 3, 3, 3},
		[]int{cap(c.Offsets), cap(c.Columns[0].Ints), cap(c.Columns[1].Codes), cap(c.Columns[2].Codes), cap(c.Columns[2].Valid)})
}

func TestMemoryWakesReaders(t *testing.T) {
	for _, test := range []struct {
		what string
		wake func(*source.Memory[tick], context.CancelFunc)
		want error
	}{
		{"an append", func(m *source.Memory[tick], _ context.CancelFunc) { _, _ = m.Append(0, tick{N: 7}) }, nil},
		{"the end", func(m *source.Memory[tick], _ context.CancelFunc) { _ = m.Close() }, io.EOF},
		{"the context", func(_ *source.Memory[tick], cancel context.CancelFunc) { cancel() }, context.Canceled},
	} {
		t.Run(test.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				log := newTicks(t, 2, 10)
				reader, err := log.Open(ctx, 0, 0)
				require.NoError(t, err)
				done := make(chan error)
				go func() {
					_, err := reader.Next(ctx)
					done <- err
				}()
				synctest.Wait()
				_, err = log.Append(1, tick{})
				require.NoError(t, err)
				synctest.Wait()
				select {
				case err := <-done:
					require.Fail(t, "nothing to wake for yet", "%v", err)
				default:
				}
				test.wake(log, cancel)
				require.ErrorIs(t, <-done, test.want)
				cancel()
			})
		})
	}
}

func TestMemoryGoesOnAfterAContextEnded(t *testing.T) {
	log := newTicks(t, 1, 10)
	reader, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	ended, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, err = reader.Next(ended)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = log.Append(0, tick{N: 1})
	require.NoError(t, err)
	c, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []tick{{N: 1}}, c.Rows())
}

func TestMemoryTrim(t *testing.T) {
	log := newTicks(t, 1, 3)
	for i := range 10 {
		_, err := log.Append(0, tick{N: uint64(i)})
		require.NoError(t, err)
	}
	slow, err := log.Open(t.Context(), 0, 2)
	require.NoError(t, err)
	require.NoError(t, log.Trim(0, 8))
	start, err := log.Start(t.Context(), 0)
	require.NoError(t, err)
	require.EqualValues(t, 6, start, "whole chunks only")
	_, err = slow.Next(t.Context())
	require.ErrorIs(t, err, source.ErrOffset)
	_, err = log.Open(t.Context(), 0, 5)
	require.ErrorIs(t, err, source.ErrOffset)
	events, _ := readTo(t, log, 0, 6, 10)
	require.Equal(t, []tick{{N: 6}, {N: 7}, {N: 8}, {N: 9}}, events)

	for _, before := range []int64{100, -3, 9} {
		require.NoError(t, log.Trim(0, before))
	}
	start, err = log.Start(t.Context(), 0)
	require.NoError(t, err)
	require.EqualValues(t, 9, start, "what the builder holds stays")
	next, err := log.Append(0, tick{N: 10})
	require.NoError(t, err)
	events, _ = readTo(t, log, 0, 9, next)
	require.Equal(t, []tick{{N: 9}, {N: 10}}, events)
	require.ErrorIs(t, log.Trim(1, 0), source.ErrOffset)
}

func TestMemoryRefuses(t *testing.T) {
	for _, test := range []struct {
		identity   string
		partitions int
		rows       int
	}{{"", 1, 0}, {"x", 0, 0}, {"x", 1, -1}} {
		_, err := source.NewMemory(test.identity, test.partitions, source.MemoryOptions[tick]{ChunkRows: test.rows})
		require.ErrorIs(t, err, source.ErrOptions)
	}
	_, err := source.NewMemory("x", 1, source.MemoryOptions[int]{})
	require.ErrorIs(t, err, source.ErrSchema)

	log := newTicks(t, 1, 0)
	for _, partition := range []int{-1, 1} {
		_, err := log.Append(partition)
		require.ErrorIs(t, err, source.ErrOffset)
		_, err = log.End(t.Context(), partition)
		require.ErrorIs(t, err, source.ErrOffset)
		_, err = log.Start(t.Context(), partition)
		require.ErrorIs(t, err, source.ErrOffset)
		_, err = log.Open(t.Context(), partition, 0)
		require.ErrorIs(t, err, source.ErrOffset)
	}
	for _, offset := range []int64{-1, 1} {
		_, err := log.Open(t.Context(), 0, offset)
		require.ErrorIs(t, err, source.ErrOffset)
	}
	require.NoError(t, log.Close())
	require.NoError(t, log.Close())
	_, err = log.Append(0, tick{})
	require.ErrorIs(t, err, source.ErrClosed)
}

// Readers and writers meet: run it with the race detector.
func TestMemoryIsReadWhileItGrows(t *testing.T) {
	const writers, each, readers = 3, 400, 3
	log := newTicks(t, 1, 16)
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				e := tick{N: uint64(w*each + i), Name: fmt.Sprint(i)}
				if i%50 == 49 {
					e.N = math.MaxUint64
				}
				if i%7 == 0 {
					e.Note = &e.Name
				}
				if _, err := log.Append(0, e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := make([][]tick, readers)
	for i := range readers {
		reading.Go(func() {
			reader, err := log.Open(t.Context(), 0, 0)
			if err != nil {
				t.Error(err)
				return
			}
			for next := int64(0); ; {
				c, err := reader.Next(t.Context())
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil || c.From != next || c.Check() != nil {
					t.Errorf("chunk %v after offset %d: %v", c, next, err)
					return
				}
				next = c.Next
				seen[i] = append(seen[i], c.Rows()...)
			}
		})
	}
	writing.Wait()
	require.NoError(t, log.Close())
	reading.Wait()
	require.Len(t, seen[0], writers*(each-each/50))
	for _, other := range seen[1:] {
		require.Equal(t, seen[0], other)
	}
}

// TestMemoryReject: what the caller couldn't decode keeps its place and its bytes.
func TestMemoryReject(t *testing.T) {
	log, err := source.NewMemory[tick]("log", 1, source.MemoryOptions[tick]{ChunkRows: 2})
	require.NoError(t, err)
	raw := []byte("not an event")
	_, err = log.Append(0, tick{})
	require.NoError(t, err)
	next, err := log.Reject(0, raw, errors.New("line 2: no number"))
	require.NoError(t, err)
	require.EqualValues(t, 2, next)
	raw[0] = 'X'
	_, err = log.Reject(1, raw, errors.New("no such partition"))
	require.ErrorIs(t, err, source.ErrOffset)
	reader, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	c, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Check())
	require.Equal(t, 1, c.Len())
	require.Equal(t, []source.Quarantined{{Offset: 1, Raw: []byte("not an event"), Reason: "line 2: no number"}}, c.Quarantine)
	require.NoError(t, log.Close())
	_, err = log.Reject(0, raw, errors.New("too late"))
	require.ErrorIs(t, err, source.ErrClosed)
}
