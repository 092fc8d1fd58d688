package main

import (
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// The fields that views read. A view made of fields knows which columns of the
// archive it needs. An order of two lines is two purchases, so orders are counted
// by their identifiers.
var (
	at       = source.FieldOf(func(e *Event) *time.Time { return &e.At })
	user     = source.FieldOf(func(e *Event) *int64 { return &e.User })
	kind     = source.FieldOf(func(e *Event) *string { return &e.Type })
	category = source.FieldOf(func(e *Event) *string { return &e.Category })
	region   = source.FieldOf(func(e *Event) *string { return &e.Region })
	order    = source.FieldOf(func(e *Event) *int64 { return &e.Order })
	revenue  = source.FieldOf(func(e *Event) *int64 { return &e.Revenue })

	bought = source.Equal(kind, purchase)
)

// Events that come within two minutes aren't called late. Later ones are, and
// count all the same.
var lateness = window.Lateness{Bound: 2 * time.Minute}

// Place is what daily sales are grouped by.
type Place struct {
	Category string `anabranch:"categoria"`
	Region   string `anabranch:"region"`
}

// Conversion is how many of the visitors bought. The rate is computed from its
// parts where it's read, so that windows and partitions can be merged.
type Conversion struct{ Purchases, Users int64 }

// Takings are sales without regard to who bought.
type Takings struct{ Cents, Orders int64 }

// Sales is a row of the daily table. Users are all who came, buyers or not. Rate is
// the conversion in ten-thousandths.
type Sales struct {
	Cents  int64 `anabranch:"ventas_total,decimal=2"`
	Orders int64 `anabranch:"ordenes_total"`
	Users  int64 `anabranch:"clientes_unicos"`
	Rate   int64 `anabranch:"conversion_rate,decimal=4"`
}

// Conversion is the row's own.
func (s Sales) Conversion() Conversion { return Conversion{s.Orders, s.Users} }

// activeUsers counts users by the minute.
var activeUsers = lambda.View[Event, struct{}, int64]{
	Name:      "usuarios_activos",
	Time:      at,
	Key:       lambda.All[Event](),
	Window:    window.Tumbling(time.Minute),
	Aggregate: aggregate.Distinct(user),
	Lateness:  lateness,
}

// conversion is orders by users, in windows of five minutes.
var conversion = lambda.View[Event, struct{}, Conversion]{
	Name:   "conversion",
	Time:   at,
	Key:    lambda.All[Event](),
	Window: window.Tumbling(5 * time.Minute),
	Aggregate: aggregate.Join2(aggregate.Where(aggregate.Distinct(order), bought), aggregate.Distinct(user),
		func(purchases, users int64) Conversion { return Conversion{purchases, users} }),
	Lateness: lateness,
}

// takings are what the anomaly flag watches.
var takings = lambda.View[Event, struct{}, Takings]{
	Name:   "ventas_5m",
	Time:   at,
	Where:  bought,
	Key:    lambda.All[Event](),
	Window: window.Tumbling(5 * time.Minute),
	Aggregate: aggregate.Join2(aggregate.Sum(revenue), aggregate.Distinct(order),
		func(cents, orders int64) Takings { return Takings{cents, orders} }),
	Lateness: lateness,
}

// sales is kept by the hour, and rolled up to days when it's asked for.
var sales = lambda.View[Event, Place, Sales]{
	Name:   "ventas",
	Time:   at,
	Key:    lambda.By2(category, region, func(p *Place) (*string, *string) { return &p.Category, &p.Region }),
	Window: window.Tumbling(time.Hour),
	Aggregate: aggregate.Join3(
		aggregate.Where(aggregate.Sum(revenue), bought),
		aggregate.Where(aggregate.Distinct(order), bought),
		aggregate.Distinct(user),
		func(cents, orders, users int64) Sales {
			return Sales{cents, orders, users, scaledRatio(orders, users, 4)}
		}),
	Lateness: lateness,
}

// handles are the registered views: what queries them.
type handles struct {
	active     *lambda.Handle[Event, struct{}, int64]
	conversion *lambda.Handle[Event, struct{}, Conversion]
	takings    *lambda.Handle[Event, struct{}, Takings]
	sales      *lambda.Handle[Event, Place, Sales]
}

func register(p *lambda.Pipeline[Event]) (h handles, err error) {
	if h.active, err = lambda.Register(p, activeUsers); err != nil {
		return h, err
	}
	if h.conversion, err = lambda.Register(p, conversion); err != nil {
		return h, err
	}
	if h.takings, err = lambda.Register(p, takings); err != nil {
		return h, err
	}
	h.sales, err = lambda.Register(p, sales)
	return h, err
}
