package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

// dueAfter reads a log of a sale a day through a meter, twice from its second
// chunk, and gives how many batch runs are due.
func dueAfter(t *testing.T, m *meter, days int) int {
	log, err := source.NewMemory[Sale]("days", 1, source.MemoryOptions[Sale]{ChunkRows: 1})
	require.NoError(t, err)
	for day := range days {
		_, err := log.Append(0, Sale{InvoiceDate: time.Date(2011, 3, 20, 23, 30, 0, 0, london).AddDate(0, 0, day)})
		require.NoError(t, err)
	}
	for _, from := range []int{0, 1} {
		reader, err := metered{log, m}.Open(t.Context(), 0, int64(from))
		require.NoError(t, err)
		for range days - from {
			_, err := reader.Next(t.Context())
			require.NoError(t, err)
		}
	}
	require.EqualValues(t, days, m.read(), "rows that are read again count once")
	return len(m.due)
}

func TestABatchRunIsDueEverySoManyDaysOrRows(t *testing.T) {
	require.Equal(t, 3, dueAfter(t, newMeter(7, 0), 27))
	require.Equal(t, 4, dueAfter(t, newMeter(7, 0), 28))
	require.Equal(t, 5, dueAfter(t, newMeter(0, 5), 29))
	require.Zero(t, dueAfter(t, newMeter(0, 0), 29))
	l := &salesLog{rows: 541_909, days: map[int64]bool{}}
	for day := range int64(305) {
		l.days[day] = true
	}
	require.EqualValues(t, 541_909*30/305, l.rowsOf(30))
}
