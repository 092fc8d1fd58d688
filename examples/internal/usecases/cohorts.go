package usecases

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// activity is an event that a customer's row becomes: one for each month in which
// he bought.
type activity struct {
	Cohort time.Time // his first purchase
	Since  int64     // months between that and this purchase
}

// cohortCell is how many of a cohort bought again so many months later.
type cohortCell struct {
	Cohort    string // its month
	Since     int64
	Customers int64
}

// cohortRow is a row of the report.
type cohortRow struct {
	Cohorte   string `json:"cohorte"`
	Meses     int64  `json:"meses"` // since the first purchase
	Clientes  int64  `json:"clientes"`
	Retencion string `json:"retencion"` // a decimal(5,4): of the cohort's customers
}

// Cohorts registers the report of cohorts: customers by the month of their first
// purchase, and how many of them bought again how many months later. It's a view
// over the rows of a view: a customer's first purchase isn't known before all of
// his events have been folded.
func (s Shop[E, P]) Cohorts(p *lambda.Pipeline[E]) (Report[Line[P]], error) {
	customers, err := lambda.Register(p, s.customers())
	if err != nil {
		return Report[Line[P]]{}, err
	}
	cohorts, err := lambda.Over(customers, lambda.Ever(), s.activities, lambda.View[activity, int64, int64]{
		Name:      "cohortes",
		Version:   1,
		Time:      source.FieldOf(func(a *activity) *time.Time { return &a.Cohort }),
		Key:       lambda.By(source.FieldOf(func(a *activity) *int64 { return &a.Since })),
		Window:    window.Month(s.Zone),
		Aggregate: aggregate.Count[activity](),
	})
	return Report[Line[P]]{
		Ask: func(ctx context.Context) (Result, lambda.Provenance, error) {
			a, err := cohorts.Query(ctx, lambda.Ever())
			if err != nil {
				return Result{}, lambda.Provenance{}, err
			}
			var cells []cohortCell
			for row := range a.Rows() {
				cells = append(cells, cohortCell{row.Window.Start.Format(monthLayout), row.Key, row.Value})
			}
			return cohortResult(cells), a.Provenance(), nil
		},
		Naive: func(lines []Line[P]) Result { return cohortResult(naiveCohorts(lines)) },
	}, err
}

// activities makes events of a customer's row. One with nothing but returns is in
// no cohort.
func (s Shop[E, P]) activities(row lambda.Row[int64, customer], emit func(activity)) {
	if !row.Value.First.Valid {
		return
	}
	first := monthNumber(row.Value.First.V.In(s.Zone))
	for _, month := range row.Value.Months {
		emit(activity{row.Value.First.V, month - first})
	}
}

// cohortResult takes cells by cohort, then by months since: so the first cell of
// a cohort is all of it.
func cohortResult(cells []cohortCell) Result {
	var rows []cohortRow
	var size int64
	for i, c := range cells {
		if i == 0 || c.Cohort != cells[i-1].Cohort {
			size = c.Customers
		}
		rows = append(rows, cohortRow{c.Cohort, c.Since, c.Customers, Decimal(Ratio(c.Customers*10_000, size), 4)})
	}
	return NewResult(rows, cohortTable(cells))
}

// cohortTable has a line for each cohort, and a column for each number of months.
func cohortTable(cells []cohortCell) Table {
	table := Table{
		Title: "Cohorts: of the customers by month of first purchase, who bought again so many months later",
		Heads: []string{"cohorte", "clientes"}, Texts: 1,
		Notes: []string{"Percent of the cohort's customers. Returns aren't purchases; customers whom the shop doesn't know are in no cohort."},
	}
	var size int64
	for i, c := range cells {
		for int64(len(table.Heads)) < c.Since+2 {
			table.Heads = append(table.Heads, fmt.Sprintf("+%d", len(table.Heads)-1))
		}
		if i == 0 || c.Cohort != cells[i-1].Cohort {
			size = c.Customers
			table.Cells = append(table.Cells, []string{c.Cohort, Count(size)})
			continue
		}
		line := &table.Cells[len(table.Cells)-1]
		for int64(len(*line)) < c.Since+1 {
			*line = append(*line, "·") // nobody
		}
		*line = append(*line, strings.TrimSuffix(Percent(c.Customers, size), " %"))
	}
	return table
}

func naiveCohorts[P cmp.Ordered](lines []Line[P]) []cohortCell {
	counts := map[string]map[int64]int64{}
	for _, c := range naiveCustomers(lines) {
		if len(c.orders) == 0 {
			continue
		}
		name := c.first.Format(monthLayout)
		if counts[name] == nil {
			counts[name] = map[int64]int64{}
		}
		for month := range c.months {
			counts[name][month-monthNumber(c.first)]++
		}
	}
	var out []cohortCell
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		for _, since := range slices.Sorted(maps.Keys(counts[name])) {
			out = append(out, cohortCell{name, since, counts[name][since]})
		}
	}
	return out
}
