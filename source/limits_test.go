package source_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// TestNothingSelectedIsOutsideOfTheLimits: of any column, whatever the predicate.
func TestNothingSelectedIsOutsideOfTheLimits(t *testing.T) {
	limited := 0
	rapid.Check(t, func(t *rapid.T) {
		chunk := chunkOf(t, rapid.SliceOfN(rawWide, 0, 12).Draw(t, "events"))
		p := compound(t, chunk.Rows(), 3)
		for i := range chunk.Columns {
			limits, ok := p.predicate.Limits(i)
			if !ok {
				require.Empty(t, limits, "%s", p.predicate)
				continue
			}
			limited++
			require.True(t, slices.IsSorted(limits.Texts))
			for j, r := range limits.Ranges {
				require.LessOrEqual(t, r.Low, r.High)
				require.True(t, j == 0 || limits.Ranges[j-1].High < r.Low-1, "%v", limits.Ranges)
			}
			for row := range chunk.Rows() {
				if e := &chunk.Rows()[row]; p.naive(e) {
					v := chunk.Columns[i].Value(int32(row))
					require.True(t, within(limits, v), "%s selects %v of column %d, outside of %v", p.predicate, v, i, limits)
				}
			}
		}
	})
	require.Positive(t, limited)
}

func within(limits source.Limits, v source.Value) bool {
	if v.Null {
		return false
	}
	if v.Kind == source.String {
		return slices.Contains(limits.Texts, v.Text)
	}
	return slices.ContainsFunc(limits.Ranges, func(r source.Interval) bool { return r.Low <= v.Int && v.Int <= r.High })
}

func TestLimits(t *testing.T) {
	schema := schemaOf[wide](t)
	place, _ := schema.Lookup(strings.Split(regionField.String(), ":")[0])
	at, _ := schema.Lookup("at")
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	us := noon.UnixMicro()
	sur, norte := source.Equal(regionField, "sur"), source.Equal(regionField, "norte")
	day := source.And(source.AtLeast(atField, noon), source.Less(atField, noon.Add(time.Hour)))
	for name, c := range map[string]struct {
		predicate source.Predicate[wide]
		column    int
		want      source.Limits
		limited   bool
	}{
		"all":           {source.Predicate[wide]{}, place, source.Limits{}, false},
		"either":        {source.Or(sur, norte, sur), place, source.Limits{Texts: []string{"norte", "sur"}}, true},
		"both":          {source.And(source.In(regionField, "sur", "este"), source.In(regionField, "este", "norte")), place, source.Limits{Texts: []string{"este"}}, true},
		"neither":       {source.And(sur, norte), place, source.Limits{}, true},
		"another":       {source.And(sur, day), place, source.Limits{Texts: []string{"sur"}}, true},
		"or another":    {source.Or(sur, day), place, source.Limits{}, false},
		"a range":       {day, at, source.Limits{Ranges: []source.Interval{{Low: us, High: us + 3600e6 - 1}}}, true},
		"in a range":    {source.And(day, source.Equal(atField, noon)), at, source.Limits{Ranges: []source.Interval{{Low: us, High: us}}}, true},
		"ranges touch":  {source.Or(day, source.Equal(atField, noon.Add(-time.Microsecond))), at, source.Limits{Ranges: []source.Interval{{Low: us - 1, High: us + 3600e6 - 1}}}, true},
		"not":           {source.Not(sur), place, source.Limits{}, false},
		"nothing":       {source.Or[wide](), place, source.Limits{}, true},
		"no such":       {sur, 999, source.Limits{}, false},
		"derived":       {source.Equal(source.Map(regionField, func(s region) string { return string(s) + "!" }), "sur!"), place, source.Limits{}, false},
		"texts by size": {source.Less(regionField, "sur"), place, source.Limits{}, false},
	} {
		got, limited := c.predicate.Limits(c.column)
		require.Equal(t, c.limited, limited, name)
		if limited {
			require.ElementsMatch(t, c.want.Texts, got.Texts, name)
			require.ElementsMatch(t, c.want.Ranges, got.Ranges, name)
		}
	}
}

// TestPickedRowsAreTheChunks: with their values, nulls and texts, in memory that
// isn't the chunk's.
func TestPickedRowsAreTheChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chunk := chunkOf(t, rapid.SliceOfN(rawWide, 0, 12).Draw(t, "events"))
		rows := []int32{}
		for row := range int32(chunk.Len()) {
			if rapid.Bool().Draw(t, "picked") {
				rows = append(rows, row)
			}
		}
		if rapid.Bool().Draw(t, "large dictionaries") {
			for i := range chunk.Columns {
				v := &chunk.Columns[i]
				if v.Kind == source.String || v.Kind == source.Opaque {
					v.Dict.ID, v.Dict.Values = source.NewDictionaryID(), append(slices.Clone(v.Dict.Values), make([]string, 100)...)
				}
			}
		}
		all, picked := cells(chunk), chunk.Pick(rows)
		require.NoError(t, picked.Check())
		require.Equal(t, []int64{chunk.From, chunk.Next}, []int64{picked.From, picked.Next})
		got := cells(picked)
		require.Len(t, picked.Offsets, len(rows))
		for i, row := range rows {
			require.Equal(t, chunk.Offsets[row], picked.Offsets[i])
			for column := range all {
				require.Equal(t, all[column][row], got[column][i])
			}
		}
		for i := range picked.Columns {
			require.LessOrEqual(t, len(picked.Columns[i].Dict.Values), 64+2*len(rows), "a part keeps no texts of others")
		}
	})
}
