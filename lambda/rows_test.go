package lambda

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// rowsView has a key of parts of every kind, and sums that may pass 64 bits.
func rowsView(spec window.Spec) View[computeEvent, computeKey, computeSums] {
	return View[computeEvent, computeKey, computeSums]{
		Name: "filas", Time: computeAt, Window: spec,
		Key: By4(computeText, computeLarge, computeMaybe, computeFloat, func(k *computeKey) (*string, *int64, *source.Null[string], *float64) {
			return &k.Text, &k.Large, &k.Maybe, &k.Float
		}),
		Aggregate: aggregate.Join(
			aggregate.To(aggregate.Count[computeEvent](), func(s *computeSums) *int64 { return &s.Bought }),
			aggregate.To(aggregate.Sum(computeAmount), func(s *computeSums) *int64 { return &s.Sum }),
		)}
}

// rowsTable folds n events of some keys; the sums of one row in failing pass 64 bits.
func rowsTable(t require.TestingT, table *table[computeEvent], n, keys, failing int) {
	schema, err := source.SchemaOf[computeEvent]()
	require.NoError(t, err)
	b := source.NewBuilder[computeEvent](schema, nil)
	for i := range n {
		key := i % keys
		e := computeEvent{At: simStart.Add(time.Duration(i) * time.Minute), Text: fmt.Sprint("texto ", key%7), Large: int64(key) << 40,
			Float: float64(key%3) / 2, Amount: int64(i)}
		if key%2 == 0 {
			e.Maybe = source.Some(fmt.Sprint(key % 5))
		}
		if key%failing == failing-1 {
			e.Amount = math.MaxInt64 - 1
		}
		b.Append(&e, int64(i), nil)
	}
	_, err = table.fold(b.Chunk(0, 0, int64(n)))
	require.NoError(t, err)
	table.compact()
}

// TestRowsMadeTogetherAreThoseOfEach: whatever table they are of, wherever one fails,
// and whatever the reader has read before.
func TestRowsMadeTogetherAreThoseOfEach(t *testing.T) {
	for _, spec := range []window.Spec{window.Global(), window.Tumbling(time.Hour), window.Session(10 * time.Minute)} {
		t.Run(spec.String(), func(t *testing.T) {
			v := rowsView(spec)
			reader := newRowReader(v)
			rapid.Check(t, func(rt *rapid.T) {
				table := newTestTable(t, v)
				rowsTable(rt, table, rapid.IntRange(1, 500).Draw(rt, "events"), rapid.IntRange(1, 300).Draw(rt, "keys"), rapid.IntRange(2, 9).Draw(rt, "failing"))
				require.NoError(rt, reader.of(table))
				one := func(state uint32) (Row[computeKey, computeSums], error) {
					alone := newRowReader(v)
					require.NoError(rt, alone.of(table))
					rows := make([]Row[computeKey, computeSums], 1)
					_, err := alone.read([]uint32{state}, rows)
					return rows[0], err
				}
				states := rapid.SliceOfN(rapid.Uint32Range(0, uint32(table.len()-1)), 1, rowsAtOnce).Draw(rt, "states")
				rows := make([]Row[computeKey, computeSums], len(states))
				n, err := reader.read(states, rows)
				require.Equal(rt, n < len(states), err != nil)
				for i, state := range states[:min(n+1, len(states))] {
					want, wrong := one(state)
					require.Equal(rt, want, rows[i], "state %d, number %d of %v", state, i, states)
					require.Equal(rt, i == n, wrong != nil)
					if wrong != nil {
						require.EqualError(rt, err, wrong.Error())
					}
				}
				state := uint32(0)
				reader.all(table, func(row Row[computeKey, computeSums], err error) bool {
					want, wrong := one(state)
					require.Equal(rt, want, row)
					require.Equal(rt, fmt.Sprint(wrong), fmt.Sprint(err))
					state++
					return true
				})
				require.EqualValues(rt, table.len(), state)
			})
		})
	}
}

