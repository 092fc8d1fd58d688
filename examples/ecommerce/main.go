// Command ecommerce is the whole library at work on an online shop: it generates
// the shop's event log and runs the speed, batch and serving layers on it at the
// same time, shows live answers while they run, prints the daily sales, and checks
// every answer against a naive fold of the same events.
//
//	go run ./examples/ecommerce
//
// With -dir the archive is kept, and the next run goes on where this one stopped.
//
// With -report it answers one of the questions of a month's end instead, over some
// months of a smaller shop's log: a batch view, or views over a view's rows, again
// compared with a naive fold. The exit code is 1 where they differ.
//
//	go run ./examples/ecommerce -report monthly     # sales, orders, customers, average ticket, best product
//	go run ./examples/ecommerce -report cohorts     # customers by first purchase, and who came back
//	go run ./examples/ecommerce -report rfm         # segments by recency, frequency and money
//	go run ./examples/ecommerce -report trends      # each week's best sellers, against the week before
//	go run ./examples/ecommerce -report elasticity  # how demand follows the price, by category
//	go run ./examples/ecommerce -report turnover    # how often each category's stock is sold
//	go run ./examples/ecommerce -report together    # which products are bought with which
//
// Where to read on:
//
//   - event.go, generate.go, offers.go, log.go: the events, and a source.Source of one's own
//   - views.go: the metrics, each declared once
//   - layers.go: the speed, batch and serving layers, put together
//   - live.go, anomaly.go, display.go: what is asked while they run
//   - report.go: the daily table
//   - reference.go, check.go: the naive fold, and the comparison
//   - batch.go, elasticity.go, turnover.go, together.go: the reports; those that
//     examples/retail has too are in examples/internal/usecases
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// options are what the command line says.
type options struct {
	events     int64
	rate       int64
	seed       uint64
	partitions int
	dir        string
	json       bool
	batchEvery time.Duration
	report     string
}

var (
	errUsage       = errors.New("usage")
	errInterrupted = errors.New("interrupted")
	errWrong       = errors.New("answers differ from the events")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)   // a second ^C ends at once
	signal.Ignore(syscall.SIGPIPE) // where a reader such as head has read enough, the check goes on

	o, err := parse(os.Args[1:], os.Stderr)
	if err == nil {
		err = run(ctx, o, os.Stdout, os.Stderr)
	}
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, errInterrupted):
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "ecommerce:", err)
		os.Exit(1)
	}
}

// The most that a run can append, and the most partitions: beyond these the check
// at the end, which holds everything in memory, isn't what you want to wait for.
const (
	maxEvents     = 1_000_000_000
	maxPartitions = 1024
)

// parse reads the command line. It reports what's wrong on stderr.
func parse(args []string, stderr io.Writer) (options, error) {
	o := options{batchEvery: time.Second / 2}
	flags := flag.NewFlagSet("ecommerce", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Int64Var(&o.events, "events", 2_000_000, "append `N` events to the log")
	flags.Int64Var(&o.rate, "rate", 0, "append `N` events a second, to watch the layers at work (0: as fast as they can)")
	flags.Uint64Var(&o.seed, "seed", 1, "which log: events are a function of the seed `N`")
	flags.IntVar(&o.partitions, "partitions", 4, "the log has `N` partitions")
	flags.StringVar(&o.dir, "dir", "", "keep the archive in this `FOLDER`, and go on where it ends (default: a temporary one)")
	flags.BoolVar(&o.json, "json", false, "print every row of the daily table, or of the report, as JSON lines")
	flags.StringVar(&o.report, "report", "", "instead of all that, answer a `QUESTION` by batch views over some months of a smaller shop: "+reportNames)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, errUsage
	}
	problem := ""
	switch {
	case flags.NArg() > 0:
		problem = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	case o.events < 1 || o.events > maxEvents:
		problem = fmt.Sprintf("-events %d: it must be 1 to %s", o.events, thousands(maxEvents))
	case o.report != "" && reports[o.report] == nil:
		problem = fmt.Sprintf("-report %s: it must be one of %s", o.report, reportNames)
	case o.rate < 0:
		problem = fmt.Sprintf("-rate %d: it must not be negative", o.rate)
	case o.partitions < 1 || o.partitions > maxPartitions:
		problem = fmt.Sprintf("-partitions %d: it must be 1 to %s", o.partitions, thousands(maxPartitions))
	}
	if problem != "" {
		fmt.Fprintf(stderr, "ecommerce: %s\n", problem)
		flags.Usage()
		return o, errUsage
	}
	return o, nil
}

