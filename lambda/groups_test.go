package lambda

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// floatView counts by a float.
func floatView() View[simEvent, float64, int64] {
	return View[simEvent, float64, int64]{Name: "pesos", Time: simAt, Key: By(simWeight), Window: window.Global(), Aggregate: aggregate.Count[simEvent]()}
}

// userView counts by an integer.
func userView() View[simEvent, int64, int64] {
	return View[simEvent, int64, int64]{Name: "usuarios", Time: simAt, Key: By(simUser), Window: window.Global(), Aggregate: aggregate.Count[simEvent]()}
}

// foldEvents folds n events into a table.
func foldEvents(t *testing.T, into *table[simEvent], n int, event func(i int) simEvent) {
	schema, err := source.SchemaOf[simEvent]()
	require.NoError(t, err)
	b := source.NewBuilder[simEvent](schema, nil)
	for i := range n {
		e := event(i)
		e.At = simStart
		b.Append(&e, int64(i), nil)
	}
	_, err = into.fold(b.Chunk(0, 0, int64(n)))
	require.NoError(t, err)
	require.Equal(t, n, into.len())
}

// TestFloatsSpread: whole numbers and halves have low bits of zero, thirds don't.
func TestFloatsSpread(t *testing.T) {
	for _, divisor := range []float64{1, 2, 3, 1024, 1e-9} {
		into := newTestTable(t, floatView())
		foldEvents(t, into, 50_000, func(i int) simEvent { return simEvent{Weight: float64(i) / divisor} })
		require.Less(t, longestRun(into.groups.slots), 500, "whole numbers divided by %v", divisor)
	}
}

// TestNobodyCanChooseKeysThatCollide: keys that all hash to one slot of a table
// whose seed is known do so in that table alone.
func TestNobodyCanChooseKeysThatCollide(t *testing.T) {
	const n = 2000
	known := newTestTable(t, userView())
	first := mix(known.groups.seed, uint64(startOf(window.Global(), 0)))
	chosen := func(i int) simEvent { return simEvent{User: int64(unmix(unspread(uint64(i)<<32)) ^ first)} }
	foldEvents(t, known, n, chosen)
	require.GreaterOrEqual(t, longestRun(known.groups.slots), n, "the keys were chosen well")

	other := newTestTable(t, userView())
	foldEvents(t, other, n, chosen)
	require.Less(t, longestRun(other.groups.slots), 500)
}

// unmix and unspread undo what mix makes of a word, and spread of a hash: who
// knows the code can.
func unmix(h uint64) uint64 {
	word := h
	for range 3 {
		word = h ^ word>>29
	}
	return word * inverse(hashMultiplier)
}

func unspread(h uint64) uint64 {
	h = (h ^ h>>32) * inverse(0xd6e8feb86659fd93)
	return h ^ h>>32
}

