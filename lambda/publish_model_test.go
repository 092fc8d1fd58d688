package lambda

import (
	"context"
	"errors"
	"maps"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

var (
	errQuery = errors.New("query failed")
	errWrite = errors.New("write failed")
)

// publishModel drives a publisher with answers that a pipeline would never give
// in such an order, and knows what must come of each.
type publishModel struct {
	*publisher[int, float64]
	memory *sink.Memory[int, float64]
	answer *Answer[int, float64]
	fail   int // how many Writes succeed
	partly int // how many rows a Write that fails has written

	tried []sink.Row[int, float64]
	acked int // how many of these a Write has confirmed
	seen  []Observation
}

func newPublishModel(batch int) *publishModel {
	m := &publishModel{memory: sink.NewMemory[int, float64]()}
	m.publisher = &publisher[int, float64]{
		view: "modelo", batch: batch, lateness: time.Minute, observer: m, to: sink.Func[int, float64](m.write),
		encode: func(k int) ([]byte, error) { return []byte{byte(k)}, nil },
		query: func(context.Context) (*Answer[int, float64], error) {
			if m.answer == nil {
				return nil, errQuery
			}
			return m.answer, nil
		},
		written: map[identity]*writtenRow[int, float64]{},
	}
	return m
}

func (m *publishModel) Observe(ob Observation) { m.seen = append(m.seen, ob) }

func (m *publishModel) write(ctx context.Context, rows []sink.Row[int, float64]) error {
	m.tried = append(m.tried, rows...)
	m.fail--
	if m.fail < 0 {
		partly := min(m.partly, len(rows))
		return errors.Join(errWrite, m.memory.Write(ctx, rows[:partly]))
	}
	m.acked += len(rows)
	return m.memory.Write(ctx, rows)
}

// modelStart is the start of the first window. The fifth is all of time.
var modelStart = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func modelWindow(i int) window.Span {
	if i == 4 {
		return window.Span{}
	}
	return window.Tumbling(time.Minute).At(modelStart.Add(time.Duration(i) * time.Minute))
}

func drawAnswer(t *rapid.T) *Answer[int, float64] {
	a := &Answer[int, float64]{}
	offsets := rapid.Int64Range(0, 30).Draw(t, "offsets")
	a.provenance.Partitions = []Coverage{{From: 5, Low: 5 + offsets, High: 99}}
	if marked := rapid.IntRange(-1, 5).Draw(t, "watermark"); marked >= 0 {
		a.provenance.Watermark = modelStart.Add(time.Duration(marked) * time.Minute)
	}
	for w := range 5 {
		for _, key := range []int{0, 1, 2} {
			if value := rapid.IntRange(-1, 3).Draw(t, "value"); value > 0 {
				// A ratio of nothing to nothing is a value like others.
				number := []float64{math.NaN(), 1, 2}[value-1]
				a.rows = append(a.rows, Row[int, float64]{Window: modelWindow(w), Key: key, Value: number})
			}
		}
	}
	return a
}

// modelRow is what the model knows of an identity: the value's bits, when it was
// made, whether it's final.
type modelRow struct {
	bits   uint64
	timing sink.Timing
	final  bool
}

type modelID struct {
	window time.Time
	key    int
}

// publishKnown is what the model knows after a turn.
type publishKnown struct {
	written map[modelID]modelRow // rows of the last answer that the sink surely holds
	finals  map[modelID]bool
	timings map[modelID]sink.Timing // of the last row that was tried
	values  map[modelID]uint64      // of the last row that the sink surely took, ever
	version int64
}

// due gives what of an answer must be written.
func (k *publishKnown) due(a *Answer[int, float64]) (due map[modelID]modelRow, byID map[modelID]Row[int, float64]) {
	byID, due = map[modelID]Row[int, float64]{}, map[modelID]modelRow{}
	for _, row := range a.rows {
		id := modelID{row.Window.Start, row.Key}
		byID[id] = row
		end, mark := row.Window.End, a.provenance.Watermark
		passed := func(more time.Duration) bool { return !end.IsZero() && !mark.IsZero() && !end.Add(more).After(mark) }
		now := modelRow{math.Float64bits(row.Value), k.timings[id], k.finals[id] || passed(time.Minute)}
		written, ok := k.written[id]
		switch {
		case now.timing == sink.Early && passed(0):
			now.timing = sink.OnTime
		case now.timing != sink.Early && ok && written.bits != now.bits:
			now.timing = sink.Late
		}
		if before, ok := k.written[id]; !ok || before != now {
			due[id] = now
		}
	}
	gone := func(id modelID) bool { _, there := byID[id]; return !there }
	maps.DeleteFunc(k.written, func(id modelID, _ modelRow) bool { return gone(id) })
	maps.DeleteFunc(k.finals, func(id modelID, _ bool) bool { return gone(id) })
	maps.DeleteFunc(k.timings, func(id modelID, _ sink.Timing) bool { return gone(id) })
	maps.DeleteFunc(k.values, func(id modelID, _ uint64) bool { return gone(id) })
	return due, byID
}

// took checks what the sink was given, and notes it.
func (k *publishKnown) took(t require.TestingT, m *publishModel, due map[modelID]modelRow) {
	require.Len(t, m.tried, min(len(due), m.acked+m.batch), "a Write that fails is the turn's last")
	for i, row := range m.tried {
		id := modelID{row.Window.Start, row.Key}
		want, ok := due[id]
		require.True(t, ok, "a row is written that isn't due, or twice: %v", row)
		delete(due, id)
		require.Equal(t, want, modelRow{math.Float64bits(row.Value), row.Timing, row.Final})
		if previous, ok := k.values[id]; ok {
			require.Equal(t, previous, math.Float64bits(*row.Previous))
		} else {
			require.Nil(t, row.Previous)
		}
		require.Equal(t, k.version, row.Version)
		k.finals[id], k.timings[id] = row.Final, row.Timing
		if i < m.acked {
			k.written[id], k.values[id] = want, want.bits
		} else {
			delete(k.written, id)
		}
	}
}

// turn does one turn, and checks it: what is tried is what has changed since it
// was last known to be written, and no more; after a turn without an error the
// sink holds the answer.
func (k *publishKnown) turn(t require.TestingT, m *publishModel) {
	err := m.publisher.turn(context.Background())
	if m.answer == nil {
		require.ErrorIs(t, err, errQuery)
		require.Empty(t, m.tried)
		return
	}
	offsets := m.answer.provenance.Offsets()
	if offsets < k.version {
		require.ErrorIs(t, err, errBehind)
		require.Empty(t, m.tried, "an answer that went back isn't written")
		return
	}
	k.version = offsets
	due, byID := k.due(m.answer)
	if len(due) > m.acked {
		require.ErrorIs(t, err, errWrite)
	} else {
		require.NoError(t, err)
	}
	if m.acked > 0 {
		require.Len(t, m.seen, 1)
		require.Equal(t, Published, m.seen[0].Kind)
		require.EqualValues(t, m.acked, m.seen[0].Rows)
	} else {
		require.Empty(t, m.seen)
	}
	k.took(t, m, due)
	if err != nil {
		return
	}
	held := map[modelID]sink.Row[int, float64]{}
	for _, row := range m.memory.Rows() {
		held[modelID{row.Window.Start, row.Key}] = row
	}
	for id, row := range byID {
		require.Equal(t, math.Float64bits(row.Value), math.Float64bits(held[id].Value), "the sink holds the answer")
		require.Equal(t, k.finals[id], held[id].Final)
	}
	require.Len(t, m.written, len(byID), "the publisher remembers an answer, and no more")
}

func TestPublisherAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newPublishModel(rapid.IntRange(1, 4).Draw(t, "batch"))
		k := &publishKnown{written: map[modelID]modelRow{}, finals: map[modelID]bool{}, timings: map[modelID]sink.Timing{}, values: map[modelID]uint64{}}
		for range rapid.IntRange(1, 12).Draw(t, "turns") {
			m.answer, m.tried, m.seen, m.acked = nil, nil, nil, 0
			m.fail, m.partly = rapid.IntRange(0, 6).Draw(t, "fail"), rapid.IntRange(0, 4).Draw(t, "partly")
			if rapid.IntRange(0, 9).Draw(t, "queried") > 0 {
				m.answer = drawAnswer(t)
			}
			k.turn(t, m)
		}
	})
}
