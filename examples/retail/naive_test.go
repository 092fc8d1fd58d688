package main

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// naive answers from the files' texts alone: no time zone, no fixed point, no
// view. Dates are what the files say, and sums are fractions.
type naive struct {
	lines    [][]string // of 8 fields
	rejected int
}

func readNaively(t testing.TB, dir string) naive {
	var n naive
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv*"))
	require.NoError(t, err)
	for _, path := range paths {
		n.read(t, path)
	}
	return n
}

func (n *naive) read(t testing.TB, path string) {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var text io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		text, err = gzip.NewReader(file)
		require.NoError(t, err)
	}
	reader := csv.NewReader(text)
	reader.FieldsPerRecord = -1
	all, err := reader.ReadAll()
	require.NoError(t, err)
	for _, line := range all[1:] {
		if usable(line) {
			n.lines = append(n.lines, line)
		} else {
			n.rejected++
		}
	}
}

// usable says whether a line is one of sale: its quantity a number, its price
// one of at most three decimals.
func usable(line []string) bool {
	if len(line) != 8 {
		return false
	}
	_, err := strconv.Atoi(line[3])
	_, fraction, _ := strings.Cut(line[5], ".")
	_, ok := new(big.Rat).SetString(line[5])
	return err == nil && ok && len(fraction) <= 3
}

type naiveGroup struct{ desde, pais string }

type naiveRow struct {
	total                  big.Rat
	invoices, customers    map[string]bool
	unidades, devoluciones int
}

// answer is what -json must write.
func (n naive) answer(step, by string) string {
	groups := map[naiveGroup]*naiveRow{}
	for _, line := range n.lines {
		g := naiveGroup{desde: naiveDate(line[4], step)}
		if by == "pais" {
			g.pais = line[7]
		}
		if groups[g] == nil {
			groups[g] = &naiveRow{invoices: map[string]bool{}, customers: map[string]bool{}}
		}
		groups[g].add(line)
	}
	var keys []naiveGroup
	for g := range groups {
		keys = append(keys, g)
	}
	slices.SortFunc(keys, func(a, b naiveGroup) int {
		return strings.Compare(a.desde+"\x00"+a.pais, b.desde+"\x00"+b.pais)
	})
	var out strings.Builder
	for _, g := range keys {
		r := groups[g]
		fmt.Fprintf(&out, `{"desde":%s`, g.desde)
		if by == "pais" {
			fmt.Fprintf(&out, `,"pais":%q`, g.pais)
		}
		fmt.Fprintf(&out, `,"ventas_total":%q,"ordenes_total":%d,"clientes_unicos":%d,"unidades":%d,"devoluciones":%d}`+"\n",
			naiveDecimal(&r.total), len(r.invoices), len(r.customers), r.unidades, r.devoluciones)
	}
	return out.String()
}

func naiveDate(date, step string) string {
	switch step {
	case "day":
		return `"` + date[:10] + `"`
	case "month":
		return `"` + date[:7] + `-01"`
	case "year":
		return `"` + date[:4] + `-01-01"`
	}
	return "null"
}

func (r *naiveRow) add(line []string) {
	quantity, _ := strconv.Atoi(line[3])
	price, _ := new(big.Rat).SetString(line[5])
	r.total.Add(&r.total, price.Mul(price, new(big.Rat).SetInt64(int64(quantity))))
	if line[0][:1] != "C" {
		r.invoices[line[0]] = true
	}
	if line[6] != "" {
		r.customers[line[6]] = true
	}
	r.unidades += quantity
	if quantity < 0 {
		r.devoluciones++
	}
}

func naiveDecimal(r *big.Rat) string {
	text := r.FloatString(3)
	for strings.HasSuffix(text, "0") {
		text = text[:len(text)-1]
	}
	return strings.TrimSuffix(text, ".")
}
