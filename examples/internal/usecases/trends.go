package usecases

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/window"
)

// TrendTop is how many products of a week the report of trends lists.
const TrendTop = 5

// trendWeeks is how many weeks the table for people has: the last ones.
const trendWeeks = 6

// trend is one of a week's best sellers.
type trend[P any] struct {
	week    time.Time // its first day
	rank    int64
	product P
	sold    selling
	before  int64 // what it sold in the week before
}

// trendRow is a row of the report.
type trendRow struct {
	Semana   string `json:"semana"`
	Puesto   int64  `json:"puesto"`
	Producto string `json:"producto"`
	Ventas   string `json:"ventas_total"`
	Anterior string `json:"ventas_semana_anterior"`
	Cambio   string `json:"cambio"`
}

// Trends registers the report of the best sellers of each week, and how they
// changed against the week before. The change is computed where it's read: it's
// no sum, but each week's sales are.
func (s Shop[E, P]) Trends(p *lambda.Pipeline[E]) (Report[Line[P]], error) {
	sales, err := lambda.Register(p, s.productSales("ventas_por_producto_y_semana", window.Week(s.Zone)))
	return Report[Line[P]]{
		Ask:   func(ctx context.Context) (Result, lambda.Provenance, error) { return s.askTrends(ctx, sales) },
		Naive: func(lines []Line[P]) Result { return s.trendResult(naiveTrends(lines)) },
	}, err
}

func (s Shop[E, P]) askTrends(ctx context.Context, sales *lambda.Handle[E, P, selling]) (Result, lambda.Provenance, error) {
	top, err := sales.Select(ctx, lambda.Ever(), lambda.Selection[P, selling]{Order: bySales, Top: TrendTop})
	if err != nil {
		return Result{}, lambda.Provenance{}, err
	}
	var listed []P
	for row := range top.Rows() {
		listed = append(listed, row.Key)
	}
	if len(listed) == 0 {
		return s.trendResult(nil), top.Provenance(), nil
	}
	all, err := sales.Query(ctx, lambda.Ever(), listed...)
	if err != nil {
		return Result{}, lambda.Provenance{}, err
	}
	type cell struct {
		week    string
		product P
	}
	sold := map[cell]int64{}
	for row := range all.Rows() {
		sold[cell{row.Window.Start.In(s.Zone).Format(time.DateOnly), row.Key}] = row.Value.Net
	}
	var trends []trend[P]
	for row := range top.Rows() {
		t := trend[P]{week: row.Window.Start.In(s.Zone), rank: 1, product: row.Key, sold: row.Value}
		if n := len(trends); n > 0 && trends[n-1].week.Equal(t.week) {
			t.rank = trends[n-1].rank + 1
		}
		t.before = sold[cell{t.week.AddDate(0, 0, -7).Format(time.DateOnly), t.product}]
		trends = append(trends, t)
	}
	return s.trendResult(trends), top.Provenance(), nil
}

func (s Shop[E, P]) trendResult(trends []trend[P]) Result {
	table := Table{Title: "Product trends: each week's best sellers",
		Heads: []string{"semana", "puesto", "producto", "ventas_total", "semana anterior", "cambio"}, Texts: 3,
		Notes: []string{"The last weeks; -json has all. Weeks begin on Mondays; the first and the last may be parts of one."}}
	var rows []trendRow
	for _, t := range trends {
		row := trendRow{t.week.Format(time.DateOnly), t.rank, label(t.product, t.sold.Name),
			Decimal(t.sold.Net, s.Digits), Decimal(t.before, s.Digits), change(t.sold.Net, t.before)}
		rows = append(rows, row)
		if last := trends[len(trends)-1].week; t.week.Before(last.AddDate(0, 0, -7*(trendWeeks-1))) {
			continue
		}
		semana := row.Semana
		switch {
		case t.rank > 1:
			semana = ""
		case len(table.Cells) > 0:
			table.Cells = append(table.Cells, nil) // an empty line between weeks
		}
		table.Cells = append(table.Cells, []string{semana, Count(t.rank), Short(row.Producto, labelWidth), s.money(t.sold.Net), s.money(t.before), row.Cambio})
	}
	return NewResult(rows, table)
}

// change is against what was before; a product that sold nothing then is new.
func change(now, before int64) string {
	if before <= 0 {
		return "nuevo"
	}
	text := Percent(now-before, before)
	if now > before {
		text = "+" + text
	}
	return Grouped(text)
}

func naiveTrends[P cmp.Ordered](lines []Line[P]) []trend[P] {
	sold := naiveSelling[P]{}
	weeks := map[string]time.Time{}
	for _, l := range lines {
		day := time.Date(l.At.Year(), l.At.Month(), l.At.Day(), 0, 0, 0, 0, l.At.Location())
		monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		weeks[monday.Format(time.DateOnly)] = monday
		sold.add(monday.Format(time.DateOnly), l)
	}
	var out []trend[P]
	for _, week := range slices.Sorted(maps.Keys(sold)) {
		products := slices.SortedFunc(maps.Keys(sold[week]), func(a, b P) int {
			return cmp.Or(cmp.Compare(sold[week][b].Net, sold[week][a].Net), cmp.Compare(a, b))
		})
		before := sold[weeks[week].AddDate(0, 0, -7).Format(time.DateOnly)]
		for i, product := range products[:min(len(products), TrendTop)] {
			out = append(out, trend[P]{weeks[week], int64(i + 1), product, sold[week][product], before[product].Net})
		}
	}
	return out
}
