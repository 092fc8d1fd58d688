package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/examples/internal/usecases"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// told runs a report, and gives its rows. The program has checked them.
func told(t *testing.T, report, dir, way string) []map[string]any {
	rows, notes := ask(t, append(strings.Fields(way), "-data", dir, "-json", "-report", report)...)
	require.Contains(t, notes, "all equal")
	if strings.Contains(way, "-crash") {
		require.NotContains(t, notes, "crashes: 0")
	}
	var out []map[string]any
	for line := range strings.Lines(rows) {
		var row map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &row))
		out = append(out, row)
	}
	require.NotEmpty(t, out)
	return out
}

func TestReportsDependOnTheDataAlone(t *testing.T) {
	dir := makeFiles(t)
	for i, name := range []string{"monthly", "cohorts", "rfm", "trends"} {
		plain := told(t, name, dir, "")
		for _, way := range []string{ways[[...]int{1, 3, 5, 4}[i]], "-shuffle 5 -crash 2 -batch-every 7"} {
			require.Equal(t, plain, told(t, name, dir, way), "%s %s", name, way)
		}
		table, _ := ask(t, "-data", dir, "-report", name)
		require.NotContains(t, table, "{")
	}
}

// The program's own check reads the files as its views do. This one reads texts.
func TestReportsByTheFilesTexts(t *testing.T) {
	dir := makeFiles(t)
	plain := readNaively(t, dir)

	months := told(t, "monthly", dir, "")
	for i, line := range strings.Split(strings.TrimSpace(plain.answer("month", "none")), "\n") {
		var want map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &want))
		require.Equal(t, want["desde"].(string)[:7], months[i]["mes"])
		require.Equal(t, want["ventas_total"], trimmed(months[i]["ventas_total"].(string)))
		require.Equal(t, want["ordenes_total"], months[i]["ordenes_total"])
		require.Equal(t, want["clientes_unicos"], months[i]["clientes_unicos"])
	}

	first, active := map[string]string{}, map[string]bool{} // customers' months, and (customer, month)
	for _, line := range plain.lines {
		customer, month := line[6], line[4][:7]
		if customer == "" || strings.HasPrefix(line[0], "C") {
			continue
		}
		if first[customer] == "" || month < first[customer] {
			first[customer] = month
		}
		active[customer+month] = true
	}
	for _, cell := range told(t, "cohorts", dir, "") {
		cohort, err := time.Parse("2006-01", cell["cohorte"].(string))
		require.NoError(t, err)
		month, customers := cohort.AddDate(0, int(cell["meses"].(float64)), 0).Format("2006-01"), 0.0
		for customer, began := range first {
			if began == cell["cohorte"] && active[customer+month] {
				customers++
			}
		}
		require.Equal(t, customers, cell["clientes"], cell)
	}
	segmented := 0.0
	for _, row := range told(t, "rfm", dir, "") {
		segmented += row["clientes"].(float64)
	}
	require.EqualValues(t, len(first), segmented, "each customer who has bought is in one segment")
}

func TestReportsOfTheRealData(t *testing.T) {
	dir := "../../../shared/data/online-retail"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the data set isn't here")
	}
	if testing.Short() {
		t.Skip("half a million rows")
	}
	cohorts := told(t, "cohorts", dir, "-crash 40")
	require.Equal(t, map[string]any{"cohorte": "2010-12", "meses": 0.0, "clientes": 885.0, "retencion": "1.0000"}, cohorts[0])
}

// A report that differs by a tenth of a penny is an error of the program.
func TestAReportThatIsWrongIsFound(t *testing.T) {
	dir := makeFiles(t)
	o, err := parse([]string{"-data", dir, "-report", "rfm"}, io.Discard)
	require.NoError(t, err)
	log, err := openLog(t.Context(), o)
	require.NoError(t, err)
	var stdout, stderr strings.Builder
	s, err := newShop(o, archive.Memory(), log, &stderr)
	require.NoError(t, err)
	require.NoError(t, s.work(t.Context()))
	naive := s.asked.Naive
	s.asked.Naive = func(lines []usecases.Line[string]) usecases.Result {
		i := slices.IndexFunc(lines, func(l usecases.Line[string]) bool { return l.Known && l.Sold })
		lines[i].Net++
		return naive(lines)
	}
	require.ErrorIs(t, s.answerReport(t.Context(), &stdout), usecases.ErrWrong)
	require.Contains(t, stderr.String(), "WRONG: row ")
}

// Sixty customers buy once, one every fifth day: the last day of the data decides
// who is recent.
func TestSegmentsLookBackFromTheLastDay(t *testing.T) {
	dir := t.TempDir()
	for i := range 60 {
		day := time.Date(2011, 1, 1, 0, 30, 0, 0, time.UTC).AddDate(0, 0, 5*i)
		writeFile(t, filepath.Join(dir, day.Format(time.DateOnly)+".csv.gz"), [][]string{
			{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"},
			{fmt.Sprint(600_000 + i), "22423", "TIN", "2", day.Format(time.DateTime), "1.5", fmt.Sprintf("%d.0", 10_000+i), "Spain"},
		})
	}
	require.Equal(t, []map[string]any{
		{"segmento": "nuevos", "clientes": 7.0, "ventas_total": "21.000"},       // 0, 5 … 30 days ago
		{"segmento": "ocasionales", "clientes": 18.0, "ventas_total": "54.000"}, // to 120 days
		{"segmento": "perdidos", "clientes": 35.0, "ventas_total": "105.000"},
	}, told(t, "rfm", dir, ""))
}