// TestLoopsOverAResultMayBeNested: none sees what another has made.
func TestLoopsOverAResultMayBeNested(t *testing.T) {
	v := rowsView(window.Global())
	first, second := newTestTable(t, v), newTestTable(t, v)
	rowsTable(t, first, 40, 40, 50)
	rowsTable(t, second, 30, 30, 50)
	result := newResult(v, [][]*table[computeEvent]{{first}, {second}}, nil)
	var want []Row[computeKey, computeSums]
	for row, err := range result.All() {
		require.NoError(t, err)
		want = append(want, row)
	}
	require.Len(t, want, 70)
	var got []Row[computeKey, computeSums]
	for row, err := range result.All() {
		require.NoError(t, err)
		got = append(got, row)
		n := 0
		for other := range result.All() {
			require.Equal(t, want[n], other)
			if n++; n > 45 {
				break
			}
		}
	}
	require.Equal(t, want, got)
}

// BenchmarkRows makes the rows of a table of very many groups; ns/row is what counts.
func BenchmarkRows(b *testing.B) {
	chunks := shopChunks(b, 100, 4096, 100_000)
	benchmarkRows(b, "one key", shopByUser(), chunks)
	byBoth := shopByPlace()
	byBoth.Where = source.Predicate[shopEvent]{}
	benchmarkRows(b, "two keys, with distinct", byBoth, chunks)
}

func benchmarkRows[K, R any](b *testing.B, name string, v View[shopEvent, K, R], chunks []*source.Chunk[shopEvent]) {
	b.Run(name, func(b *testing.B) {
		t := newTestTable(b, v)
		for _, c := range chunks {
			_, err := t.fold(c)
			require.NoError(b, err)
		}
		result := newResult(v, [][]*table[shopEvent]{{t}}, nil)
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range result.All() {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*result.Len()), "ns/row")
	})
}

// maybeEvent may have nothing in either column.
type maybeEvent struct {
	Number source.Null[int64]  `anabranch:"number"`
	Text   source.Null[string] `anabranch:"text"`
}

type maybeKey struct {
	Number source.Null[int64]
	Text   source.Null[string]
}

// TestRowsTellNullsFromZeros: keys that are null, and those that are zero, are two.
func TestRowsTellNullsFromZeros(t *testing.T) {
	var events []maybeEvent
	for _, number := range []source.Null[int64]{{}, source.Some[int64](0), source.Some[int64](-7)} {
		for _, text := range []source.Null[string]{{}, source.Some(""), source.Some("a")} {
			for range len(events) + 1 {
				events = append(events, maybeEvent{number, text})
			}
		}
	}
	want := map[maybeKey]int64{}
	for _, e := range events {
		want[maybeKey(e)]++
	}
	number, text := source.FieldOf(func(e *maybeEvent) *source.Null[int64] { return &e.Number }), source.FieldOf(func(e *maybeEvent) *source.Null[string] { return &e.Text })
	view := View[maybeEvent, maybeKey, int64]{Name: "cuenta", Window: window.Global(), Aggregate: aggregate.Count[maybeEvent](),
		Key: By2(number, text, func(k *maybeKey) (*source.Null[int64], *source.Null[string]) { return &k.Number, &k.Text })}
	log, err := source.NewMemory[maybeEvent]("nulos", 1, source.MemoryOptions[maybeEvent]{})
	require.NoError(t, err)
	_, err = log.Append(0, events...)
	require.NoError(t, err)
	result, err := Compute(t.Context(), view, log, ComputeOptions{})
	require.NoError(t, err)
	got := map[maybeKey]int64{}
	for row, err := range result.All() {
		require.NoError(t, err)
		got[row.Key] = row.Value
	}
	require.Equal(t, want, got)

	alone := map[source.Null[string]]int64{}
	for _, e := range events {
		alone[e.Text]++
	}
	texts, err := Compute(t.Context(), View[maybeEvent, source.Null[string], int64]{Name: "cuenta", Window: window.Global(),
		Aggregate: aggregate.Count[maybeEvent](), Key: By(text)}, log, ComputeOptions{})
	require.NoError(t, err)
	for row, err := range texts.All() {
		require.NoError(t, err)
		require.Equal(t, alone[row.Key], row.Value, row.Key)
	}
	require.Equal(t, len(alone), texts.Len())
}
