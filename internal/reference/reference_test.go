package reference_test

import (
	"go/parser"
	"go/token"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/reference"
)

func TestTheReferenceSharesNoCodeWithWhatItChecks(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reference.go", nil, parser.ImportsOnly)
	require.NoError(t, err)
	for _, spec := range file.Imports {
		require.Equal(t, `"time"`, spec.Path.Value)
	}
}

func TestFoldByHand(t *testing.T) {
	type event struct {
		key string
		n   int64
	}
	got := reference.Fold([]event{{"a", 1}, {"b", 2}, {"a", 3}, {"", 9}},
		func(e event) (string, bool) { return e.key, e.key != "" },
		func(es []event) int64 { return reference.Sum(es, func(e event) int64 { return e.n }) })
	require.Equal(t, map[string]int64{"a": 4, "b": 2}, got)
	require.EqualValues(t, 2, reference.Distinct([]int{1, 1, 2, 7}, func(i int) (int, bool) { return i, i != 7 }))
}

func TestPeriodsByHand(t *testing.T) {
	before := time.Date(1969, 12, 31, 23, 59, 0, 0, time.UTC)
	require.Equal(t, time.Date(1969, 12, 31, 23, 55, 0, 0, time.UTC), reference.Tumble(before, 5*time.Minute))
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	// 23:30 UTC in summer is the next day in London.
	at := time.Date(2011, 6, 30, 23, 30, 0, 0, time.UTC)
	require.Equal(t, "2011-07-01", reference.Day(at, london).Format(time.DateOnly))
	require.Equal(t, "2011-07-01", reference.Month(at, london).Format(time.DateOnly))
	require.Equal(t, "2011-01-01", reference.Year(at, london).Format(time.DateOnly))
}
