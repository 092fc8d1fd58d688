package main

import (
	"time"
	_ "time/tzdata" // the shop's clock, wherever the program runs

	"github.com/anabranch-go/anabranch/source"
)

// Sale is one line of an invoice. Its columns have the names of the files'.
type Sale struct {
	InvoiceNo   string
	StockCode   string
	Description string
	Quantity    int64     // negative where goods come back, or were lost
	InvoiceDate time.Time // local time in the files
	UnitPrice   int64     `anabranch:",decimal=3"` // in thousandths of a pound
	CustomerID  *int64    // nil where the shop doesn't know
	Country     string
}

// london is the clock that invoices are dated by.
var london = loadLondon()

func loadLondon() *time.Location {
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // it's embedded above
	}
	return location
}

var (
	invoice  = source.FieldOf(func(s *Sale) *string { return &s.InvoiceNo })
	quantity = source.FieldOf(func(s *Sale) *int64 { return &s.Quantity })
	at       = source.FieldOf(func(s *Sale) *time.Time { return &s.InvoiceDate })
	price    = source.FieldOf(func(s *Sale) *int64 { return &s.UnitPrice })
	customer = source.OptionalOf(func(s *Sale) **int64 { return &s.CustomerID })
	country  = source.FieldOf(func(s *Sale) *string { return &s.Country })
)

// atColumn is where chunks have the event time.
var atColumn = columnOf("InvoiceDate")

func columnOf(name string) int {
	schema, err := source.SchemaOf[Sale]()
	if err != nil {
		panic(err) // Sale is above
	}
	column, _ := schema.Lookup(name)
	return column
}
