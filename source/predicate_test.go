package source_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// test is a predicate beside its plain meaning.
type test struct {
	predicate source.Predicate[wide]
	naive     func(*wide) bool
}

// atom draws a predicate without parts, with values that occur in events.
func atom(t *rapid.T, events []wide) test {
	like := wide{}
	if len(events) > 0 {
		like = rapid.SampledFrom(events).Draw(t, "like")
	}
	note := ""
	if like.Note != nil {
		note = *like.Note
	}
	at, bound := like.At, like.Score
	return rapid.SampledFrom([]test{
		{source.Equal(regionField, like.Region), func(e *wide) bool { return e.Region == like.Region }},
		{source.In(noteField, note, "b"), func(e *wide) bool { return e.Note != nil && (*e.Note == note || *e.Note == "b") }},
		{source.In[wide, string](noteField), func(*wide) bool { return false }},
		{source.In(levelField, like.Level, 5), func(e *wide) bool { return e.Level == like.Level || e.Level == 5 }},
		{source.In[wide, level](levelField), func(*wide) bool { return false }},
		{source.Equal(okField, true), func(e *wide) bool { return e.OK }},
		{source.In(scoreField, bound, math.NaN()), func(e *wide) bool { return e.Score == bound }},
		{source.Equal(weightField, like.Inner.Weight), func(e *wide) bool { return e.Inner.Weight == like.Inner.Weight }},
		{source.Equal(atField, at), func(e *wide) bool { return e.At.Equal(at) }},
		{source.AtLeast(atField, at), func(e *wide) bool { return !e.At.Before(at) }},
		{source.Less(atField, at), func(e *wide) bool { return e.At.Before(at) }},
		{source.AtLeast(seenField, at), func(e *wide) bool { return e.Seen != nil && !e.Seen.Before(at) }},
		{source.AtLeast(priceField, like.Price), func(e *wide) bool { return e.Price >= like.Price }},
		{source.Less(priceField, like.Price), func(e *wide) bool { return e.Price < like.Price }},
		{source.Less(rebateField, math.MinInt64), func(*wide) bool { return false }},
		{source.AtLeast(scoreField, bound), func(e *wide) bool { return e.Score >= bound }},
		{source.Less(scoreField, bound), func(e *wide) bool { return e.Score < bound }},
		{source.AtLeast(regionField, like.Region), func(e *wide) bool { return e.Region >= like.Region }},
		{source.Less(regionField, like.Region), func(e *wide) bool { return e.Region < like.Region }},
		{source.IsNull(noteField), func(e *wide) bool { return e.Note == nil }},
		{source.IsNull(priceField), func(*wide) bool { return false }},
		{source.Match(noteField, func(s string) bool { return len(s)%2 == 1 }), func(e *wide) bool { return e.Note != nil && len(*e.Note)%2 == 1 }},
		{source.Func(func(e *wide) bool { return e.Count > 0 }), func(e *wide) bool { return e.Count > 0 }},
		{source.Less(source.Map(noteField, func(s string) int { return len(s) }), 3), func(e *wide) bool { return e.Note != nil && len(*e.Note) < 3 }},
		{source.Predicate[wide]{}, func(*wide) bool { return true }},
	}).Draw(t, "atom")
}

// compound draws a predicate with parts.
func compound(t *rapid.T, events []wide, depth int) test {
	shape := 0
	if depth > 0 {
		shape = rapid.IntRange(0, 3).Draw(t, "shape")
	}
	if shape == 0 {
		return atom(t, events)
	}
	if shape == 3 {
		part := compound(t, events, depth-1)
		return test{source.Not(part.predicate), func(e *wide) bool { return !part.naive(e) }}
	}
	var parts []source.Predicate[wide]
	var naive []func(*wide) bool
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		part := compound(t, events, depth-1)
		parts, naive = append(parts, part.predicate), append(naive, part.naive)
	}
	if shape == 1 {
		return test{source.And(parts...), func(e *wide) bool {
			return !slices.ContainsFunc(naive, func(f func(*wide) bool) bool { return !f(e) })
		}}
	}
	return test{source.Or(parts...), func(e *wide) bool {
		return slices.ContainsFunc(naive, func(f func(*wide) bool) bool { return f(e) })
	}}
}

func TestPredicatesAreTheNaiveOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chunk := chunkOf(t, rapid.SliceOfN(rawWide, 0, 12).Draw(t, "events"))
		rows := chunk.Rows()
		p := compound(t, rows, 3)
		binder := newBinder(t)
		filter, err := p.predicate.Bind(binder)
		require.NoError(t, err)
		frame := binder.NewFrame()
		frame.Load(chunk)

		in := rapid.SliceOfNDistinct(rapid.Int32Range(0, int32(max(len(rows)-1, 0))), 0, len(rows), rapid.ID).Draw(t, "rows")
		slices.Sort(in)
		want := []int32{}
		for _, row := range in {
			if p.naive(&rows[row]) {
				want = append(want, row)
			}
		}
		require.Equal(t, append([]int32{-1}, want...), filter.Keep(frame, in, []int32{-1}), p.predicate.String())
		frame.Load(chunk)
		require.Equal(t, want, append([]int32{}, filter.Keep(frame, in, in[:0])...), "in place: %s", p.predicate)
	})
}

func TestPredicatesHaveDefinitions(t *testing.T) {
	for _, test := range []struct {
		predicate source.Predicate[wide]
		text      string
		code      bool
	}{
		{source.Predicate[wide]{}, "all", false},
		{source.Equal(regionField, "norte"), `Region:string in ["norte"]`, false},
		{source.In(regionField, "b", `"`, "a"), `Region:string in ["\"","a","b"]`, false},
		{source.Equal(priceField, 5), "price:decimal(2) in 5..5", false},
		{source.In(priceField, 5, 6), "or(price:decimal(2) in 5..5;price:decimal(2) in 6..6)", false},
		{source.Less(scoreField, 0.1), "score:float < 0.1", false},
		{source.AtLeast(regionField, "x"), `Region:string >= "x"`, false},
		{source.Not(source.IsNull(noteField)), "not(Note:string is null)", false},
		{source.And[wide](), "and()", false},
		{source.Or(source.Equal(okField, true)), "OK:bool in 1..1", false},
		{source.Match(regionField, func(string) bool { return true }), "Region:string matches", true},
		{source.And(source.Equal(okField, true), source.Func(func(*wide) bool { return true })), "and(OK:bool in 1..1;func)", true},
		{source.Not(source.Less(source.Map(priceField, func(money) int { return 0 }), 1)), "not(map(price:decimal(2))int in -9223372036854775808..0)", true},
	} {
		require.Equal(t, test.text, test.predicate.String())
		require.Equal(t, test.code, test.predicate.HasCode(), test.text)
	}
}

func TestPredicatesThatCannotBe(t *testing.T) {
	bad := source.FieldOf(func(*wide) *string { return nil })
	badInt := source.FieldOf(func(*wide) *int { return nil })
	for i, test := range []struct {
		predicate source.Predicate[wide]
		want      error
	}{
		{source.Equal(bad, "x"), source.ErrField},
		{source.In[wide, int](badInt), source.ErrField},
		{source.Less(badInt, 1), source.ErrField},
		{source.IsNull(bad), source.ErrField},
		{source.Match(bad, func(string) bool { return true }), source.ErrField},
		{source.Not(source.Equal(bad, "x")), source.ErrField},
		{source.And(source.Equal(okField, true), source.IsNull(bad)), source.ErrField},
		{source.Or(source.Equal(okField, true), source.Equal(idField, math.MaxUint64)), source.ErrValue},
		{source.AtLeast(atField, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), source.ErrValue},
		{source.Not(source.Equal(atField, time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC))), source.ErrValue},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			_, err := test.predicate.Bind(newBinder(t))
			require.ErrorIs(t, err, test.want)
		})
	}
}

func TestFiltersKnowWhenTheySelectAll(t *testing.T) {
	all, err := source.Predicate[wide]{}.Bind(newBinder(t))
	require.NoError(t, err)
	require.True(t, all.All())
	some, err := source.Equal(okField, true).Bind(newBinder(t))
	require.NoError(t, err)
	require.False(t, some.All())
}
