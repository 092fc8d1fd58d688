package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/examples/internal/usecases"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
)

var (
	stock       = source.FieldOf(func(s *Sale) *string { return &s.StockCode })
	description = source.FieldOf(func(s *Sale) *string { return &s.Description })

	// worth is what a line is about, whichever way the goods went: what comes back
	// has a negative quantity. (Prices of less than zero are adjustments, and stay.)
	worth = source.Map2(quantity, price, func(n, thousandths int64) int64 { return max(n, -n) * thousandths })

	isProduct = source.Match(stock, isProductCode)
	isNamed   = source.Not(source.Equal(description, ""))
)

// isProductCode tells products from postage, fees and adjustments: their codes
// are words.
func isProductCode(code string) bool { return code != "" && code[0] >= '0' && code[0] <= '9' }

// catalogue is what the reports need to know of this shop. Sales are net: what
// comes back is taken away from them.
var catalogue = usecases.Shop[Sale, string]{
	At:       at,
	Zone:     london,
	Sold:     isOrder,
	Known:    source.Not(source.IsNull(customer)),
	Products: isProduct,
	Customer: customer,
	Product:  stock,
	Net:      aggregate.Net(aggregate.Sum(worth), isReturn),
	Returned: aggregate.Where(aggregate.Sum(worth), isReturn),
	Orders:   aggregate.Where(aggregate.Distinct(invoice), isOrder),
	Name: aggregate.Map(aggregate.Where(aggregate.Min(description), source.And(isOrder, isNamed)),
		func(name source.Null[string]) string { return name.V }),
	Digits: 3,
}

// thresholds fit a wholesaler of gifts, whose customers order every few months.
var thresholds = usecases.Thresholds{
	Recent: 30, Cooling: 120,
	Often: 5, Sometimes: 2,
	Much: 2_000_000, Some: 500_000,
}

type report = usecases.Report[usecases.Line[string]]

// reports are what -report names.
var reports = map[string]func(*lambda.Pipeline[Sale]) (report, error){
	"monthly": catalogue.Monthly,
	"cohorts": catalogue.Cohorts,
	"rfm":     func(p *lambda.Pipeline[Sale]) (report, error) { return catalogue.RFM(p, thresholds) },
	"trends":  catalogue.Trends,
}

// answerReport asks for the report, writes it, and compares it with what the
// files' rows say.
func (s *shop) answerReport(ctx context.Context, stdout io.Writer) error {
	// Views over rows are as new as the last batch run.
	if err := s.batch.Batch(ctx); err != nil {
		return err
	}
	answer, provenance, err := s.asked.Ask(ctx)
	if err != nil {
		return err
	}
	if err := s.report(ctx, provenance); err != nil {
		return err
	}
	write := answer.Table.Write
	if s.json {
		write = answer.WriteJSON
	}
	if err := write(stdout); err != nil {
		return err
	}
	started := time.Now()
	lines, err := readLines(ctx, s.data)
	if err != nil {
		return err
	}
	if err := usecases.Check(answer, s.asked.Naive(lines), s.stderr); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "checked %s rows against a naive fold of %s lines in %.1f s: all equal\n",
		count(int64(len(answer.Rows))), count(int64(len(lines))), time.Since(started).Seconds())
	return nil
}

// readLines reads the files again, by themselves.
func readLines(ctx context.Context, data string) (lines []usecases.Line[string], err error) {
	files, err := openFiles(data)
	if err != nil {
		return nil, err
	}
	reader, err := files.Open(ctx, 0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		c, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		for _, sale := range c.Rows() {
			lines = append(lines, lineOf(sale))
		}
	}
}

func lineOf(s Sale) usecases.Line[string] {
	l := usecases.Line[string]{
		At: s.InvoiceDate.In(london), Order: s.InvoiceNo, Sold: !strings.HasPrefix(s.InvoiceNo, "C"),
		Product: s.StockCode, IsProduct: isProductCode(s.StockCode), Name: s.Description, Net: s.Quantity * s.UnitPrice,
	}
	if s.Quantity < 0 {
		l.Returned = -l.Net
	}
	if s.CustomerID != nil {
		l.Customer, l.Known = *s.CustomerID, true
	}
	return l
}
