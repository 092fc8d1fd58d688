package usecases

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Thresholds say what is recent, frequent and much. They're fixed and not drawn
// from the data, so that a segment means the same in every run, and a customer
// changes it by what he does and not by what others do.
type Thresholds struct {
	Recent, Cooling  int64 // days since the last purchase, at most
	Often, Sometimes int64 // orders, at least
	Much, Some       int64 // money, at least
}

// words say what segments are, below the table.
func (t Thresholds) words(digits int) []string {
	return []string{
		fmt.Sprintf("Recency counts back from the last day of the data: up to %d days are recent, more than %d gone.", t.Recent, t.Cooling),
		fmt.Sprintf("%d orders are many, %d some; net sales of %s are much, of %s some.", t.Often, t.Sometimes, Money(t.Much, digits), Money(t.Some, digits)),
		"",
		"  campeones     recent, many orders, much money",
		"  leales        many orders, or some and much money",
		"  prometedores  some orders",
		"  nuevos        one order, recent",
		"  ocasionales   one order, a while ago",
		"  en riesgo     gone, after more than one order or much money",
		"  perdidos      gone, after one order",
	}
}

func (t Thresholds) recency(days int64) int64 { return score(-days, -t.Recent, -t.Cooling) }

// score is 3, 2 or 1.
func score(n, high, middle int64) int64 {
	switch {
	case n >= high:
		return 3
	case n >= middle:
		return 2
	}
	return 1
}

// segments, in the order of the report.
var segments = []string{"campeones", "leales", "prometedores", "nuevos", "ocasionales", "en riesgo", "perdidos"}

// segmentOf names the segment of three scores.
func segmentOf(r, f, m int64) string {
	switch {
	case r == 1 && (f > 1 || m == 3):
		return "en riesgo" // was good, and is gone
	case r == 1:
		return "perdidos"
	case r == 3 && f == 3 && m == 3:
		return "campeones"
	case f == 3 || f == 2 && m == 3:
		return "leales"
	case f == 2:
		return "prometedores"
	case r == 3:
		return "nuevos"
	}
	return "ocasionales"
}

// scored is the event that a customer's row becomes.
type scored struct {
	Last                time.Time // purchase
	Frequency, Monetary int64     // scores
	Net                 int64
}

type scores struct{ Frequency, Monetary int64 }

type segment struct{ Customers, Net int64 }

// rfmRow is a row of the report.
type rfmRow struct {
	Segmento string `json:"segmento"`
	Clientes int64  `json:"clientes"`
	Ventas   string `json:"ventas_total"`
}

// RFM registers the report of segments by recency, frequency and monetary value.
//
// Recency is relative to the last day of the data, which no customer's row knows:
// what a view makes of a row must depend on the row alone. So the view over the
// rows keeps the day of the last purchase, as its window, and the day is scored
// where the answer is read. No clock is asked, and the same data gives the same
// answer next year.
func (s Shop[E, P]) RFM(p *lambda.Pipeline[E], t Thresholds) (Report[Line[P]], error) {
	customers, err := lambda.Register(p, s.customers())
	if err != nil {
		return Report[Line[P]]{}, err
	}
	last, err := lambda.Register(p, lambda.View[E, struct{}, source.Null[time.Time]]{
		Name: "ultima_venta", Version: 1, Time: s.At, Where: s.Lines, Key: lambda.All[E](), Window: window.Global(),
		Aggregate: aggregate.Max(s.At),
	})
	if err != nil {
		return Report[Line[P]]{}, err
	}
	frequency := source.FieldOf(func(c *scored) *int64 { return &c.Frequency })
	monetary := source.FieldOf(func(c *scored) *int64 { return &c.Monetary })
	cells, err := lambda.Over(customers, lambda.Ever(), t.score, lambda.View[scored, scores, segment]{
		Name:    "segmentos_rfm",
		Version: 1,
		Time:    source.FieldOf(func(c *scored) *time.Time { return &c.Last }),
		Key:     lambda.By2(frequency, monetary, func(k *scores) (*int64, *int64) { return &k.Frequency, &k.Monetary }),
		Window:  window.Day(s.Zone),
		Aggregate: aggregate.Join2(aggregate.Count[scored](), aggregate.Sum(source.FieldOf(func(c *scored) *int64 { return &c.Net })),
			func(customers, net int64) segment { return segment{customers, net} }),
	})
	return Report[Line[P]]{
		Ask: func(ctx context.Context) (Result, lambda.Provenance, error) {
			return s.askRFM(ctx, t, last, cells)
		},
		Naive: func(lines []Line[P]) Result { return s.rfmResult(t, naiveRFM(lines, t)) },
	}, err
}

