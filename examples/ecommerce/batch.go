package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"syscall"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/examples/internal/usecases"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
)

var (
	product  = source.FieldOf(func(e *Event) *int64 { return &e.Product })
	quantity = source.FieldOf(func(e *Event) *int64 { return &e.Quantity })
)

// catalogue is what the reports need to know of this shop. Nothing is ever
// returned to it.
var catalogue = usecases.Shop[Event, int64]{
	At:       at,
	Zone:     time.UTC,
	Lines:    bought,
	Sold:     bought,
	Known:    bought,
	Products: bought,
	Customer: user,
	Product:  product,
	Net:      aggregate.Sum(revenue),
	Orders:   aggregate.Distinct(order),
	Name:     aggregate.Map(aggregate.Min(category), func(name source.Null[string]) string { return name.V }),
	Digits:   2,
}

// thresholds fit a shop whose customers buy a few times a quarter.
var thresholds = usecases.Thresholds{
	Recent: 21, Cooling: 60,
	Often: 8, Sometimes: 3,
	Much: 150_000, Some: 50_000,
}

// report is a question about the events that are purchases.
type report = usecases.Report[Event]

const reportNames = "monthly, cohorts, rfm, trends, elasticity, turnover or together"

// reports are what -report names.
var reports = map[string]func(*lambda.Pipeline[Event]) (report, error){
	"monthly": func(p *lambda.Pipeline[Event]) (report, error) { return ofLines(catalogue.Monthly(p)) },
	"cohorts": func(p *lambda.Pipeline[Event]) (report, error) { return ofLines(catalogue.Cohorts(p)) },
	"rfm":     func(p *lambda.Pipeline[Event]) (report, error) { return ofLines(catalogue.RFM(p, thresholds)) },
	"trends":  func(p *lambda.Pipeline[Event]) (report, error) { return ofLines(catalogue.Trends(p)) },

	"elasticity": elasticity,
	"turnover":   turnover,
	"together":   together,
}

// ofLines lets a report of lines answer naively from events.
func ofLines(r usecases.Report[usecases.Line[int64]], err error) (report, error) {
	return report{Ask: r.Ask, Naive: func(purchases []Event) usecases.Result {
		lines := make([]usecases.Line[int64], len(purchases))
		for i, e := range purchases {
			lines[i] = usecases.Line[int64]{At: e.At, Order: strconv.FormatInt(e.Order, 10), Customer: e.User, Known: true,
				Sold: true, Product: e.Product, IsProduct: true, Name: e.Category, Net: e.Revenue}
		}
		return r.Naive(lines)
	}}, err
}

// runReport reads the log to its end, runs the batch layer once, and answers.
func runReport(ctx context.Context, o options, s *systems, stdout, stderr io.Writer) error {
	pipeline := lambda.New[Event](lambda.Config{Archive: s.store})
	asked, err := reports[o.report](pipeline)
	if err != nil {
		return err
	}
	if err := s.announce(ctx, stderr); err != nil {
		return err
	}
	began := time.Now()
	if err := pipeline.Run(ctx, s.log); err != nil {
		return err
	}
	read := time.Now()
	if err := pipeline.Batch(ctx); err != nil {
		return err
	}
	answer, provenance, err := asked.Ask(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "Took in %s events in %.1f s, and recomputed %s in %.1f s.\n\n", thousands(o.events),
		read.Sub(began).Seconds(), thousands(provenance.Offsets()), time.Since(read).Seconds())
	write := answer.Table.Write
	if o.json {
		write = answer.WriteJSON
	}
	if err := write(stdout); err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return checkReport(ctx, asked, answer, s, stderr)
}

// checkReport generates the log again, and lets the report answer naively.
func checkReport(ctx context.Context, asked report, answer usecases.Result, s *systems, stderr io.Writer) error {
	began := time.Now()
	var purchases []Event
	events := int64(0)
	err := eachEvent(ctx, s.shop, s.to, func(e *Event) {
		if events++; e.Type == purchase {
			purchases = append(purchases, *e)
		}
	})
	if err != nil {
		return err
	}
	if err := usecases.Check(answer, asked.Naive(purchases), stderr); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "\nChecked %s rows against a naive fold of %s events (%s purchases) in %.1f s: all equal.\n",
		thousands(int64(len(answer.Rows))), thousands(events), thousands(int64(len(purchases))), time.Since(began).Seconds())
	return nil
}
