package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/examples/internal/usecases"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Price elasticity: by how many percent the units of an order change where the
// price is one percent higher. It's the slope of ln units on ln price, by
// category, over one point for each product and price: its price by its list
// price, so that dear products aren't compared with cheap ones, and its mean
// units an order. Orders that a price kept from being made at all don't show in it.

// offered is the key of the first view: a product at a price.
type offered struct {
	Category       string
	Product, Price int64
}

// demand is what was sold at a price.
type demand struct{ Units, Orders int64 }

// point is the event that a row becomes.
type point struct {
	At       time.Time // the opening: the points are of all of time
	Category string
	Price    float64 // by the list price
	Units    float64 // an order
}

func pointOf(key offered, sold demand) point {
	return point{opening, key.Category, float64(key.Price) / float64(priceOf(int(key.Product-1))), float64(sold.Units) / float64(sold.Orders)}
}

// elasticityRow is a row of the report.
type elasticityRow struct {
	Categoria   string `json:"categoria"`
	Puntos      int64  `json:"puntos"`      // products at a price
	Elasticidad string `json:"elasticidad"` // "-" where there is only one price
	R2          string `json:"r2"`
	Generador   string `json:"del_generador"` // what the generator made the events by
}

// elasticity registers the report: a view of products' prices, and a regression
// over its rows.
func elasticity(p *lambda.Pipeline[Event]) (report, error) {
	prices, err := lambda.Register(p, lambda.View[Event, offered, demand]{
		Name: "demanda_por_precio", Version: 1, Time: at, Where: bought, Window: window.Global(),
		Key: lambda.By3(category, product, source.Map2(revenue, quantity, func(cents, units int64) int64 { return cents / units }),
			func(k *offered) (*string, *int64, *int64) { return &k.Category, &k.Product, &k.Price }),
		Aggregate: aggregate.Join2(aggregate.Sum(quantity), aggregate.Distinct(order),
			func(units, orders int64) demand { return demand{units, orders} }),
	})
	if err != nil {
		return report{}, err
	}
	points := func(row lambda.Row[offered, demand], emit func(point)) { emit(pointOf(row.Key, row.Value)) }
	lnPrice := source.Map(source.FieldOf(func(p *point) *float64 { return &p.Price }), math.Log)
	lnUnits := source.Map(source.FieldOf(func(p *point) *float64 { return &p.Units }), math.Log)
	lines, err := lambda.Over(prices, lambda.Ever(), points, lambda.View[point, string, aggregate.Line]{
		Name: "elasticidad", Version: 1, Window: window.Global(),
		Time:      source.FieldOf(func(p *point) *time.Time { return &p.At }),
		Key:       lambda.By(source.FieldOf(func(p *point) *string { return &p.Category })),
		Aggregate: aggregate.Regression(lnPrice, lnUnits),
	})
	return report{
		Ask: func(ctx context.Context) (usecases.Result, lambda.Provenance, error) {
			a, err := lines.Query(ctx, lambda.Ever())
			if err != nil {
				return usecases.Result{}, lambda.Provenance{}, err
			}
			found := map[string]aggregate.Line{}
			for row := range a.Rows() {
				found[row.Key] = row.Value
			}
			return elasticityResult(found), a.Provenance(), nil
		},
		Naive: func(purchases []Event) usecases.Result { return elasticityResult(naiveElasticity(purchases)) },
	}, err
}

func elasticityResult(lines map[string]aggregate.Line) usecases.Result {
	table := usecases.Table{
		Title: "Price elasticity of the units in an order",
		Heads: []string{"categoria", "puntos", "elasticidad", "R²", "del generador"}, Texts: 1,
		Notes: []string{"A price 1 % higher changes the units of an order by so many percent. puntos are products at a price;",
			"few of them say little. R² is low because people differ more than prices do. Orders that weren't made don't show."},
	}
	var rows []elasticityRow
	for i, name := range categories {
		line, ok := lines[name]
		if !ok {
			continue
		}
		row := elasticityRow{name, line.N, slope(line.Slope), slope(line.R2), fmt.Sprintf("%.1f", elasticityOf(i))}
		rows = append(rows, row)
		table.Cells = append(table.Cells, []string{name, thousands(row.Puntos), row.Elasticidad, row.R2, row.Generador})
	}
	return usecases.NewResult(rows, table)
}

// slope writes a number that may not exist, without a minus before nothing.
func slope(n source.Null[float64]) string {
	if !n.Valid {
		return "-"
	}
	text := fmt.Sprintf("%.3f", n.V)
	if strings.Trim(text, "-0.") == "" {
		return "0.000"
	}
	return text
}

// naiveElasticity fits lines in two passes, about the means.
func naiveElasticity(purchases []Event) map[string]aggregate.Line {
	sold, orders := map[offered]demand{}, map[offered]map[int64]bool{}
	for _, e := range purchases {
		key := offered{e.Category, e.Product, e.Revenue / e.Quantity}
		if orders[key] == nil {
			orders[key] = map[int64]bool{}
		}
		orders[key][e.Order] = true
		sold[key] = demand{sold[key].Units + e.Quantity, int64(len(orders[key]))}
	}
	points := map[string][][2]float64{}
	for key, d := range sold {
		p := pointOf(key, d)
		points[key.Category] = append(points[key.Category], [2]float64{math.Log(p.Price), math.Log(p.Units)})
	}
	lines := map[string]aggregate.Line{}
	for name, all := range points {
		slices.SortFunc(all, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
		lines[name] = naiveLine(all)
	}
	return lines
}

func naiveLine(points [][2]float64) aggregate.Line {
	line := aggregate.Line{N: int64(len(points))}
	var x, y, xx, xy, yy float64
	for _, p := range points {
		x, y = x+p[0]/float64(len(points)), y+p[1]/float64(len(points))
	}
	for _, p := range points {
		xx, xy, yy = xx+(p[0]-x)*(p[0]-x), xy+(p[0]-x)*(p[1]-y), yy+(p[1]-y)*(p[1]-y)
	}
	const none = 1e-20 // what rounding leaves where all are the same
	if xx > none {
		line.Slope = source.Some(xy / xx)
		if yy > none {
			line.R2 = source.Some(xy * xy / xx / yy)
		}
	}
	return line
}
