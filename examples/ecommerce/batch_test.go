package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/topk"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// answered runs a report, which checks itself, and gives its rows.
func answered(t *testing.T, o options, name string) []map[string]any {
	o.report = name
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), o, &stdout, &stderr), "%s", &stderr)
	require.Contains(t, stderr.String(), "all equal")
	var out []map[string]any
	for line := range strings.Lines(stdout.String()) {
		var row map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &row))
		out = append(out, row)
	}
	require.NotEmpty(t, out)
	return out
}

func TestEveryReport(t *testing.T) {
	for name := range reports {
		require.Contains(t, reportNames, name)
		o := small("", 1)
		o.events = 60_000
		rows := answered(t, o, name)

		// How the log is cut into runs doesn't show.
		parts := small(filepath.Join(t.TempDir(), "kept"), 1)
		parts.events = 30_000
		answered(t, parts, name)
		require.Equal(t, rows, answered(t, parts, name), name)

		o.json, o.report = false, name
		var stdout, stderr bytes.Buffer
		require.NoError(t, run(t.Context(), o, &stdout, &stderr))
		require.Greater(t, strings.Count(stdout.String(), "\n"), 5)
		require.NotContains(t, stdout.String(), "{")
	}
}

// One archive may answer question after question: each brings views of its own.
func TestReportsOfOneArchive(t *testing.T) {
	o := small(t.TempDir(), 1)
	months := answered(t, o, "monthly")
	answered(t, o, "together")
	more := answered(t, o, "monthly")
	require.Greater(t, more[0]["ordenes_total"], months[0]["ordenes_total"])

	o.report = ""
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), o, &stdout, &stderr)
	require.ErrorIs(t, err, archive.ErrLogIdentity, "the large shop's log is another")
	require.ErrorContains(t, err, "-report")
}

func TestAWrongReportIsFound(t *testing.T) {
	for name, register := range reports {
		o := small(t.TempDir(), 1)
		o.report = name
		s, err := openSystems(t.Context(), o)
		require.NoError(t, err)
		defer s.close()
		pipeline := lambda.New[Event](lambda.Config{Archive: s.store})
		asked, err := register(pipeline)
		require.NoError(t, err)
		require.NoError(t, pipeline.Run(t.Context(), s.log))
		require.NoError(t, pipeline.Batch(t.Context()))
		answer, _, err := asked.Ask(t.Context())
		require.NoError(t, err)
		var stderr bytes.Buffer
		require.NoError(t, checkReport(t.Context(), asked, answer, s, &stderr))
		for p := range s.to {
			s.to[p] /= 2 // as if events had been counted that aren't there
		}
		require.Error(t, checkReport(t.Context(), asked, answer, s, &stderr), name)
		require.Contains(t, stderr.String(), "WRONG: row ", name)
	}
}

// The elasticity that events were made by is found in them.
func TestElasticityIsFound(t *testing.T) {
	log := shop{seed: 3, partitions: 1, small: true}
	var purchases []Event
	require.NoError(t, eachEvent(t.Context(), log, []int64{600_000}, func(e *Event) {
		if e.Type == purchase {
			purchases = append(purchases, *e)
		}
	}))
	lines := naiveElasticity(purchases)
	for category := range 3 {
		require.InDelta(t, elasticityOf(category), lines[categories[category]].Slope.V, 0.3, categories[category])
	}
}

func TestLinesByHand(t *testing.T) {
	require.Equal(t, aggregate.Line{N: 3, Slope: source.Some(-2.0), R2: source.Some(1.0)}, naiveLine([][2]float64{{0, 5}, {1, 3}, {2, 1}}))
	require.Equal(t, aggregate.Line{N: 2}, naiveLine([][2]float64{{1, 5}, {1, 3}}), "one price has no slope")
	require.Equal(t, []string{"-", "0.000", "-1.500"}, []string{slope(source.Null[float64]{}), slope(source.Some(-0.0001)), slope(source.Some(-1.5))})
}

func TestTurnoverByHand(t *testing.T) {
	later := func(days int) time.Time { return opening.AddDate(0, 0, days) }
	found := naiveTurnover([]Event{
		{At: opening, Category: "hogar", Quantity: 400},
		{At: later(6), Category: "hogar", Quantity: 200}, // a Sunday
		{At: later(7), Category: "hogar", Quantity: 1200},
		{At: later(7), Category: "arte", Quantity: 200},
	})
	require.Equal(t, map[string]stock{"hogar": {1800, 2000, 400, 2}, "arte": {200, 1000, 800, 1}}, found)
	require.Equal(t, []any{
		turnoverRow{"hogar", 1800, "600.0", "3.00", "4.7"},
		turnoverRow{"arte", 200, "950.0", "0.21", "66.5"}, // full for a week, then 900 on average
	}, turnoverResult(found).Rows)
}

func TestPairsByHand(t *testing.T) {
	found := naiveTogether([]Event{
		{Order: 1, Product: 7}, {Order: 1, Product: 9}, {Order: 2, Product: 9}, {Order: 2, Product: 7}, {Order: 2, Product: 7},
		{Order: 3, Product: 7}, {Order: 3, Product: 4}, {Order: 4, Product: 5},
	})
	item := func(product, n int64) topk.Item[int64] { return topk.Item[int64]{Value: product, Estimate: n} }
	require.Equal(t, []productCompanions{
		{7, companions{3, []topk.Item[int64]{item(9, 2), item(4, 1)}}},
		{9, companions{2, []topk.Item[int64]{item(7, 2)}}},
		{4, companions{1, []topk.Item[int64]{item(7, 1)}}},
	}, found)

	var emitted []pair
	pairs(lambda.Row[int64, []int64]{Value: []int64{4, 7}}, func(p pair) { emitted = append(emitted, p) })
	require.Equal(t, []pair{{opening, 4, 7}, {opening, 7, 4}}, emitted)
}
