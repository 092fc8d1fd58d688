package main

import (
	"strings"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Ventas is the result of one window, for one country or for all.
//
// The files have warts, and each means something here. A line that is there
// twice counts twice: the shop sells the same thing twice on one invoice.
// Cancellations, adjustments (invoices that begin with A) and prices of zero or
// less are part of the total. Only cancellations aren't orders.
type Ventas struct {
	Total        int64 // Σ Quantity × UnitPrice over all rows, in thousandths of a pound
	Ordenes      int64 // distinct invoices that don't begin with C
	Clientes     int64 // distinct known customers
	Unidades     int64 // Σ Quantity
	Devoluciones int64 // rows with a negative Quantity
}

var (
	amount = source.Map2(quantity, price, func(n, thousandths int64) int64 { return n * thousandths })

	isOrder  = source.Match(invoice, func(no string) bool { return !strings.HasPrefix(no, "C") })
	isReturn = source.Less(quantity, 0)
)

// ventas declares the metric once, for one key or another. The windows are the
// days of the shop's clock; queries roll them up to months, years or all of time.
func ventas[K any](name string, key lambda.Key[Sale, K]) lambda.View[Sale, K, Ventas] {
	return lambda.View[Sale, K, Ventas]{
		Name:    name,
		Version: 1, // amount and isOrder are code: raise it when they change
		Time:    at,
		Key:     key,
		Window:  window.Day(london),
		Aggregate: aggregate.Join5(
			aggregate.Sum(amount),
			aggregate.Where(aggregate.Distinct(invoice), isOrder),
			aggregate.Distinct(customer),
			aggregate.Sum(quantity),
			aggregate.Where(aggregate.Count[Sale](), isReturn),
			func(total, ordenes, clientes, unidades, devoluciones int64) Ventas {
				return Ventas{total, ordenes, clientes, unidades, devoluciones}
			}),
	}
}

// views are the two views of one process. A customer or an invoice may be in two
// countries, so the answer for all isn't the sum over countries: it's a view of
// its own.
type views struct {
	all    *lambda.Handle[Sale, struct{}, Ventas]
	byPais *lambda.Handle[Sale, string, Ventas]
}

func register(p *lambda.Pipeline[Sale]) (v views, err error) {
	if v.all, err = lambda.Register(p, ventas("ventas", lambda.All[Sale]())); err != nil {
		return v, err
	}
	v.byPais, err = lambda.Register(p, ventas("ventas_por_pais", lambda.By(country)))
	return v, err
}

// steps are the windows that -step names.
var steps = map[string]window.Spec{
	"day":   window.Day(london),
	"month": window.Month(london),
	"year":  window.Year(london),
	"all":   window.Global(),
}
