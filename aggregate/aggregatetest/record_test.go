package aggregatetest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// However records are shuffled, their chunks hold each once, in its partition and
// at its offset, and offsets rise; so do they around an event that was inserted.
func TestRecordsKeepTheirPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		events := make([]int, n)
		for i := range events {
			events[i] = i
		}
		records := place(t, events)
		records = insert(records, rapid.IntRange(0, n).Draw(t, "at"), n)
		want := map[int]record[int]{}
		for _, r := range records {
			want[r.event] = r
		}
		require.Len(t, want, n+1)
		got := 0
		for _, chunk := range byPartition(shuffled(t, slices.Clone(records))) {
			for i, r := range chunk {
				require.Equal(t, want[r.event], r)
				require.Equal(t, chunk[0].partition, r.partition)
				require.True(t, i == 0 || chunk[i-1].offset < r.offset)
				got++
			}
		}
		require.Equal(t, n+1, got)
	})
}
