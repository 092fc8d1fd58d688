package aggregate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

type total struct {
	N, Cents int64
	Shops    struct{ Least, Greatest source.Null[string] }
	Nothing  struct{}
	Far      *total
}

var elsewhere int64

func TestPlacesThatCannotBe(t *testing.T) {
	count := aggregate.Count[sale]()
	n := func(r *total) *int64 { return &r.N }
	to := func(place func(*total) *int64) aggregate.Part[sale, total] { return aggregate.To(count, place) }
	check := func(says string, parts ...aggregate.Part[sale, total]) {
		t.Helper()
		err := bind(aggregate.Join(parts...))
		require.ErrorIs(t, err, aggregate.ErrDefinition)
		require.ErrorContains(t, err, says)
	}
	check("a join of nothing")
	check("part 2 of a join is the zero Part", to(n), aggregate.Part[sale, total]{})
	check("nil place", to(n), to(nil))
	check("nil aggregate", aggregate.To[sale](nil, n))
	check("parts 1 and 3 of a join have one place", to(n), to(func(r *total) *int64 { return &r.Cents }), to(n))
	check("part 2 of a join: its selector panicked", to(n), to(func(r *total) *int64 { return &r.Far.N }))
	check("part 1 of a join isn't within", to(func(*total) *int64 { return nil }))
	check("part 1 of a join isn't within", to(func(*total) *int64 { return &elsewhere }))
	check("part 1 of a join isn't within", to(func(*total) *int64 { return new(int64) }))
	shops := aggregate.Join(
		aggregate.To(aggregate.Min(shop), func(r *struct{ Least, Greatest source.Null[string] }) *source.Null[string] { return &r.Least }))
	check("parts 1 and 2 of a join have one place",
		aggregate.To(shops, func(r *total) *struct{ Least, Greatest source.Null[string] } { return &r.Shops }),
		aggregate.To(aggregate.Max(shop), func(r *total) *source.Null[string] { return &r.Shops.Greatest }))
}

// Places in structs within the result are fine, and so are places of no size.
func TestPlacesWithin(t *testing.T) {
	nothing := aggregate.Map(aggregate.Count[sale](), func(int64) struct{} { return struct{}{} })
	a := aggregate.Join(
		aggregate.To(nothing, func(r *total) *struct{} { return &r.Nothing }),
		aggregate.To(aggregate.Max(shop), func(r *total) *source.Null[string] { return &r.Shops.Greatest }),
		aggregate.To(aggregate.Min(shop), func(r *total) *source.Null[string] { return &r.Shops.Least }),
		aggregate.To(nothing, func(r *total) *struct{} { return &r.Nothing }),
		aggregate.To(aggregate.Count[sale](), func(r *total) *int64 { return &r.N }))
	s := fold(t, a, 2, []uint32{0, 0, 1}, []sale{{Shop: "sur"}, {Shop: "norte"}, {Shop: "este"}})
	want := total{N: 2}
	want.Shops.Least, want.Shops.Greatest = source.Some("norte"), source.Some("sur")
	into := []total{{N: 7, Cents: 7, Far: new(total)}, {Cents: 7}}
	for range 2 { // what was there, or another group's, isn't there any more
		n, err := s.Read([]uint32{1, 0}, into)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Equal(t, want, into[1])
		require.Zero(t, into[0].Cents)
		require.Nil(t, into[0].Far)
	}
}

// The places aren't in the states: the definition is the parts' alone.
func TestAJoinIsItsPartsWhateverTheirPlaces(t *testing.T) {
	n, sum := aggregate.Count[sale](), aggregate.Sum(cents)
	first := func(r *[2]int64) *int64 { return &r[0] }
	second := func(r *[2]int64) *int64 { return &r[1] }
	for _, a := range []aggregate.Aggregate[sale, [2]int64]{
		aggregate.Join(aggregate.To(n, first), aggregate.To(sum, second)),
		aggregate.Join(aggregate.To(n, second), aggregate.To(sum, first)),
		aggregate.Join2(n, sum, func(a, b int64) [2]int64 { return [2]int64{a, b} }),
	} {
		require.Equal(t, "join(count/2,sum.int/1)", a.Codec())
		require.Equal(t, "join(count(),sum(cents:decimal(2)))", a.String())
		require.Equal(t, "\x01\x02\x01\x14", string(fold(t, a, 1, []uint32{0}, []sale{{Cents: 10}}).AppendState(nil, 0)))
	}
}

// A selector may change its mind after Bind.
func TestASelectorThatPanicsLater(t *testing.T) {
	calls := 0
	a := aggregate.Join(aggregate.To(aggregate.Count[sale](), func(r *total) *int64 {
		if calls++; calls > 1 {
			panic("no place")
		}
		return &r.N
	}))
	_, err := resultOf(fold(t, a, 1, nil, nil), 0)
	require.ErrorIs(t, err, aggregate.ErrPanic)
	require.ErrorContains(t, err, "no place")
}

// A result costs the parts' results and nothing else.
func TestAJoinsResultAllocatesNothing(t *testing.T) {
	a := aggregate.Join2(aggregate.Count[sale](), aggregate.Sum(cents), func(n, sum int64) [2]int64 { return [2]int64{n, sum} })
	s := fold(t, a, 1, []uint32{0}, []sale{{Cents: 10}})
	groups, into := []uint32{0, 0}, make([][2]int64, 2)
	require.Zero(t, testing.AllocsPerRun(5, func() { _, _ = s.Read(groups, into) }))
}

func TestAMapsErrors(t *testing.T) {
	a := aggregate.Map(aggregate.Count[sale](), func(n int64) int64 { return 1 / n })
	_, err := resultOf(fold(t, a, 1, nil, nil), 0)
	require.ErrorIs(t, err, aggregate.ErrPanic)
	require.ErrorContains(t, err, "count/2")
	called := false
	a = aggregate.Map(aggregate.Sum(cents), func(int64) int64 { called = true; return 0 })
	_, err = resultOf(fold(t, a, 1, []uint32{0, 0}, []sale{{Cents: 1 << 62}, {Cents: 1 << 62}}), 0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
	require.False(t, called)
}
