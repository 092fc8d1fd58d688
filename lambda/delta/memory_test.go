package delta

import (
	"fmt"
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"
)

// tracked makes a flush, and a pointer that tells whether its states are still held.
func tracked(number, replaces int64) (Flush, weak.Pointer[State]) {
	states := make([]State, 100)
	return Flush{Number: number, Replaces: replaces, Through: number, States: states}, weak.Make(&states[0])
}

func flushTracked(t *testing.T, m *MemoryStore, c Copy, number, replaces int64) weak.Pointer[State] {
	f, p := tracked(number, replaces)
	require.NoError(t, m.Flush(t.Context(), c, f))
	return p
}

func TestMemoryFreesReplacedBatches(t *testing.T) {
	m, c := Memory(), Copy{View: "v", Term: 1}
	first := flushTracked(t, m, c, 1, 1)
	second := flushTracked(t, m, c, 2, 2)
	third := flushTracked(t, m, c, 3, 3)
	runtime.GC()
	require.NotNil(t, second.Value(), "a batch that stands is held")
	fourth := flushTracked(t, m, c, 4, 2)
	runtime.GC()
	require.NotNil(t, first.Value())
	require.Nil(t, second.Value(), "a replaced batch is freed")
	require.Nil(t, third.Value(), "a replaced batch is freed")
	require.NotNil(t, fourth.Value())
	require.NoError(t, m.Drop(t.Context(), c))
	runtime.GC()
	require.Nil(t, first.Value(), "a dropped copy is freed")
	require.Nil(t, fourth.Value(), "a dropped copy is freed")
	runtime.KeepAlive(m)
}

func TestMemoryFreesCopiesOfOlderTerms(t *testing.T) {
	m := Memory()
	old, crashed, newer := Copy{View: "v", Term: 1}, Copy{View: "v", Term: 2, Nonce: "x"}, Copy{View: "v", Term: 3}
	shown := flushTracked(t, m, old, 1, 1)
	require.NoError(t, m.Swap(t.Context(), old))
	unshown := flushTracked(t, m, crashed, 1, 1)
	_, err := m.Raise(t.Context(), "v", 0, 3)
	require.NoError(t, err)
	runtime.GC()
	require.NotNil(t, shown.Value(), "the record's copy is kept until another takes over")
	require.Nil(t, unshown.Value(), "nobody can show the copy of an owner that crashed")
	require.ErrorIs(t, m.Flush(t.Context(), crashed, Flush{Number: 1, Replaces: 1}), ErrStaleTerm,
		"in memory, no stale copy takes flushes, shown or not")
	mine := flushTracked(t, m, newer, 1, 1)
	require.NoError(t, m.Swap(t.Context(), newer))
	runtime.GC()
	require.Nil(t, shown.Value(), "the replaced copy of an older term is freed")
	require.NotNil(t, mine.Value())
	runtime.KeepAlive(m)
}

// BenchmarkFlush flushes 10,000 states at a time, folding as a binary counter.
// The store takes the slices over, so the cost must not grow with the states.
func BenchmarkFlush(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("states=%d", n), func(b *testing.B) {
			m, c, states := Memory(), Copy{View: "v", Term: 1}, make([]State, n)
			b.ReportAllocs()
			var number int64
			for b.Loop() {
				number++
				f := Flush{Number: number, Replaces: number - number&-number + 1, Through: number, States: states}
				if err := m.Flush(b.Context(), c, f); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/state")
		})
	}
}

// BenchmarkRead reads a copy of 17 batches, as many as 100,000 flushes leave.
func BenchmarkRead(b *testing.B) {
	m, c := Memory(), Copy{View: "v", Term: 1}
	for number := int64(1); number <= 17; number++ {
		if err := m.Flush(b.Context(), c, Flush{Number: number, Replaces: number, Through: number}); err != nil {
			b.Fatal(err)
		}
	}
	if err := m.Swap(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Read(b.Context(), "v", 0); err != nil {
			b.Fatal(err)
		}
	}
}
