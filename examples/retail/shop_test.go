package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ask runs the program, and gives what it writes.
func ask(t testing.TB, args ...string) (stdout, stderr string) {
	var out, errs bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out, &errs), errs.String())
	return out.String(), errs.String()
}

// ways are different ways to the same answer.
var ways = []string{
	"",
	"-batch-every 0",
	"-batch-every 1",
	"-partitions 4",
	"-shuffle 7",
	"-crash 1",
	"-crash 3 -batch-every 7",
	"-partitions 3 -shuffle 11 -crash 2",
}

type question struct{ step, by string }

var asked = []question{
	{"all", "none"}, {"all", "pais"}, {"year", "none"}, {"year", "pais"},
	{"month", "none"}, {"month", "pais"}, {"day", "none"}, {"day", "pais"},
}

func TestRowsDependOnTheDataAlone(t *testing.T) {
	dir := makeFiles(t)
	plain := readNaively(t, dir)
	require.Equal(t, rejects, plain.rejected)
	for i, way := range ways {
		questions := asked
		if i > 0 {
			questions = []question{asked[i%len(asked)], asked[(i+3)%len(asked)]}
		}
		for _, q := range questions {
			args := append(strings.Fields(way), "-data", dir, "-json", "-step", q.step, "-by", q.by)
			rows, notes := ask(t, args...)
			require.Equal(t, plain.answer(q.step, q.by), rows, "%v", args)
			require.Contains(t, notes, fmt.Sprintf("\n%d rows in quarantine\n", rejects), "%v", args)
			if strings.Contains(way, "-crash") {
				require.NotContains(t, notes, "crashes: 0", "%v", args)
			}
		}
	}
}

func TestTheRealData(t *testing.T) {
	dir := "../../../shared/data/online-retail"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the data set isn't here")
	}
	if testing.Short() {
		t.Skip("half a million rows, several times")
	}
	plain := readNaively(t, dir)
	require.Len(t, plain.lines, 541_909)
	rows, notes := ask(t, "-data", dir, "-json", "-step", "all", "-by", "none")
	require.Equal(t, `{"desde":null,"ventas_total":"9747747.934","ordenes_total":22064,"clientes_unicos":4372,"unidades":5176450,"devoluciones":10624}`+"\n", rows)
	require.Contains(t, notes, "read 541,909 rows of 305 days")
	require.Contains(t, notes, "batch runs: 10;")
	require.Contains(t, notes, "\n0 rows in quarantine\n")
	for i, way := range []string{"-partitions 4", "-shuffle 7 -crash 20", "-batch-every 5 -partitions 3 -crash 30"} {
		q := asked[len(asked)-1-i]
		args := append(strings.Fields(way), "-data", dir, "-json", "-step", q.step, "-by", q.by)
		rows, _ := ask(t, args...)
		require.Equal(t, plain.answer(q.step, q.by), rows, "%v", args)
	}
}

func TestAKeptArchiveIsGoneOnWith(t *testing.T) {
	data, dir := makeFiles(t), filepath.Join(t.TempDir(), "kept")
	first, _ := ask(t, "-data", data, "-dir", dir, "-json")
	second, notes := ask(t, "-data", data, "-dir", dir, "-json", "-crash", "1")
	require.Equal(t, first, second)
	require.Contains(t, notes, "read 0 rows")
	var out bytes.Buffer
	require.Error(t, run(t.Context(), []string{"-data", data, "-dir", dir, "-partitions", "2"}, &out, &out), "it's another log")
}

// rejects is how many rows of makeFiles can't be read.
const rejects = 3

// makeFiles writes days of sales with the warts of the real ones.
func makeFiles(t testing.TB) string {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(2010, 12))
	for day := range 45 {
		date := time.Date(2010, 12, 13, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day*8) // 2011-03-27 has no hour from one to two
		lines := [][]string{{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}}
		for range 80 + r.IntN(200) {
			line := makeLine(r, date)
			lines = append(lines, line)
			if r.IntN(20) == 0 {
				lines = append(lines, line) // repeated, and counted twice
			}
		}
		switch day {
		case 3:
			lines = append(lines, []string{"600001", "X", "NO NUMBER", "six", date.Format(time.DateTime), "1.0", "", "Spain"})
		case 20:
			lines = append(lines, []string{"600002", "X", "FINER THAN A TENTH OF A PENNY", "1", date.Format(time.DateTime), "1.2345", "", "Spain"})
		case 44:
			lines = append(lines, []string{"600003", "X", "A FIELD SHORT", "1", date.Format(time.DateTime), "1.0", ""})
		}
		writeFile(t, filepath.Join(dir, date.Format(time.DateOnly)+".csv.gz"), lines)
	}
	return dir
}

func makeLine(r *rand.Rand, date time.Time) []string {
	pick := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	quantity := 1 + r.IntN(200)
	no := fmt.Sprint(536_000 + date.YearDay()*20 + r.IntN(12))
	switch r.IntN(12) {
	case 0:
		no, quantity = "C"+no, -quantity
	case 1:
		no = "A" + no
	case 2:
		quantity = -quantity // lost, not cancelled
	}
	at := date.Add(time.Duration(r.IntN(24*60)) * time.Minute)
	return []string{no, pick("85123A", "POST", "22423"), pick("SET OF 3 TINS, RED", `THE "BIG" ONE`, " LANTERN ", ""),
		fmt.Sprint(quantity), at.Format(time.DateTime),
		pick("2.55", "0.0", "0.001", "-11062.06", "38970.0", "12.5"), pick("", "17850.0", "12583.0", "13047.0", "14646.0"),
		pick("United Kingdom", "EIRE", "Spain", "Czech Republic")}
}

func writeFile(t testing.TB, path string, lines [][]string) {
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := csv.NewWriter(zipped)
	require.NoError(t, w.WriteAll(lines))
	require.NoError(t, zipped.Close())
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
}
