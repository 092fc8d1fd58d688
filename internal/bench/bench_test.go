package main

import (
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

func TestAWorkersReplyIsFiveNumbersOrAnError(t *testing.T) {
	r, err := parseReply("0.2500 0.4000 120 900 10485555")
	require.NoError(t, err)
	require.Equal(t, reply{0.25, 0.4, 120, check{900, 10485555}}, r)
	_, err = parseReply("ERR no such column: x")
	require.EqualError(t, err, "no such column: x")
	require.NotErrorIs(t, err, errCannot)
	_, err = parseReply("ERR can't: no top-k")
	require.ErrorIs(t, err, errCannot)
	for _, line := range []string{"", "1 2 3", "1 2 3 4 five", "panic: 1 2 3 4"} {
		_, err = parseReply(line)
		require.Error(t, err, line)
	}
}

func TestChecksAgreeExactlyOrWithinASketchsTolerance(t *testing.T) {
	truth := check{900, 1000}
	require.NoError(t, check{900, 1000}.agree(truth, false))
	require.ErrorContains(t, check{900, 1001}.agree(truth, false), "says 900 1001, expected 900 1000")
	require.Error(t, check{899, 1000}.agree(truth, false))
	require.NoError(t, check{900, 1030}.agree(truth, true))
	require.Error(t, check{900, 1031}.agree(truth, true))
	require.Error(t, check{899, 1000}.agree(truth, true))
}

func rowsFrom(t *testing.T, q question, text string) *rowSet {
	t.Helper()
	set, err := readRows(strings.NewReader(text), q)
	require.NoError(t, err)
	return set
}

func TestRowsAreComparedWhateverTheirOrder(t *testing.T) {
	q := question{by: "region,day", agg: "count,sum:x,mean:x,max:x"}
	truth := rowsFrom(t, q, `{"region":"sur","day":1,"count":2,"sum:x":5,"mean:x":2.5,"max:x":3}
		{"region":null,"day":1,"count":1,"sum:x":null,"mean:x":null,"max:x":null}`)
	same := `{"max:x":null,"region":null,"day":1,"count":1,"sum:x":0,"mean:x":null}
		{"region":"sur","day":1,"count":2,"sum:x":5,"mean:x":2.5000000000001,"max:x":3}`
	off, err := rowsFrom(t, q, same).compare(truth, q.aggregates())
	require.NoError(t, err)
	require.Zero(t, off)
	for from, to := range map[string]string{
		`"count":2`: `"count":3`, `"sum:x":5`: `"sum:x":5.5`, `"region":null`: `"region":"null"`, `"mean:x":2.5000000000001`: `"mean:x":2.6`,
		`"mean:x":null`: `"mean:x":0`, `"day":1,"count":2`: `"day":2,"count":2`, `"max:x":3`: `"max:x":null`,
	} {
		_, err := rowsFrom(t, q, strings.Replace(same, from, to, 1)).compare(truth, q.aggregates())
		require.Error(t, err, to)
	}
	_, err = rowsFrom(t, q, "").compare(truth, q.aggregates())
	require.ErrorContains(t, err, "0 rows, expected 2")
}

func TestASketchIsComparedByItsError(t *testing.T) {
	q := question{by: "day", agg: "count,approx:user,topk:c:2"}
	truth := rowsFrom(t, q, `{"day":1,"count":2,"approx:user":100,"topk:c:2":["a","b"]}{"day":2,"count":2,"approx:user":200,"topk:c:2":["a","b"]}`)
	close := rowsFrom(t, q, `{"day":1,"count":2,"approx:user":102,"topk:c:2":["b", "a"]}{"day":2,"count":2,"approx:user":196,"topk:c:2":["a","b"]}`)
	off, err := close.compare(truth, q.aggregates())
	require.NoError(t, err)
	require.InDelta(t, 0.02, off, 1e-9)
	far := rowsFrom(t, q, `{"day":1,"count":2,"approx:user":100,"topk:c:2":["a","c"]}{"day":2,"count":2,"approx:user":200,"topk:c:2":["d","c"]}`)
	off, err = far.compare(truth, q.aggregates())
	require.NoError(t, err)
	require.InDelta(t, math.Sqrt((0.25+1)/2), off, 1e-9)
}

func TestRowsThatArentAnAnswerAreErrors(t *testing.T) {
	q := question{by: "day", agg: "count"}
	for name, text := range map[string]string{
		"cut off":        `{"day":1,"count":2}{"day":2`,
		"a column more":  `{"day":1,"count":2,"extra":3}`,
		"a column less":  `{"day":1}`,
		"twice":          `{"day":1,"count":2}{"day":1,"count":3}`,
		"not JSON":       `panic: no`,
		"not a number":   `{"day":1,"count":"many"}`,
		"not an object":  `[1]`,
		"not even close": `1`,
	} {
		_, err := readRows(strings.NewReader(text), q)
		require.Error(t, err, name)
	}
}

func TestEveryQuestionHasAnExactCheckOrAnExactForm(t *testing.T) {
	names := map[string]bool{}
	for _, q := range questions {
		require.False(t, names[q.name], q.name)
		names[q.name] = true
		require.False(t, q.exact().approximate(), q.name)
	}
	require.Equal(t, "-agg count,sum:revenue -by product_id -where event_type=purchase",
		question{by: "product_id", agg: "count,sum:revenue", where: purchases}.ask())
	require.Equal(t, "seed", questions[0].ask())
	require.Equal(t, "-agg distinct:user_id -by categoria", question{named: "gapprox", by: "categoria", agg: "approx:user_id"}.exact().ask())
}

func TestTurnsOfOneCandidateMakeOneLine(t *testing.T) {
	merged := merge([]measure.Line{
		{Work: "w", Who: "a", Unit: "s", Median: 2, Low: 1, High: 3, Rounds: 3, Check: "1"},
		{Work: "w", Who: "b", Unit: "s", Median: 5, Rounds: 3},
		{Work: "w", Who: "a", Unit: "s", Median: 4, Low: 2, High: 9, Rounds: 3, Check: "1"},
	})
	require.Equal(t, measure.Line{Work: "w", Who: "a", Unit: "s", Median: 3, Low: 1, High: 9, Rounds: 6, Check: "1"}, merged[0])
	require.Len(t, merged, 2)
	merged = merge([]measure.Line{{Work: "w", Who: "a", Check: "1"}, {Work: "w", Who: "b", Check: "1"}, {Work: "w", Who: "a", Check: "2"}})
	require.Error(t, measure.Agree(merged))
}

// example is a report with everything that may be in one.
func example() *report {
	r := &report{When: "2026-01-02", Where: "a machine", Rows: 1000}
	r.section("Nothing here")
	s := r.section("Batch")
	s.add(0.5,
		measure.Line{Work: "seed", Who: "DuckDB", Version: "2.0", Unit: "s", Median: 2, Low: 1.9, High: 2.25, Rounds: 7, PeakMiB: 400},
		measure.Line{Work: "seed", Who: "Coarse", Unit: "s", Median: 0.1, Low: 0.1, High: 0.1, Rounds: 7, PeakMiB: 90, Aside: true, Note: "sketch error 9 %"},
		measure.Line{Work: "seed", Who: ours, Unit: "s", Median: 0.5, Low: 0.49, High: 0.51, Rounds: 7, PeakMiB: 100},
		measure.Line{Work: "seed", Who: "Absent", Note: "not measured: <none>"})
	s.add(0,
		measure.Line{Work: "stream", Who: ours, Unit: "M events/s", Median: 10, Low: 9, High: 11, Rounds: 7},
		measure.Line{Work: "stream", Who: "DuckDB", Unit: "M events/s", Median: 20, Low: 20, High: 20, Rounds: 1})
	return r
}

func TestTheTableHasRatiosSpreadsVersionsAndNotes(t *testing.T) {
	require.Equal(t, `Measured on 2026-01-02 (a machine), 1000 events. Medians, the least and the greatest round in brackets; all candidates of a row ran in turn, in one run. The ratio is anabranch's time in times of the best peer's: less is better. † is no peer: a bound, a part of the work, or a sketch that errs twice as much, and more than 1 %.

**Batch**

|  | unit | anabranch | ratio to the best | DuckDB 2.0 | Coarse | Absent |
| --- | --- | --- | --- | --- | --- | --- |
| seed | s | 0.500 (0.490–0.510) | **0.25** (goal 0.50) | 2.00 (1.90–2.25) | 0.100 (0.100–0.100)† | – |
| stream | M events/s | 10.0 (9.00–11.0) | **2.00** | 20.0 | – | – |

Peak memory, MiB:

|  | anabranch | ratio to the least | DuckDB | Coarse | Absent |
| --- | --- | --- | --- | --- | --- |
| seed | 100 | **0.25** | 400 | 90.0 | – |

- seed. Coarse: sketch error 9 %; Absent: not measured: <none>.
`, example().table())
	missed := example()
	missed.Sections[1].Works[0].Goal = 0.2
	require.Contains(t, missed.table(), "**0.25** (goal 0.20 missed)")
}

func TestThePictureIsXMLWithABarForEachThatWasMeasured(t *testing.T) {
	picture := example().picture()
	for decoder := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
	}
	require.Equal(t, 1+3+2, strings.Count(picture, "<rect"))
	require.Contains(t, picture, `width="430.0"`) // the slowest
	require.Contains(t, picture, `width="107.5"`) // a quarter of it
}

