package sink_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/window"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestMemoryIsASink(t *testing.T) {
	sinktest.TestSink(t, sinktest.Harness{
		Open: func(*testing.T) sinktest.Sink { return sink.NewMemory[sinktest.Key, sinktest.Value]() },
		Rows: func(_ context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
			return s.(*sink.Memory[sinktest.Key, sinktest.Value]).Rows(), nil
		},
	})
}

func TestFuncIsASink(t *testing.T) {
	for _, readable := range []bool{true, false} {
		var memory *sink.Memory[sinktest.Key, sinktest.Value]
		h := sinktest.Harness{
			Open: func(*testing.T) sinktest.Sink {
				memory = sink.NewMemory[sinktest.Key, sinktest.Value]()
				return sink.Func[sinktest.Key, sinktest.Value](memory.Write)
			},
		}
		if readable {
			h.Rows = func(context.Context, sinktest.Sink) ([]sinktest.Row, error) { return memory.Rows(), nil }
		}
		sinktest.TestSink(t, h)
	}
}

func TestMemoryRowsAreInOrder(t *testing.T) {
	m := sink.NewMemory[string, int]()
	hour, day := window.Hour(time.UTC).At(noon), window.Day(time.UTC).At(noon)
	at := func(w window.Span, key string) sink.Row[string, int] {
		return sink.Row[string, int]{View: "v", Window: w, Key: key, Value: 1}
	}
	rows := []sink.Row[string, int]{at(hour, "b"), at(hour, "a"), at(day, "z"), at(window.Span{}, "all"),
		at(window.Span{Start: hour.Start, End: hour.Start.Add(time.Minute)}, "c")}
	require.NoError(t, m.Write(t.Context(), rows))
	require.NoError(t, m.Write(t.Context(), rows[1:2])) // doesn't move
	require.Equal(t, []sink.Row[string, int]{rows[3], rows[2], rows[4], rows[0], rows[1]}, m.Rows())
	m.Rows()[0].Key = "changed"
	require.Equal(t, "all", m.Rows()[0].Key, "the slice is the caller's")
}

// TestMemoryForgetsNoRemoval: an older row doesn't bring a removed one back, a
// newer one does.
func TestMemoryForgetsNoRemoval(t *testing.T) {
	m := sink.NewMemory[string, int]()
	write := func(version int64, removed bool) []sink.Row[string, int] {
		require.NoError(t, m.Write(t.Context(), []sink.Row[string, int]{{View: "v", Key: "k", Version: version, Removed: removed}}))
		return m.Rows()
	}
	require.Len(t, write(1, false), 1)
	require.Empty(t, write(3, true))
	require.Empty(t, write(2, false))
	require.Len(t, write(4, false), 1)
	require.Equal(t, "early on-time late invalid", fmt.Sprint(sink.Early, " ", sink.OnTime, " ", sink.Late, " ", sink.Timing(9)))
}