// inverse is an odd number's inverse modulo 2^64: Newton's iteration doubles the
// bits that are right, of which an odd number is three of its own.
func inverse(odd uint64) uint64 {
	x := odd
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

// keyEvent has a field of every kind that can be a key.
type keyEvent struct {
	At     time.Time  `anabranch:"at"`
	Text   string     `anabranch:"text"`
	Named  keyName    `anabranch:"named"`
	Flag   bool       `anabranch:"flag"`
	Float  float64    `anabranch:"float"`
	Single float32    `anabranch:"single"`
	Small  int8       `anabranch:"small"`
	Large  uint64     `anabranch:"large"`
	When   time.Time  `anabranch:"when"`
	Cents  int64      `anabranch:"cents,decimal=2"`
	Place  *string    `anabranch:"place"`
	Number *int64     `anabranch:"number"`
	Weight *float64   `anabranch:"weight"`
	Seen   *time.Time `anabranch:"seen"`
}

type keyName string

// countBy archives events, then counts them by a key: from sealed deltas, from an
// advanced base and from a recomputed one, which must agree. Each row must be
// found by its key too.
func countBy[K comparable](t *testing.T, key Key[keyEvent, K], events ...keyEvent) map[K]int64 {
	log, err := source.NewMemory[keyEvent]("keys", 1, source.MemoryOptions[keyEvent]{ChunkRows: 3})
	require.NoError(t, err)
	for _, e := range events {
		e.At = simStart
		_, err := log.Append(0, e)
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	p := New[keyEvent](Config{Archive: archive.Memory(), SegmentRows: 4, FlushInterval: 1, Workers: 1})
	h, err := Register(p, View[keyEvent, K, int64]{Name: "claves", Version: 1, Window: window.Global(), Key: key,
		Time: source.FieldOf(func(e *keyEvent) *time.Time { return &e.At }), Aggregate: aggregate.Count[keyEvent]()})
	require.NoError(t, err)
	require.NoError(t, p.Run(t.Context(), log))
	ask := func(keys ...K) map[K]int64 {
		answer, err := h.Query(t.Context(), Ever(), keys...)
		require.NoError(t, err)
		counts := map[K]int64{}
		for row := range answer.Rows() {
			counts[row.Key] += row.Value
		}
		require.Len(t, counts, answer.Len(), "a key has two rows")
		return counts
	}
	counts := ask()
	for key, n := range counts {
		require.Equal(t, map[K]int64{key: n}, ask(key))
	}
	require.NoError(t, p.Advance(t.Context()))
	require.Equal(t, counts, ask())
	require.NoError(t, p.Batch(t.Context()))
	require.Equal(t, counts, ask())
	return counts
}

func TestKeysOfEveryKindRoundTrip(t *testing.T) {
	var events []keyEvent
	wantTexts, wantNames := map[string]int64{}, map[keyName]int64{}
	for _, text := range []string{"", "\x00", "\x00\x01", "\x00\u00ff", "a", "a\x00", "\uFFFD", "señal", "a"} {
		events = append(events, keyEvent{Text: text, Named: keyName(text)})
		wantTexts[text]++
		wantNames[keyName(text)]++
	}
	require.Equal(t, wantTexts, countBy(t, By(source.FieldOf(func(e *keyEvent) *string { return &e.Text })), events...))
	require.Equal(t, wantNames, countBy(t, By(source.FieldOf(func(e *keyEvent) *keyName { return &e.Named })), events...))
	require.Equal(t, wantNames, countBy(t, ByFunc(func(e *keyEvent) keyName { return e.Named }), events...))

	require.Equal(t, map[bool]int64{true: 2, false: 1},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *bool { return &e.Flag })), keyEvent{Flag: true}, keyEvent{}, keyEvent{Flag: true}))
	require.Equal(t, map[int8]int64{math.MinInt8: 1, 0: 1, math.MaxInt8: 1},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *int8 { return &e.Small })), keyEvent{Small: math.MinInt8}, keyEvent{}, keyEvent{Small: math.MaxInt8}))
	require.Equal(t, map[uint64]int64{0: 1, math.MaxInt64: 2},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *uint64 { return &e.Large })), keyEvent{}, keyEvent{Large: math.MaxInt64}, keyEvent{Large: math.MaxInt64}))
	require.Equal(t, map[int64]int64{math.MinInt64: 1, -5: 1, 5: 1},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *int64 { return &e.Cents })), keyEvent{Cents: math.MinInt64}, keyEvent{Cents: -5}, keyEvent{Cents: 5}))
	require.Equal(t, map[float64]int64{math.Inf(-1): 1, -1: 1, 0: 1, 1e-320: 1, math.Inf(1): 2},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *float64 { return &e.Float })),
			keyEvent{Float: math.Inf(-1)}, keyEvent{Float: -1}, keyEvent{}, keyEvent{Float: 1e-320}, keyEvent{Float: math.Inf(1)}, keyEvent{Float: math.Inf(1)}))
	require.Equal(t, map[float32]int64{0.1: 1, -0.1: 1},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *float32 { return &e.Single })), keyEvent{Single: 0.1}, keyEvent{Single: -0.1}))
	before, last := time.Unix(-1, 999_999_000).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	require.Equal(t, map[time.Time]int64{{}: 1, before: 1, last: 1},
		countBy(t, By(source.FieldOf(func(e *keyEvent) *time.Time { return &e.When })), keyEvent{}, keyEvent{When: before}, keyEvent{When: last}))
}

