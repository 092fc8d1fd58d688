package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

// numbered is an event that says where it was put.
type numbered struct{ Log, Partition, N int }

// numbers is a log of numbered events, so many in each partition.
func numbers(t require.TestingT, log int, counts ...int) *source.Memory[numbered] {
	m, err := source.NewMemory(fmt.Sprint("log ", log), len(counts), source.MemoryOptions[numbered]{ChunkRows: 4})
	require.NoError(t, err)
	for p, n := range counts {
		for i := range n {
			_, err := m.Append(p, numbered{log, p, i})
			require.NoError(t, err)
		}
	}
	return m
}

// bare hides what a log has besides a Source's methods.
type bare[E any] struct{ source.Source[E] }

// grown says that a log has more partitions than it has.
type grown[E any] struct {
	source.Source[E]
	partitions int
}

func (g *grown[E]) Partitions(context.Context) (int, error) { return g.partitions, nil }

func merge(t require.TestingT, sources ...source.Source[numbered]) source.Source[numbered] {
	m, err := source.Merge(sources...)
	require.NoError(t, err)
	return m
}

func identity[E any](t require.TestingT, log source.Source[E]) string {
	id, err := log.Identity(context.Background())
	require.NoError(t, err)
	return id
}

func TestMergedLogsConform(t *testing.T) {
	harness := func(end, trim bool) func(t *testing.T) sourcetest.Log[numbered] {
		return func(t *testing.T) sourcetest.Log[numbered] {
			a, b, c := numbers(t, 0, 3, 0), numbers(t, 1, 2), numbers(t, 2, 1, 30)
			for _, p := range []int{0, 1} {
				_, err := c.Reject(p, []byte("x"), errors.New("no event"))
				require.NoError(t, err)
			}
			log := sourcetest.Log[numbered]{Source: merge(t, a, bare[numbered]{b}, c), Ends: []int64{3, 0, 2, 2, 31}}
			if trim {
				require.NoError(t, c.Trim(1, 9))
			}
			if end {
				require.NoError(t, errors.Join(a.Close(), b.Close(), c.Close()))
				return log
			}
			log.Append = func(p int) error {
				_, err := c.Append(p-3, numbered{})
				return err
			}
			return log
		}
	}
	t.Run("growing", func(t *testing.T) { sourcetest.TestSource(t, harness(false, false)) })
	t.Run("ended", func(t *testing.T) { sourcetest.TestSource(t, harness(true, false)) })
	t.Run("trimmed", func(t *testing.T) { sourcetest.TestSource(t, harness(false, true)) })
}

func TestMergedPartitionsAreTheirs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sources []source.Source[numbered]
		var want [][]numbered
		for log := range rapid.IntRange(1, 4).Draw(t, "logs") {
			counts := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 3).Draw(t, "events")
			m := numbers(t, log, counts...)
			require.NoError(t, m.Close())
			sources = append(sources, m)
			for p, n := range counts {
				var events []numbered
				for i := range n {
					events = append(events, numbered{log, p, i})
				}
				want = append(want, events)
			}
		}
		log := merge(t, sources...)
		n, err := log.Partitions(context.Background())
		require.NoError(t, err)
		require.Len(t, want, n)
		for p := range want {
			end, err := log.(source.Ender).End(context.Background(), p)
			require.NoError(t, err)
			require.EqualValues(t, len(want[p]), end)
			r, err := log.Open(context.Background(), p, 0)
			require.NoError(t, err)
			var got []numbered
			for {
				c, err := r.Next(context.Background())
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				require.Equal(t, p, c.Partition)
				got = append(got, c.Rows()...)
			}
			require.Equal(t, want[p], got)
			require.NoError(t, r.Close())
		}
		_, err = log.Open(context.Background(), n, 0)
		require.ErrorIs(t, err, source.ErrOffset)
		_, err = log.Open(context.Background(), -1, 0)
		require.ErrorIs(t, err, source.ErrOffset)
	})
}

func TestMergedIdentityIsOfAllThatNumbersPartitions(t *testing.T) {
	a, b := numbers(t, 0, 1, 1), numbers(t, 1, 1)
	id := identity(t, merge(t, a, b))
	require.Equal(t, `merged: "log 0" with 2 partitions, "log 1"`, id)
	require.Equal(t, id, identity(t, merge(t, numbers(t, 0, 7, 7), numbers(t, 1, 0, 0))), "the last log may grow")
	for what, other := range map[string]source.Source[numbered]{
		"another order":   merge(t, b, a),
		"one fewer":       merge(t, a),
		"one more":        merge(t, a, b, numbers(t, 2, 1)),
		"another log":     merge(t, a, numbers(t, 2, 1)),
		"more partitions": merge(t, &grown[numbered]{a, 3}, b),
	} {
		require.NotEqual(t, id, identity(t, other), what)
	}
}

