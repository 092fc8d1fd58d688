package usecases

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/window"
)

// month is a month's result. The average ticket is made of its parts where it's
// read, so that parts of a month may be merged.
type month struct{ Net, Returned, Orders, Customers, Ticket int64 }

// monthRow is a row of the report.
type monthRow struct {
	Mes          string `json:"mes"`
	Ventas       string `json:"ventas_total"` // net of returns
	Devoluciones string `json:"devoluciones,omitempty"`
	Ordenes      int64  `json:"ordenes_total"`
	Clientes     int64  `json:"clientes_unicos"`
	Ticket       string `json:"ticket_medio"`
	Producto     string `json:"mejor_producto"`
	DelProducto  string `json:"ventas_del_producto"`
}

// Monthly registers the report of each calendar month: sales net of returns, the
// returns apart, orders, customers, the average ticket (net sales by orders), and
// the product that sold best.
func (s Shop[E, P]) Monthly(p *lambda.Pipeline[E]) (Report[Line[P]], error) {
	returned := s.Returned
	if returned == nil {
		returned = aggregate.Map(aggregate.Count[E](), func(int64) int64 { return 0 })
	}
	months, err := lambda.Register(p, lambda.View[E, struct{}, month]{
		Name:    "informe_mensual",
		Version: 1,
		Time:    s.At,
		Where:   s.Lines,
		Key:     lambda.All[E](),
		Window:  window.Month(s.Zone),
		Aggregate: aggregate.Join4(s.Net, returned, s.Orders, aggregate.Distinct(s.Customer),
			func(net, returned, orders, customers int64) month {
				return month{net, returned, orders, customers, Ratio(net, orders)}
			}),
	})
	if err != nil {
		return Report[Line[P]]{}, err
	}
	products, err := lambda.Register(p, s.productSales("ventas_por_producto_y_mes", window.Month(s.Zone)))
	return Report[Line[P]]{
		Ask: func(ctx context.Context) (Result, lambda.Provenance, error) {
			return s.askMonthly(ctx, months, products)
		},
		Naive: func(lines []Line[P]) Result { return s.monthlyResult(s.naiveMonthly(lines)) },
	}, err
}

func (s Shop[E, P]) askMonthly(ctx context.Context, months *lambda.Handle[E, struct{}, month], products *lambda.Handle[E, P, selling]) (Result, lambda.Provenance, error) {
	a, err := months.Query(ctx, lambda.Ever())
	if err != nil {
		return Result{}, lambda.Provenance{}, err
	}
	best, err := products.Select(ctx, lambda.Ever(), lambda.Selection[P, selling]{Order: bySales, Top: 1})
	if err != nil {
		return Result{}, lambda.Provenance{}, err
	}
	bestOf := map[string]lambda.Row[P, selling]{}
	for row := range best.Rows() {
		bestOf[row.Window.Start.Format(monthLayout)] = row
	}
	var rows []monthSums[P]
	for row := range a.Rows() {
		m := monthSums[P]{name: row.Window.Start.Format(monthLayout), month: row.Value}
		if top, ok := bestOf[m.name]; ok {
			m.best, m.sold = top.Key, top.Value
		}
		rows = append(rows, m)
	}
	return s.monthlyResult(rows), a.Provenance(), nil
}

// monthSums are a month's numbers, before they are written.
type monthSums[P cmp.Ordered] struct {
	month
	name string
	best P
	sold selling
}

func (s Shop[E, P]) monthlyResult(months []monthSums[P]) Result {
	table := Table{
		Title: "Monthly report",
		Heads: []string{"mes", "mejor_producto", "ventas_del_producto", "ventas_total", "devoluciones", "ordenes_total", "clientes_unicos", "ticket_medio"},
		Texts: 2,
		Notes: []string{"ventas_total is net of devoluciones; ticket_medio is ventas_total by ordenes_total."},
	}
	var rows []monthRow
	for _, m := range months {
		row := monthRow{m.name, Decimal(m.Net, s.Digits), Decimal(m.Returned, s.Digits), m.Orders, m.Customers,
			Decimal(m.Ticket, s.Digits), label(m.best, m.sold.Name), Decimal(m.sold.Net, s.Digits)}
		cells := []string{m.name, Short(row.Producto, labelWidth), s.money(m.sold.Net), s.money(m.Net), s.money(m.Returned),
			Count(m.Orders), Count(m.Customers), s.money(m.Ticket)}
		if s.Returned == nil {
			row.Devoluciones, cells = "", slices.Delete(cells, 4, 5)
		}
		rows, table.Cells = append(rows, row), append(table.Cells, cells)
	}
	if s.Returned == nil {
		table.Heads = slices.Delete(table.Heads, 4, 5)
		table.Notes = []string{"ticket_medio is ventas_total by ordenes_total."}
	}
	return NewResult(rows, table)
}

func (s Shop[E, P]) naiveMonthly(lines []Line[P]) []monthSums[P] {
	sums, sold := map[string]*monthSums[P]{}, naiveSelling[P]{}
	orders, customers := map[[2]string]bool{}, map[string]map[int64]bool{}
	for _, l := range lines {
		name := l.At.Format(monthLayout)
		if sums[name] == nil {
			sums[name], customers[name] = &monthSums[P]{name: name}, map[int64]bool{}
		}
		m := sums[name]
		m.Net += l.Net
		m.Returned += l.Returned
		if order := [2]string{name, l.Order}; l.Sold && !orders[order] {
			orders[order] = true
			m.Orders++
		}
		if l.Known {
			customers[name][l.Customer] = true
		}
		sold.add(name, l)
	}
	var out []monthSums[P]
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		m := sums[name]
		m.Customers, m.Ticket = int64(len(customers[name])), Ratio(m.Net, m.Orders)
		for i, product := range slices.Sorted(maps.Keys(sold[name])) {
			if found := sold[name][product]; i == 0 || found.Net > m.sold.Net {
				m.best, m.sold = product, found
			}
		}
		out = append(out, *m)
	}
	return out
}