// run does everything: rows go to stdout, all else to stderr.
func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	dir, remove, err := archiveDir(o.dir)
	if err != nil {
		return err
	}
	defer remove()
	store := archive.Dir(dir)
	log, start, err := openLog(ctx, o, store)
	if err != nil {
		return explain(err, dir)
	}
	fmt.Fprintf(stderr, "Log %s: %s events so far, and %s to come. Archive: %s\n", log.shop.identity(), thousands(start), thousands(o.events), dir)

	if o.report != "" {
		err := runReport(ctx, o, store, log, stdout, stderr)
		if ctx.Err() != nil {
			return interrupted(o, stderr)
		}
		return explain(err, dir)
	}
	layers, err := newLayers(store, log, start, stderr)
	if err != nil {
		return explain(err, dir)
	}
	began := time.Now()
	if err := layers.run(ctx, o.batchEvery); err != nil {
		return explain(err, dir)
	}
	if ctx.Err() != nil {
		return interrupted(o, stderr)
	}
	fmt.Fprintf(stderr, "Took in %s events in %.1f s.\n", thousands(o.events), time.Since(began).Seconds())
	err = layers.finish(ctx, o.json, stdout, stderr)
	if ctx.Err() != nil {
		return interrupted(o, stderr)
	}
	return err
}

// archiveDir gives the folder of the archive, and what removes it at the end if
// it's a temporary one.
func archiveDir(dir string) (string, func(), error) {
	if dir != "" {
		return dir, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "ecommerce-")
	if err != nil {
		return "", nil, fmt.Errorf("cannot make a temporary folder (choose one by -dir): %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// openLog opens the log, grown by the new events: every partition goes on from
// where the archive's chain of it ends. It also says how many events there were.
func openLog(ctx context.Context, o options, store archive.Store) (*shopLog, int64, error) {
	log := shop{seed: o.seed, partitions: o.partitions, small: o.report != ""}
	chains := archive.New(store)
	if err := chains.Declare(ctx, archive.Log{Identity: log.identity(), Partitions: o.partitions}); err != nil {
		return nil, 0, err
	}
	ends, start := make([]int64, o.partitions), int64(0)
	known, err := chains.Chains(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, chain := range known {
		end, _ := chain.End() // 0 where nobody has begun yet
		ends[chain.Partition] = end
		start += end
	}
	for p := range ends {
		ends[p] += o.events / int64(o.partitions)
		if int64(p) < o.events%int64(o.partitions) {
			ends[p]++
		}
	}
	opened, err := newShopLog(log, ends, o.rate)
	return opened, start, err
}

func interrupted(o options, stderr io.Writer) error {
	if o.dir == "" {
		fmt.Fprintln(stderr, "\nInterrupted.")
	} else {
		fmt.Fprintf(stderr, "\nInterrupted. The archive in %s is whole: run again with the same -dir to go on.\n", o.dir)
	}
	return errInterrupted
}

// explain adds what to do about errors that a user can mend.
func explain(err error, dir string) error {
	switch {
	case errors.Is(err, archive.ErrLogIdentity), errors.Is(err, archive.ErrPartitions):
		return fmt.Errorf("%w\nThe archive in %s was begun with another -seed or -partitions, or without -report: use the same, or another -dir", err, dir)
	case errors.Is(err, archive.ErrLost):
		return fmt.Errorf("%w\nAnother run on %s has taken over. Nothing is lost; run again when it has ended", err, dir)
	case errors.Is(err, lambda.ErrDefinition):
		return fmt.Errorf("%w\nThe archive in %s was made by another version of this program; use another -dir", err, dir)
	}
	return err
}
