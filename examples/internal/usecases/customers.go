package usecases

import (
	"cmp"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// customer is all that is known of one customer.
type customer struct {
	First, Last source.Null[time.Time] // purchases; none where there were only returns
	Months      []int64                // in which there was a purchase
	Orders, Net int64
}

// customers declares a row for each known customer, over all of time.
func (s Shop[E, P]) customers() lambda.View[E, int64, customer] {
	months := source.Map(s.At, func(t time.Time) int64 { return monthNumber(t.In(s.Zone)) })
	return lambda.View[E, int64, customer]{
		Name:    "clientes",
		Version: 1,
		Time:    s.At,
		Where:   source.And(s.Lines, s.Known),
		Key:     lambda.By(s.Customer),
		Window:  window.Global(),
		Aggregate: aggregate.Join5(
			aggregate.Where(aggregate.Min(s.At), s.Sold),
			aggregate.Where(aggregate.Max(s.At), s.Sold),
			aggregate.Where(aggregate.Set(months), s.Sold),
			s.Orders, s.Net,
			func(first, last source.Null[time.Time], months []int64, orders, net int64) customer {
				return customer{first, last, months, orders, net}
			}),
	}
}

// naiveCustomer is the same from the lines.
type naiveCustomer struct {
	first, last time.Time
	months      map[int64]bool
	orders      map[string]bool
	net         int64
}

func naiveCustomers[P cmp.Ordered](lines []Line[P]) map[int64]*naiveCustomer {
	all := map[int64]*naiveCustomer{}
	for _, l := range lines {
		if !l.Known {
			continue
		}
		c := all[l.Customer]
		if c == nil {
			c = &naiveCustomer{months: map[int64]bool{}, orders: map[string]bool{}}
			all[l.Customer] = c
		}
		c.net += l.Net
		if !l.Sold {
			continue
		}
		if len(c.orders) == 0 || l.At.Before(c.first) {
			c.first = l.At
		}
		if l.At.After(c.last) {
			c.last = l.At
		}
		c.months[monthNumber(l.At)], c.orders[l.Order] = true, true
	}
	return all
}
