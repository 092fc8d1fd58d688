package lambda

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// turns is a log whose partitions give their chunks in a given order, so that workers
// meet at places as a schedule says.
type turns struct {
	chunks [][]*source.Chunk[computeEvent] // by partition
	mu     sync.Mutex
	moved  sync.Cond
	order  []int // partitions, once for each chunk
}

func newTurns(partitions int) *turns {
	l := &turns{chunks: make([][]*source.Chunk[computeEvent], partitions)}
	l.moved.L = &l.mu
	return l
}

// add adds a chunk, whose turn comes after those of the chunks before.
func (l *turns) add(t require.TestingT, partition int, events []computeEvent) {
	schema, err := source.SchemaOf[computeEvent]()
	require.NoError(t, err)
	offset := int64(0)
	if n := len(l.chunks[partition]); n > 0 {
		offset = l.chunks[partition][n-1].Next
	}
	b := source.NewBuilder[computeEvent](schema, nil)
	for i := range events {
		b.Append(&events[i], offset+int64(i), nil)
	}
	l.chunks[partition] = append(l.chunks[partition], b.Chunk(partition, offset, offset+int64(len(events))))
	l.order = append(l.order, partition)
}

func drawTurns(t *rapid.T, events []computeEvent) *turns {
	l := newTurns(rapid.IntRange(2, 4).Draw(t, "partitions"))
	together := rapid.IntRange(0, 300).Draw(t, "together") // in a window, before others come
	for partition := range l.chunks {
		from, to := len(events)*partition/len(l.chunks), len(events)*(partition+1)/len(l.chunks)
		for i := from; i < min(from+together, to); i++ {
			events[i].At = events[0].At
		}
		for from < to {
			n := min(rapid.IntRange(1, 400).Draw(t, "chunk"), to-from)
			l.add(t, partition, events[from:from+n])
			from += n
		}
	}
	l.order = rapid.Permutation(l.order).Draw(t, "order")
	return l
}

func (l *turns) Identity(context.Context) (string, error) { return "turnos", nil }
func (l *turns) Partitions(context.Context) (int, error)  { return len(l.chunks), nil }
func (l *turns) Open(_ context.Context, partition int, _ int64) (source.Reader[computeEvent], error) {
	return &turnsReader{log: l, partition: partition}, nil
}

type turnsReader struct {
	log       *turns
	partition int
	given     int
}

func (r *turnsReader) Next(context.Context) (*source.Chunk[computeEvent], error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.given > 0 { // what was given is folded
		l.order = l.order[1:]
		l.moved.Broadcast()
	}
	if r.given == len(l.chunks[r.partition]) {
		return nil, io.EOF
	}
	for l.order[0] != r.partition {
		l.moved.Wait()
	}
	r.given++
	return l.chunks[r.partition][r.given-1], nil
}

func (r *turnsReader) Close() error { return nil }

// computeIn is Compute with lots from a few groups on. It says whether there were any.
func computeIn[K, R any](t require.TestingT, view View[computeEvent, K, R], log *turns, from int) (rows []Row[K, R], inLots bool) {
	d, err := define(view)
	require.NoError(t, err)
	c := &computing[computeEvent]{definition: d, workers: len(log.chunks), shared: newShared(d, len(log.chunks))}
	c.shared.from = from
	require.NoError(t, c.run(context.Background(), log))
	for place := range c.shared.places {
		inLots = inLots || c.shared.inLots(place, 0)
	}
	result := newResult(view, c.done, c.ever)
	rows, err = result.Sorted()
	require.NoError(t, err)
	require.Len(t, rows, result.Len())
	all := map[string]R{}
	for row, err := range result.All() {
		require.NoError(t, err)
		all[fmt.Sprint(row.Window, row.Key)] = row.Value
	}
	require.Len(t, all, len(rows), "no group is there twice")
	for _, row := range rows {
		require.Equal(t, row.Value, all[fmt.Sprint(row.Window, row.Key)])
	}
	return rows, inLots
}

