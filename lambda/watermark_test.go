package lambda

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// TestALongChunkIsNoTime: what's late in a chunk that spans hours is late as if
// it had come in pieces, and at the log's end the watermark is the newest event's
// time, so that the last windows are final.
func TestALongChunkIsNoTime(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	events := make([]simEvent, 4096)
	for i := range events {
		events[i].At = simStart.Add(time.Duration(i)*time.Second - time.Duration(r.IntN(4))*time.Minute)
	}
	events[len(events)-1].At = simStart.Add(2 * time.Hour)
	run := func(rows int) Provenance {
		p := New[simEvent](Config{Archive: archive.Memory()})
		h, err := Register(p, userView())
		require.NoError(t, err)
		log, err := source.NewMemory[simEvent]("chunks", 1, source.MemoryOptions[simEvent]{ChunkRows: rows})
		require.NoError(t, err)
		_, err = log.Append(0, events...)
		require.NoError(t, err)
		log.Close()
		require.NoError(t, p.Run(t.Context(), log))
		answer, err := h.Query(t.Context(), Ever())
		require.NoError(t, err)
		return answer.Provenance()
	}
	long, short := run(len(events)), run(markEvery)
	require.Equal(t, events[len(events)-1].At, long.Watermark)
	require.Equal(t, short.Watermark, long.Watermark)
	require.Equal(t, short.Late, long.Late)
	require.Greater(t, long.Late, int64(100))
}