// A log that grows in the middle doesn't move those after it under a reader.
func TestMergedNumbersStay(t *testing.T) {
	first := &grown[numbered]{numbers(t, 0, 1, 1), 2}
	last := &grown[numbered]{numbers(t, 1, 1, 1), 1}
	log := merge(t, first, last)
	id := identity(t, log)
	first.partitions, last.partitions = 3, 2
	n, err := log.Partitions(t.Context())
	require.NoError(t, err)
	require.Equal(t, 4, n)
	require.Equal(t, id, identity(t, log))
	r, err := log.Open(t.Context(), 2, 0)
	require.NoError(t, err)
	c, err := r.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []numbered{{1, 0, 0}}, c.Rows())
	require.NoError(t, r.Close())
}

// TestWrappersPassOptionalInterfacesOn: a log that can't say where it ends, or
// doesn't share, mustn't look as if it did.
func TestWrappersPassOptionalInterfacesOn(t *testing.T) {
	type log = source.Source[numbered]
	for _, c := range []struct {
		of            []log
		ender, sharer bool
		start         int64
	}{
		{[]log{trimmed(t, 0)}, true, false, 4},
		{[]log{bare[numbered]{trimmed(t, 0)}}, false, false, 0},
		{[]log{share(trimmed(t, 0), 0)}, true, true, 4},
		{[]log{struct {
			source.Source[numbered]
			source.Sharer
		}{trimmed(t, 0), share(trimmed(t, 0))}}, false, true, 0},
		{[]log{share(trimmed(t, 0)), share(trimmed(t, 1))}, true, true, 4},
		{[]log{share(trimmed(t, 0)), trimmed(t, 1)}, true, false, 4},
		{[]log{trimmed(t, 0), bare[numbered]{trimmed(t, 1)}}, false, false, 4},
	} {
		converted, err := source.Convert(c.of[0], func(n *numbered) (numbered, error) { return *n, nil })
		require.NoError(t, err)
		wrapped := []log{merge(t, c.of...)}
		if len(c.of) == 1 {
			wrapped = append(wrapped, converted)
		}
		for _, w := range wrapped {
			_, ender := w.(source.Ender)
			_, sharer := w.(source.Sharer)
			require.Equal(t, []bool{c.ender, c.sharer}, []bool{ender, sharer})
			start, err := w.(source.Starter).Start(t.Context(), 0)
			require.NoError(t, err)
			require.Equal(t, c.start, start)
			require.NoError(t, w.(source.Committer).Commit(t.Context(), 0, 5), "who isn't a Committer isn't told")
		}
	}
}

func trimmed(t require.TestingT, log int) *source.Memory[numbered] {
	m := numbers(t, log, 5)
	require.NoError(t, m.Trim(0, 4))
	return m
}

// shared is a log that gives its reader these partitions, and notes what's told.
type shared struct {
	*source.Memory[numbered]
	gives []int

	mu   sync.Mutex
	told [][2]int64 // partition and offset
}

func share(m *source.Memory[numbered], gives ...int) *shared { return &shared{Memory: m, gives: gives} }

func (s *shared) Share(ctx context.Context, own func(context.Context, int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	errs := make([]error, len(s.gives))
	for i, partition := range s.gives {
		group.Go(func() {
			if errs[i] = own(ctx, partition); errs[i] != nil {
				cancel()
			}
		})
	}
	<-ctx.Done()
	group.Wait()
	return errors.Join(errs...)
}

func (s *shared) Commit(_ context.Context, partition int, offset int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, [2]int64{int64(partition), offset})
	return nil
}

func TestMergedLogsAreSharedEachByItself(t *testing.T) {
	a, b := share(numbers(t, 0, 1, 1), 1), share(numbers(t, 1, 1, 1, 1), 0, 2)
	log := merge(t, a, b)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var owned []int
	require.NoError(t, log.(source.Sharer).Share(ctx, func(ctx context.Context, partition int) error {
		require.NoError(t, log.(source.Committer).Commit(ctx, partition, int64(10+partition)))
		mu.Lock()
		owned = append(owned, partition)
		if len(owned) == 3 {
			cancel()
		}
		mu.Unlock()
		<-ctx.Done()
		return nil
	}))
	require.ElementsMatch(t, []int{1, 2, 4}, owned)
	require.Equal(t, [][2]int64{{1, 11}}, a.told)
	require.ElementsMatch(t, [][2]int64{{0, 12}, {2, 14}}, b.told)
}

func TestAnErrorEndsTheSharingOfMergedLogs(t *testing.T) {
	a, b := share(numbers(t, 0, 1), 0), share(numbers(t, 1, 1, 1), 0, 1)
	broken := errors.New("broken")
	var left atomic.Int64
	err := merge(t, a, b).(source.Sharer).Share(t.Context(), func(ctx context.Context, partition int) error {
		if partition == 1 {
			return broken
		}
		<-ctx.Done()
		left.Add(1)
		return nil
	})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "log 1 of the merged: ")
	require.EqualValues(t, 2, left.Load(), "every owner has returned")

	// A new partition would have the number of another.
	a.gives = []int{1}
	err = merge(t, a, b).(source.Sharer).Share(t.Context(), func(ctx context.Context, _ int) error { <-ctx.Done(); return nil })
	require.ErrorIs(t, err, source.ErrOptions)
	require.ErrorContains(t, err, "log 0 of the merged: ")
	b.gives = []int{2} // the last one may grow
	ctx, cancel := context.WithCancel(t.Context())
	a.gives = nil
	require.NoError(t, merge(t, a, b).(source.Sharer).Share(ctx, func(_ context.Context, partition int) error {
		require.Equal(t, 3, partition)
		cancel()
		return nil
	}))
}