func (t Thresholds) score(row lambda.Row[int64, customer], emit func(scored)) {
	if c := row.Value; c.Last.Valid {
		emit(scored{c.Last.V, score(c.Orders, t.Often, t.Sometimes), score(c.Net, t.Much, t.Some), c.Net})
	}
}

func (s Shop[E, P]) askRFM(ctx context.Context, t Thresholds, last *lambda.Handle[E, struct{}, source.Null[time.Time]], cells *lambda.Handle[scored, scores, segment]) (Result, lambda.Provenance, error) {
	a, err := cells.Query(ctx, lambda.Ever())
	if err != nil {
		return Result{}, lambda.Provenance{}, err
	}
	ends, err := last.Query(ctx, lambda.Ever())
	if err != nil {
		return Result{}, lambda.Provenance{}, err
	}
	var today time.Time
	for row := range ends.Rows() {
		today = row.Value.V.In(s.Zone)
	}
	found := map[string]segment{}
	for row := range a.Rows() {
		r := t.recency(daysBetween(row.Window.Start.In(s.Zone), today))
		name := segmentOf(r, row.Key.Frequency, row.Key.Monetary)
		found[name] = segment{found[name].Customers + row.Value.Customers, found[name].Net + row.Value.Net}
	}
	return s.rfmResult(t, found), a.Provenance(), nil
}

// daysBetween counts dates, whatever the clocks did between them.
func daysBetween(from, to time.Time) int64 {
	date := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int64(date(to).Sub(date(from)) / (24 * time.Hour))
}

func (s Shop[E, P]) rfmResult(t Thresholds, found map[string]segment) Result {
	table := Table{Title: "Customers by recency, frequency and monetary value",
		Heads: []string{"segmento", "clientes", "%", "ventas_total", "%", "por cliente"}, Texts: 1, Notes: t.words(s.Digits)}
	var all segment
	for _, seg := range found {
		all = segment{all.Customers + seg.Customers, all.Net + seg.Net}
	}
	var rows []rfmRow
	line := func(name string, seg segment) {
		table.Cells = append(table.Cells, []string{name, Count(seg.Customers), Percent(seg.Customers, all.Customers),
			s.money(seg.Net), Percent(seg.Net, all.Net), s.money(Ratio(seg.Net, seg.Customers))})
	}
	for _, name := range segments {
		if seg, ok := found[name]; ok {
			rows = append(rows, rfmRow{name, seg.Customers, Decimal(seg.Net, s.Digits)})
			line(name, seg)
		}
	}
	line("total", all)
	return NewResult(rows, table)
}

func naiveRFM[P cmp.Ordered](lines []Line[P], t Thresholds) map[string]segment {
	var today time.Time
	for _, l := range lines {
		if l.At.After(today) {
			today = l.At
		}
	}
	found := map[string]segment{}
	for _, c := range naiveCustomers(lines) {
		if len(c.orders) == 0 {
			continue
		}
		name := segmentOf(t.recency(daysBetween(c.last, today)),
			score(int64(len(c.orders)), t.Often, t.Sometimes), score(c.net, t.Much, t.Some))
		found[name] = segment{found[name].Customers + 1, found[name].Net + c.net}
	}
	return found
}
