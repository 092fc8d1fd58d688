package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/topk"
	"github.com/anabranch-go/anabranch/examples/internal/usecases"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Products that are bought together: what a shop recommends to those who look at
// one of them.

// recommended is how many other products the report has for a product, and
// listed of how many products the table for people shows them.
const (
	recommended = 3
	listed      = 20
)

// pair is the event that two products of an order become, once in each direction.
type pair struct {
	At             time.Time // the opening: pairs are of all of time
	Product, Other int64
}

// companions are what was bought with a product. Counts are exact as long as it
// has had at most topk.DefaultCapacity companions.
type companions struct {
	Pairs  int64
	Others []topk.Item[int64]
}

// companionsRow is a row of the report.
type companionsRow struct {
	Producto    int64 `json:"producto"`
	Puesto      int64 `json:"puesto"`
	Recomendado int64 `json:"recomendado"`
	Veces       int64 `json:"veces"`
}

// together registers the report: a view of orders' products, and the companions
// over its rows.
func together(p *lambda.Pipeline[Event]) (report, error) {
	orders, err := lambda.Register(p, lambda.View[Event, int64, []int64]{
		Name: "productos_por_orden", Time: at, Where: bought, Key: lambda.By(order), Window: window.Global(),
		Aggregate: aggregate.Set(product),
	})
	if err != nil {
		return report{}, err
	}
	other := source.FieldOf(func(p *pair) *int64 { return &p.Other })
	bought, err := lambda.Over(orders, lambda.Ever(), pairs, lambda.View[pair, int64, companions]{
		Name: "comprados_juntos", Version: 1, Window: window.Global(),
		Time: source.FieldOf(func(p *pair) *time.Time { return &p.At }),
		Key:  lambda.By(source.FieldOf(func(p *pair) *int64 { return &p.Product })),
		Aggregate: aggregate.Join2(aggregate.Count[pair](), topk.Frequent(other, recommended, topk.Options{}),
			func(pairs int64, others []topk.Item[int64]) companions { return companions{pairs, others} }),
	})
	return report{
		Ask: func(ctx context.Context) (usecases.Result, lambda.Provenance, error) {
			a, err := bought.Select(ctx, lambda.Ever(), lambda.Selection[int64, companions]{
				Order: func(a, b companions) int { return cmp.Compare(b.Pairs, a.Pairs) },
			})
			if err != nil {
				return usecases.Result{}, lambda.Provenance{}, err
			}
			var found []productCompanions
			for row := range a.Rows() {
				found = append(found, productCompanions{row.Key, row.Value})
			}
			return togetherResult(found), a.Provenance(), nil
		},
		Naive: func(purchases []Event) usecases.Result { return togetherResult(naiveTogether(purchases)) },
	}, err
}

// pairs makes events of an order's row.
func pairs(row lambda.Row[int64, []int64], emit func(pair)) {
	for _, product := range row.Value {
		for _, other := range row.Value {
			if other != product {
				emit(pair{opening, product, other})
			}
		}
	}
}

// productCompanions are one product's.
type productCompanions struct {
	product int64
	companions
}

func togetherResult(found []productCompanions) usecases.Result {
	table := usecases.Table{
		Title: "Products bought together: what to recommend",
		Heads: []string{"producto", "categoria", "con", "veces"}, Texts: 3,
		Notes: []string{"con: what it was most often bought with, and how often; veces: all that it was bought with. -json has all products."},
	}
	var rows []companionsRow
	for i, p := range found {
		var others []string
		for rank, item := range p.Others {
			rows = append(rows, companionsRow{p.product, int64(rank + 1), item.Value, item.Estimate})
			others = append(others, fmt.Sprintf("%4d (%d)", item.Value, item.Estimate))
		}
		if i < listed {
			table.Cells = append(table.Cells, []string{fmt.Sprint(p.product), categories[categoryOf(int(p.product-1))],
				strings.Join(others, "  "), thousands(p.Pairs)})
		}
	}
	return usecases.NewResult(rows, table)
}

func naiveTogether(purchases []Event) []productCompanions {
	orders := map[int64]map[int64]bool{}
	for _, e := range purchases {
		if orders[e.Order] == nil {
			orders[e.Order] = map[int64]bool{}
		}
		orders[e.Order][e.Product] = true
	}
	counts, totals := map[int64]map[int64]int64{}, map[int64]int64{}
	for _, products := range orders {
		for product := range products {
			for other := range products {
				if other == product {
					continue
				}
				if counts[product] == nil {
					counts[product] = map[int64]int64{}
				}
				counts[product][other]++
				totals[product]++
			}
		}
	}
	byCount := func(n map[int64]int64) []int64 {
		return slices.SortedFunc(maps.Keys(n), func(a, b int64) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	}
	var out []productCompanions
	for _, product := range byCount(totals) {
		p := productCompanions{product, companions{Pairs: totals[product]}}
		others := byCount(counts[product])
		for _, other := range others[:min(len(others), recommended)] {
			p.Others = append(p.Others, topk.Item[int64]{Value: other, Estimate: counts[product][other]})
		}
		out = append(out, p)
	}
	return out
}