// TestLotsHoldWhatTablesDo: whoever meets whom, and whichever windows and keys there
// are, lots that all workers share give the rows that one worker's tables give.
func TestLotsHoldWhatTablesDo(t *testing.T) {
	specs := []window.Spec{window.Global(), window.Day(time.UTC), window.Tumbling(time.Hour), window.Tumbling(time.Second),
		window.Session(10 * time.Minute), window.Sliding(2*time.Hour, time.Hour)}
	schedules, inLots := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		events := drawComputeEvents(t)
		key := computeKeys[rapid.SampledFrom([]string{"text and small", "text and maybe", "large and maybe", "all kinds"}).Draw(t, "key")]
		where := computeWheres[rapid.SampledFrom([]string{"all", "some text"}).Draw(t, "where")]
		spec := rapid.SampledFrom(specs).Draw(t, "window")
		view := computeView(key.key, spec, where.where)
		log := drawTurns(t, events)
		one, err := Compute(context.Background(), view, memoryLog(t, events), ComputeOptions{Workers: 1})
		require.NoError(t, err)
		want, err := one.Sorted()
		require.NoError(t, err)
		got, lots := computeIn(t, view, log, rapid.SampledFrom([]int{0, 1, 20, 100}).Draw(t, "from"))
		require.Equal(t, want, got)
		if schedules++; lots {
			inLots[spec.String()]++
		}
	})
	t.Logf("of %d schedules, with lots: %v", schedules, inLots)
	require.NotEmpty(t, inLots)
	require.Zero(t, inLots[window.Sliding(2*time.Hour, time.Hour).String()])
}

// TestLotsThatTablesOutgrow: windows become so many that a table takes several, while
// the groups of one are in lots.
func TestLotsThatTablesOutgrow(t *testing.T) {
	const from = 100
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	var events []computeEvent
	for i := range int64(2 * from) {
		events = append(events, computeEvent{At: at, Large: i, Amount: 1})
	}
	for i := range time.Duration(from) {
		events = append(events, computeEvent{At: at.Add(i * time.Second), Large: int64(i), Amount: 1})
	}
	log := newTurns(2)
	for partition := range 2 {
		log.add(t, partition, events[:2*from])
	}
	for partition := range 2 {
		log.add(t, partition, events[:2*from]) // in lots
		log.add(t, partition, events[2*from:]) // in wide tables
	}
	view := View[computeEvent, int64, int64]{Name: "suma", Time: computeAt, Key: By(computeLarge), Window: window.Tumbling(time.Second),
		Aggregate: aggregate.Sum(computeAmount)}
	rows, lots := computeIn(t, view, log, from)
	require.True(t, lots)
	total := int64(0)
	for _, row := range rows {
		total += row.Value
	}
	require.Equal(t, int64(2*(4*from+from)), total)
	require.Len(t, rows, 3*from-1)
}

// TestTablesOfDaysOfAllLengths: where windows differ in length, workers whose tables
// take several begin with different ones.
func TestTablesOfDaysOfAllLengths(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	log := newTurns(2)
	var all []computeEvent
	for partition, first := range []time.Time{time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), time.Date(2026, 10, 25, 0, 0, 0, 0, berlin)} {
		events := []computeEvent{{At: first, Amount: 1}}
		for day := range 365 {
			events = append(events, computeEvent{At: time.Date(2026, 1, day, 12, 0, 0, 0, berlin), Amount: 1})
		}
		log.add(t, partition, events)
		all = append(all, events...)
	}
	view := View[computeEvent, int64, int64]{Name: "suma", Time: computeAt, Key: By(computeLarge), Window: window.Day(berlin),
		Aggregate: aggregate.Sum(computeAmount)}
	rows, _ := computeIn(t, view, log, sharedGroups)
	days := map[string]int64{}
	for _, e := range all {
		days[e.At.In(berlin).Format(time.DateOnly)]++
	}
	require.Len(t, rows, len(days))
	for _, row := range rows {
		require.Equal(t, days[row.Window.Start.In(berlin).Format(time.DateOnly)], row.Value)
	}
}

// TestLotsShareTexts: workers that meet the same new texts at once give them one word.
func TestLotsShareTexts(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	const texts, partitions = 3 * sharedGroups, 4
	parts := make([][]computeEvent, partitions)
	for partition := range parts {
		for i := range texts {
			parts[partition] = append(parts[partition], computeEvent{At: at, Text: fmt.Sprint("texto ", i), Amount: 1})
		}
	}
	view := View[computeEvent, string, int64]{Name: "suma", Key: By(computeText), Window: window.Global(), Aggregate: aggregate.Sum(computeAmount)}
	result, err := Compute(t.Context(), view, memoryLog(t, parts...), ComputeOptions{Workers: partitions})
	require.NoError(t, err)
	require.Equal(t, texts, result.Len())
	for row, err := range result.All() {
		require.NoError(t, err)
		require.Equal(t, int64(partitions), row.Value, row.Key)
	}
}