// TestKeysAreNormalisedAsEventsAre: whoever asks with the key that was sent finds
// what became of it.
func TestKeysAreNormalisedAsEventsAre(t *testing.T) {
	text := By(source.FieldOf(func(e *keyEvent) *string { return &e.Text }))
	require.Equal(t, map[string]int64{"\uFFFD": 2, "\x00\uFFFD": 1},
		countBy(t, text, keyEvent{Text: "\xff"}, keyEvent{Text: "\uFFFD"}, keyEvent{Text: "\x00\xff"}))
	requireSameKey(t, text, "\xff", "\uFFFD")
	float := By(source.FieldOf(func(e *keyEvent) *float64 { return &e.Float }))
	minusZero := math.Copysign(0, -1)
	require.Equal(t, map[float64]int64{0: 2}, countBy(t, float, keyEvent{Float: minusZero}, keyEvent{}))
	requireSameKey(t, float, minusZero, 0)
	requireSameKey(t, float, math.NaN(), math.Float64frombits(0xfff8000000000001))
}

func requireSameKey[K any](t *testing.T, key Key[keyEvent, K], a, b K) {
	first, err := key.encode(a)
	require.NoError(t, err)
	second, err := key.encode(b)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

// TestSeveralFieldsOfAKeyStayApart: the end of one isn't the start of the next.
func TestSeveralFieldsOfAKeyStayApart(t *testing.T) {
	type both struct{ Text, Named string }
	named := source.Map(source.FieldOf(func(e *keyEvent) *keyName { return &e.Named }), func(n keyName) string { return string(n) })
	key := By2(source.FieldOf(func(e *keyEvent) *string { return &e.Text }), named, func(k *both) (*string, *string) { return &k.Text, &k.Named })
	require.Equal(t, map[both]int64{{"a", "b"}: 1, {"ab", ""}: 1, {"", "ab"}: 1, {"a\x00", "b"}: 1, {"a", "\x00b"}: 1},
		countBy(t, key, keyEvent{Text: "a", Named: "b"}, keyEvent{Text: "ab"}, keyEvent{Named: "ab"}, keyEvent{Text: "a\x00", Named: "b"}, keyEvent{Text: "a", Named: "\x00b"}))
}

// TestNullsGroupWithTheZeroValue, as K shows them: the answer has one row of both.
func TestNullsGroupWithTheZeroValue(t *testing.T) {
	text, number, weight, seen, epoch := "", int64(0), float64(0), time.Time{}, time.Unix(0, 0).UTC()
	a := "a"
	require.Equal(t, map[string]int64{"": 3, "a": 1},
		countBy(t, By(source.OptionalOf(func(e *keyEvent) **string { return &e.Place })), keyEvent{}, keyEvent{Place: &text}, keyEvent{Place: &a}, keyEvent{}))
	require.Equal(t, map[int64]int64{0: 2},
		countBy(t, By(source.OptionalOf(func(e *keyEvent) **int64 { return &e.Number })), keyEvent{}, keyEvent{Number: &number}))
	require.Equal(t, map[float64]int64{0: 2},
		countBy(t, By(source.OptionalOf(func(e *keyEvent) **float64 { return &e.Weight })), keyEvent{}, keyEvent{Weight: &weight}))
	require.Equal(t, map[time.Time]int64{{}: 2, epoch: 1},
		countBy(t, By(source.OptionalOf(func(e *keyEvent) **time.Time { return &e.Seen })), keyEvent{}, keyEvent{Seen: &seen}, keyEvent{Seen: &epoch}))
}
