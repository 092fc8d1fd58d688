package usecases

import (
	"cmp"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Shop says where the events of a shop have what the reports need. P is what a
// product is known by.
type Shop[E any, P cmp.Ordered] struct {
	At   source.Field[E, time.Time]
	Zone *time.Location // of days, weeks and months

	Lines    source.Predicate[E] // lines of sales and of returns: what counts at all
	Sold     source.Predicate[E] // lines of orders, not of returns
	Known    source.Predicate[E] // lines whose customer is known
	Products source.Predicate[E] // lines of products, not of postage and the like

	Customer source.Field[E, int64]
	Product  source.Field[E, P]

	Net      aggregate.Aggregate[E, int64] // sales, with what came back taken away
	Returned aggregate.Aggregate[E, int64] // what came back, as a positive sum; nil where nothing ever does
	Orders   aggregate.Aggregate[E, int64]
	Name     aggregate.Aggregate[E, string] // of a product

	Digits int // of money after the point
}

// Line is one line of a sale or a return, as the naive answers read it.
type Line[P cmp.Ordered] struct {
	At        time.Time // by the shop's clock
	Order     string
	Customer  int64
	Known     bool // whether the customer is
	Sold      bool // a line of an order, not of a return
	Product   P
	IsProduct bool
	Name      string
	Net       int64 // less than 0 for a return
	Returned  int64
}

// monthNumber counts months, so that their difference is a number.
func monthNumber(t time.Time) int64 { return int64(t.Year())*12 + int64(t.Month()) - 1 }

const monthLayout = "2006-01"

// Ratio is a / b, rounded half away from zero; zero where b is.
func Ratio(a, b int64) int64 {
	switch {
	case b == 0:
		return 0
	case a < 0:
		return -Ratio(-a, b)
	}
	return (2*a + b) / (2 * b)
}
