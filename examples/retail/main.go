// Retail answers for a year of a real online shop, from its invoices as CSV
// files: sales, orders, customers, units and returns, by day, month, year or all
// of time, by country or for all.
//
//	go run ./examples/retail -data DIR -step month -by pais
//
// The files are read as a log. The speed layer folds it while the batch layer
// recomputes what is archived, again and again, and the answer merges both. Its
// rows depend on the data, -step and -by alone: not on how often the batch layer
// runs, how many partitions the log has, in which order the rows arrive, or how
// often the speed layer is killed.
//
// With -report it answers what a shop's month ends with, over all of the files:
//
//	go run ./examples/retail -data DIR -report monthly   # sales, returns, orders, average ticket, best product
//	go run ./examples/retail -data DIR -report cohorts   # customers by first purchase, and who came back
//	go run ./examples/retail -data DIR -report rfm       # segments by recency, frequency and money
//	go run ./examples/retail -data DIR -report trends    # each week's best sellers, against the week before
//
// Cohorts and segments are views over the rows of a view of customers. A report
// is compared, row by row, with a naive fold of the files' rows; where they
// differ the program says so, and its exit code is 1.
//
// The answer goes to the standard output, what happens on the way to the
// standard error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "retail:", err)
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	data       string
	dir        string
	step       string
	byPais     bool
	json       bool
	batchEvery int
	partitions int
	shuffled   bool
	seed       uint64
	crash      int
	report     string
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	by := "none"
	flags := flag.NewFlagSet("retail", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.data, "data", "", "the folder with the CSV files, gzipped or not, one a day")
	flags.StringVar(&o.dir, "dir", "", "keep the archive in this folder, and go on with what it holds (default a temporary one)")
	flags.StringVar(&o.step, "step", "month", "a row for each day, month or year, or one for all")
	flags.StringVar(&by, "by", by, "group by pais (the country) or by none")
	flags.BoolVar(&o.json, "json", false, "write one JSON object a row")
	flags.IntVar(&o.batchEvery, "batch-every", 30, "run the batch layer each time so many days of data have come (with -shuffle, as many rows as they have on average); 0 for never")
	flags.IntVar(&o.partitions, "partitions", 1, "deal the rows, by invoice, to a log of so many partitions")
	flags.Func("shuffle", "let the rows arrive in an order drawn from this `seed`", func(text string) (err error) {
		o.shuffled = true
		o.seed, err = strconv.ParseUint(text, 10, 64)
		return err
	})
	flags.IntVar(&o.crash, "crash", 0, "kill the speed layer each time it has read so many chunks of a partition; 0 for never")
	flags.StringVar(&o.report, "report", "", "instead of sales by -step, a report: monthly, cohorts, rfm (customers by recency, frequency and money) or trends (products by week)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.byPais = by == "pais"
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q isn't an option", flags.Arg(0))
	case o.data == "":
		return o, errors.New("name the folder of the CSV files with -data")
	case by != "pais" && by != "none":
		return o, fmt.Errorf("-by %q: it's pais or none", by)
	case steps[o.step].Validate() != nil:
		return o, fmt.Errorf("-step %q: it's day, month, year or all", o.step)
	case o.report != "" && reports[o.report] == nil:
		return o, fmt.Errorf("-report %q: it's monthly, cohorts, rfm or trends", o.report)
	case o.batchEvery < 0 || o.crash < 0 || o.partitions < 1:
		return o, errors.New("-batch-every and -crash are 0 or more, -partitions 1 or more")
	}
	return o, nil
}

// run is the program.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "retail-*"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	log, err := openLog(ctx, o)
	if err != nil {
		return err
	}
	shop, err := newShop(o, archive.Dir(dir), log, stderr)
	if err != nil {
		return err
	}
	if err := shop.work(ctx); err != nil {
		return err
	}
	if o.report != "" {
		return shop.answerReport(ctx, stdout)
	}
	rows, provenance, err := shop.serving.answer(ctx, steps[o.step], o.byPais)
	if err != nil {
		return err
	}
	if err := shop.report(ctx, provenance); err != nil {
		return err
	}
	if o.json {
		return writeJSON(stdout, rows)
	}
	return writeTable(stdout, rows, o.byPais)
}