func TestATableReplacesTheOneInTheReadme(t *testing.T) {
	text, err := replaceTable("a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n", "new\n")
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- bench -->\nnew\n<!-- /bench -->\nb\n", text)
	again, err := replaceTable(text, "new\n")
	require.NoError(t, err)
	require.Equal(t, text, again)
	for _, without := range []string{"", "<!-- bench -->", "<!-- /bench --> <!-- bench -->"} {
		_, err := replaceTable(without, "new")
		require.Error(t, err)
	}
}

func TestAReportIsLeftInADirectoryAndInTheReadme(t *testing.T) {
	dir := t.TempDir()
	readme := filepath.Join(dir, "README.md")
	require.NoError(t, os.WriteFile(readme, []byte("# It\n<!-- bench --><!-- /bench -->"), 0o600))
	var out strings.Builder
	require.NoError(t, example().write(&out, filepath.Join(dir, "out"), readme))
	for _, name := range []string{"table.md", "picture.svg", "raw.json"} {
		text, err := os.ReadFile(filepath.Join(dir, "out", name))
		require.NoError(t, err)
		require.NotEmpty(t, text)
	}
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	require.Contains(t, string(text), strings.TrimSpace(out.String()))
}

func TestASketchIsAPeerAtEqualError(t *testing.T) {
	require.False(t, coarser(0.011, 0.006))
	require.True(t, coarser(0.026, 0.006))
	require.False(t, coarser(0.009, 0), "both are exact, about")
	require.False(t, coarser(0.001, 0.02), "a finer one stands")
}