func TestMergeRefuses(t *testing.T) {
	_, err := source.Merge[numbered]()
	require.ErrorIs(t, err, source.ErrOptions)
	_, err = source.Merge[numbered](numbers(t, 0, 1), nil)
	require.ErrorIs(t, err, source.ErrOptions)
	twice := merge(t, numbers(t, 0, 1), numbers(t, 0, 1))
	_, err = twice.Identity(t.Context())
	require.ErrorIs(t, err, source.ErrOptions)
	require.ErrorContains(t, err, `logs 0 and 1 of the merged are both "log 0"`)
	_, err = twice.Open(t.Context(), 0, 0)
	require.ErrorIs(t, err, source.ErrOptions)
	_, err = merge(t, numbers(t, 0, 1), numbers(t, 1, 1)).Open(t.Context(), 1, 5)
	require.ErrorIs(t, err, source.ErrOffset)
	require.ErrorContains(t, err, "log 1 of the merged: ")
}

type text struct {
	Text string
	N    *int
}

func toText(n *numbered) (text, error) {
	switch {
	case n.N%7 == 3:
		return text{}, errors.New("a three")
	case n.N%7 == 5:
		panic("boom")
	}
	n.Log = 1000 // the event is the function's own
	return text{fmt.Sprint(n.Partition, " ", n.N), &n.N}, nil
}

func TestConvertedLogsConform(t *testing.T) {
	sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[text] {
		from := numbers(t, 0, 2, 20)
		_, err := from.Reject(1, []byte("x"), errors.New("no event"))
		require.NoError(t, err)
		log, err := source.Convert[numbered](from, toText)
		require.NoError(t, err)
		want := [][]text{nil, nil}
		for p, n := range []int{2, 20} {
			for i := range n {
				if i%7 != 3 && i%7 != 5 {
					want[p] = append(want[p], text{fmt.Sprint(p, " ", i), new(i)})
				}
			}
		}
		return sourcetest.Log[text]{Source: log, Ends: []int64{2, 21}, Events: want, Append: func(p int) error {
			_, err := from.Append(p, numbered{})
			return err
		}}
	})
}

func TestConvertQuarantinesWhatItCannotConvert(t *testing.T) {
	from := numbers(t, 0, 2)
	_, err := from.Append(0, numbered{N: 3}, numbered{N: 5}, numbered{N: 6})
	require.NoError(t, err)
	_, err = from.Reject(0, []byte("x"), errors.New("no event"))
	require.NoError(t, err)
	log, err := source.Convert[numbered](from, toText)
	require.NoError(t, err)
	require.Equal(t, identity[numbered](t, from), identity(t, log))
	r, err := log.Open(t.Context(), 0, 2)
	require.NoError(t, err)
	var got []source.Quarantined
	for next := int64(2); next < 6; {
		c, err := r.Next(t.Context())
		require.NoError(t, err)
		got, next = append(got, c.Quarantine...), c.Next
	}
	require.NoError(t, r.Close())
	require.Equal(t, []source.Quarantined{
		{Offset: 2, Reason: "the conversion: a three"},
		{Offset: 3, Reason: "the conversion panicked: boom"},
		{Offset: 5, Raw: []byte("x"), Reason: "no event"},
	}, got)
}

func TestConvertRefuses(t *testing.T) {
	_, err := source.Convert[numbered](numbers(t, 0, 1), func(*numbered) (int, error) { return 0, nil })
	require.ErrorIs(t, err, source.ErrSchema)
	_, err = source.Convert[numbered, text](nil, toText)
	require.ErrorIs(t, err, source.ErrOptions)
	_, err = source.Convert[numbered, text](numbers(t, 0, 1), nil)
	require.ErrorIs(t, err, source.ErrOptions)
	log, err := source.Convert(source.Source[numbered](bare[numbered]{numbers(t, 0, 1)}), toText)
	require.NoError(t, err)
	_, ok := log.(source.Ender)
	require.False(t, ok)
}

func BenchmarkConvert(b *testing.B) {
	memory, err := source.NewMemory("bench", 1, source.MemoryOptions[shopping]{})
	require.NoError(b, err)
	end, err := memory.Append(0, shoppings(4*source.DefaultChunkRows)...)
	require.NoError(b, err)
	log, err := source.Convert[shopping](memory, func(e *shopping) (shopping, error) { return *e, nil })
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		reader, err := log.Open(b.Context(), 0, 0)
		require.NoError(b, err)
		for next := int64(0); next < end; {
			c, err := reader.Next(b.Context())
			require.NoError(b, err)
			next = c.Next
		}
	}
	chunkBench(b, int(end), 0)
}
