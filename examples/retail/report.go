package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/window"
)

// row is one row of the answer, as -json shows it.
type row struct {
	Desde        *string `json:"desde"`          // a date in London; null for all of time
	Pais         *string `json:"pais,omitempty"` // only with -by pais
	VentasTotal  string  `json:"ventas_total"`   // in pounds, exact
	Ordenes      int64   `json:"ordenes_total"`
	Clientes     int64   `json:"clientes_unicos"`
	Unidades     int64   `json:"unidades"`
	Devoluciones int64   `json:"devoluciones"`

	total int64 // in thousandths of a pound
}

// answer asks for all of time by a step. Rows come by window, then by country.
func (v views) answer(ctx context.Context, step window.Spec, byPais bool) ([]row, lambda.Provenance, error) {
	everything := lambda.Ever().By(step)
	if byPais {
		a, err := v.byPais.Query(ctx, everything)
		if err != nil {
			return nil, lambda.Provenance{}, err
		}
		return rowsOf(a, func(pais string) *string { return &pais }), a.Provenance(), nil
	}
	a, err := v.all.Query(ctx, everything)
	if err != nil {
		return nil, lambda.Provenance{}, err
	}
	return rowsOf(a, func(struct{}) *string { return nil }), a.Provenance(), nil
}

func rowsOf[K any](a *lambda.Answer[K, Ventas], pais func(K) *string) []row {
	rows := make([]row, 0, a.Len())
	for r := range a.Rows() {
		rows = append(rows, row{Desde: date(r.Window.Start), Pais: pais(r.Key), total: r.Value.Total,
			VentasTotal: trimmed(pounds(r.Value.Total)), Ordenes: r.Value.Ordenes, Clientes: r.Value.Clientes,
			Unidades: r.Value.Unidades, Devoluciones: r.Value.Devoluciones})
	}
	return rows
}

// date is a window's first day; nil for the window that is all of time.
func date(start time.Time) *string {
	if start.IsZero() {
		return nil
	}
	text := start.Format(time.DateOnly)
	return &text
}

// pounds writes thousandths as a decimal of scale 3.
func pounds(thousandths int64) string {
	sign, n := "", uint64(thousandths)
	if thousandths < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%03d", sign, n/1000, n%1000)
}

// trimmed is a decimal without trailing zeros.
func trimmed(decimal string) string {
	return strings.TrimSuffix(strings.TrimRight(decimal, "0"), ".")
}

// writeJSON writes one object a line.
func writeJSON(w io.Writer, rows []row) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, r := range rows {
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// writeTable writes a table for people: texts to the left, numbers to the right.
func writeTable(w io.Writer, rows []row, byPais bool) error {
	table := [][]string{{"desde", "pais", "ventas_total", "ordenes_total", "clientes_unicos", "unidades", "devoluciones"}}
	for _, r := range rows {
		table = append(table, []string{orElse(r.Desde, "all"), orElse(r.Pais, ""), grouped(pounds(r.total)),
			count(r.Ordenes), count(r.Clientes), count(r.Unidades), count(r.Devoluciones)})
	}
	texts := 2
	if !byPais {
		texts = 1
		for i, cells := range table {
			table[i] = slices.Delete(cells, 1, 2)
		}
	}
	widths := make([]int, len(table[0]))
	for _, cells := range table {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for _, cells := range table {
		for i, cell := range cells {
			width := widths[i]
			if i < texts {
				width = -width
			}
			fmt.Fprintf(&out, "%*s", width, cell)
			if i < len(cells)-1 {
				out.WriteString("  ")
			}
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func orElse(text *string, missing string) string {
	if text == nil {
		return missing
	}
	return *text
}

// grouped writes a number for people: 541,909.
func grouped(number string) string {
	whole, fraction, scaled := strings.Cut(number, ".")
	sign := len(whole) - len(strings.TrimPrefix(whole, "-"))
	for at := len(whole) - 3; at > sign; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if scaled {
		return whole + "." + fraction
	}
	return whole
}

func count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }
