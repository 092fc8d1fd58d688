package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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

func TestMergePassesOptionalInterfacesOn(t *testing.T) {
	a, b := numbers(t, 0, 1), numbers(t, 1, 1)
	ender := func(s source.Source[numbered]) bool { _, ok := s.(source.Ender); return ok }
	starter := func(s source.Source[numbered]) bool { _, ok := s.(source.Starter); return ok }
	require.True(t, ender(merge(t, a, b)) && starter(merge(t, a, b)))
	require.False(t, ender(merge(t, a, bare[numbered]{b})))
	require.True(t, starter(merge(t, a, bare[numbered]{b})))
	require.False(t, ender(merge(t, bare[numbered]{b})) || starter(merge(t, bare[numbered]{b})))
	start, err := merge(t, a, bare[numbered]{b}).(source.Starter).Start(t.Context(), 1)
	require.NoError(t, err)
	require.Zero(t, start)
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
