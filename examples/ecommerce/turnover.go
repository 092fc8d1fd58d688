package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/examples/internal/usecases"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Inventory turnover: units sold by average stock. The log has no stock, so the
// model is the simplest that gives one: each Monday every category is filled up
// to the same level, and within the week its stock falls with its sales, evenly.
// A category that sells out stays at nothing.
const stockLevel = 1_000

// stocked is the event that a category's week becomes.
type stocked struct {
	At               time.Time // the week's start
	Category         string
	Units            int64
	Opening, Closing int64 // stock
}

// stock is what is known of a category's stock. Weeks are those with a sale.
type stock struct{ Units, Opening, Closing, Weeks int64 }

func closing(units int64) int64 { return max(0, stockLevel-units) }

// turnoverRow is a row of the report.
type turnoverRow struct {
	Categoria  string `json:"categoria"`
	Unidades   int64  `json:"unidades"`
	StockMedio string `json:"stock_medio"`
	Rotacion   string `json:"rotacion"` // times in all of the log
	Dias       string `json:"dias"`     // to sell the average stock
}

// turnover registers the report: units by category and week, and the stock over
// its rows.
func turnover(p *lambda.Pipeline[Event]) (report, error) {
	units, err := lambda.Register(p, lambda.View[Event, string, int64]{
		Name: "unidades_por_semana", Version: 1, Time: at, Where: bought, Key: lambda.By(category),
		Window: window.Week(time.UTC), Aggregate: aggregate.Sum(quantity),
	})
	if err != nil {
		return report{}, err
	}
	weeks := func(row lambda.Row[string, int64], emit func(stocked)) {
		emit(stocked{row.Window.Start, row.Key, row.Value, stockLevel, closing(row.Value)})
	}
	stocks, err := lambda.Over(units, lambda.Ever(), weeks, lambda.View[stocked, string, stock]{
		Name: "inventario", Version: 1, Window: window.Week(time.UTC),
		Time: source.FieldOf(func(s *stocked) *time.Time { return &s.At }),
		Key:  lambda.By(source.FieldOf(func(s *stocked) *string { return &s.Category })),
		Aggregate: aggregate.Join4(
			aggregate.Sum(source.FieldOf(func(s *stocked) *int64 { return &s.Units })),
			aggregate.Sum(source.FieldOf(func(s *stocked) *int64 { return &s.Opening })),
			aggregate.Sum(source.FieldOf(func(s *stocked) *int64 { return &s.Closing })),
			aggregate.Count[stocked](),
			func(units, opening, closing, weeks int64) stock { return stock{units, opening, closing, weeks} }),
	})
	return report{
		Ask: func(ctx context.Context) (usecases.Result, lambda.Provenance, error) {
			a, err := stocks.Query(ctx, lambda.Ever().By(window.Global()))
			if err != nil {
				return usecases.Result{}, lambda.Provenance{}, err
			}
			found := map[string]stock{}
			for row := range a.Rows() {
				found[row.Key] = row.Value
			}
			return turnoverResult(found), a.Provenance(), nil
		},
		Naive: func(purchases []Event) usecases.Result { return turnoverResult(naiveTurnover(purchases)) },
	}, err
}

func turnoverResult(found map[string]stock) usecases.Result {
	table := usecases.Table{
		Title: "Inventory turnover by category",
		Heads: []string{"categoria", "unidades", "stock medio", "rotación", "días"}, Texts: 1,
		Notes: []string{"rotación: units sold by the average stock, over all of the log; días: how long the average stock lasts.",
			"The model: every Monday each category is filled up to " + thousands(stockLevel) + " units, and its stock falls evenly with its sales."},
	}
	weeks := int64(0) // of the log: in the busiest category each has a sale
	for _, s := range found {
		weeks = max(weeks, s.Weeks)
	}
	var rows []turnoverRow
	for _, name := range slices.SortedFunc(slices.Values(categories[:]), func(a, b string) int {
		return cmp.Compare(found[b].Units, found[a].Units)
	}) {
		s := found[name]
		if s.Units == 0 {
			continue
		}
		twice := s.Opening + s.Closing + 2*stockLevel*(weeks-s.Weeks) // the weeks' average stocks, twice their sum
		row := turnoverRow{name, s.Units, usecases.Decimal(usecases.Ratio(10*twice, 2*weeks), 1),
			usecases.Decimal(usecases.Ratio(100*2*weeks*s.Units, twice), 2), usecases.Decimal(usecases.Ratio(10*7*twice, 2*s.Units), 1)}
		rows = append(rows, row)
		table.Cells = append(table.Cells, []string{name, thousands(s.Units), usecases.Grouped(row.StockMedio), row.Rotacion, usecases.Grouped(row.Dias)})
	}
	return usecases.NewResult(rows, table)
}

func naiveTurnover(purchases []Event) map[string]stock {
	units := map[cell[string]]int64{}
	for _, e := range purchases {
		// The log begins on a Monday.
		monday := opening.Add(e.At.Sub(opening) / week * week)
		units[cell[string]{monday.Unix(), e.Category}] += e.Quantity
	}
	found := map[string]stock{}
	for c, n := range units {
		s := found[c.key]
		found[c.key] = stock{s.Units + n, s.Opening + stockLevel, s.Closing + closing(n), s.Weeks + 1}
	}
	return found
}
