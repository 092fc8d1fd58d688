// Command ecommerce is the whole library at work on an online shop: it generates
// the shop's event log and runs the speed, batch and serving layers on it at the
// same time, shows live answers while they run, prints the daily sales, and checks
// every answer against a naive fold of the same events.
//
//	go run ./examples/ecommerce
//
// With -archive the archive is kept, in a folder or on S3, and the next run goes on
// where this one stopped. The parts may be real systems, in any combination, and the
// layers processes of their own; -h says where credentials come from:
//
//	go run ./examples/ecommerce -kafka localhost:9092 -redis localhost:6379 -archive s3://bucket/shop -clickhouse localhost:9000
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
//   - systems.go, topic.go, published.go: Kafka, Redis, S3 and ClickHouse, where the
//     command line names them
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
	json       bool
	batchEvery time.Duration
	report     string

	archive    string // a folder or a URL; a temporary folder if empty
	kafka      string // addresses, as in the next ones: embedded if empty
	topic      string
	redis      string
	clickhouse string
	tls        bool
	role       string
	until      int64 // events
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
	flags.Usage = func() {
		fmt.Fprintln(stderr, "ecommerce runs an online shop's metrics through a speed, a batch and a serving layer, and checks every answer.\nAny role but all needs -kafka, and any but generate -archive. The flags:")
		flags.PrintDefaults()
		fmt.Fprint(stderr, credentials)
	}
	flags.Int64Var(&o.events, "events", 2_000_000, "append `N` events to the log")
	flags.Int64Var(&o.rate, "rate", 0, "append `N` events a second, to watch the layers at work (0: as fast as they can)")
	flags.Uint64Var(&o.seed, "seed", 1, "which log: events are a function of the seed `N`")
	flags.IntVar(&o.partitions, "partitions", 4, "the log has `N` partitions; a topic that is there has its own")
	flags.BoolVar(&o.json, "json", false, "print every row of the daily table, or of the report, as JSON lines")
	flags.StringVar(&o.report, "report", "", "instead of all that, answer a `QUESTION` by batch views over some months of a smaller shop: "+reportNames)
	flags.StringVar(&o.archive, "archive", "", "keep the archive at this `PLACE`, and go on where it ends: a folder, or s3://bucket/prefix of a bucket that's there, with ?endpoint=https://…&path_style=true for servers that aren't Amazon's (default: a temporary folder)")
	flags.StringVar(&o.kafka, "kafka", "", "the log is a Kafka topic of the brokers at `HOST:PORT,…`")
	flags.StringVar(&o.topic, "topic", "user_events", "the `NAME` of that topic; it's made where it's missing")
	flags.StringVar(&o.redis, "redis", "", "open deltas (keys anabranch:*) and the newest sales (HGETALL shop:{ventas:categoria=…:region=…}:latest) are in Redis at `HOST:PORT,…`; several addresses are a cluster's")
	flags.StringVar(&o.clickhouse, "clickhouse", "", "daily sales go to the table metricas_diarias, which is made where it's missing, of ClickHouse at `HOST:PORT` (its native protocol); metricas_diarias_current has one row of each day, category and region")
	flags.BoolVar(&o.tls, "tls", false, "talk TLS to Kafka, Redis and ClickHouse; SSL_CERT_FILE may name the authority's certificate")
	flags.StringVar(&o.role, "role", "all", "do one `PART` of the work, beside other processes on the same systems: "+roleNames)
	flags.Int64Var(&o.until, "until", 0, "with -role serve: end, and check, once the answers hold `N` events (0: when interrupted)")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, errUsage
	}
	problem := o.problem()
	if flags.NArg() > 0 {
		problem = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	}
	if problem != "" {
		fmt.Fprintf(stderr, "ecommerce: %s\n", problem)
		flags.Usage()
		return o, errUsage
	}
	return o, nil
}

// problem says what's wrong with the options, if anything is.
func (o options) problem() string {
	_, isRole := roles[o.role]
	alone := o.role == "all"
	switch {
	case o.events < 1 || o.events > maxEvents:
		return fmt.Sprintf("-events %d: it must be 1 to %s", o.events, thousands(maxEvents))
	case o.report != "" && reports[o.report] == nil:
		return fmt.Sprintf("-report %s: it must be one of %s", o.report, reportNames)
	case o.report != "" && (!alone || o.kafka != "" || o.redis != "" || o.clickhouse != ""):
		return "-report answers over a log of its own: it goes without -kafka, -redis, -clickhouse and -role"
	case o.rate < 0:
		return fmt.Sprintf("-rate %d: it must not be negative", o.rate)
	case o.partitions < 1 || o.partitions > maxPartitions:
		return fmt.Sprintf("-partitions %d: it must be 1 to %s", o.partitions, thousands(maxPartitions))
	case !isRole:
		return fmt.Sprintf("-role %s: it must be one of %s", o.role, roleNames)
	case !alone && o.kafka == "":
		return fmt.Sprintf("-role %s: processes that share the work share a log: name its brokers by -kafka", o.role)
	case !alone && o.role != "generate" && o.archive == "":
		return fmt.Sprintf("-role %s: processes that share the work share an archive: name it by -archive", o.role)
	case o.kafka != "" && o.topic == "":
		return "-topic: it has no name"
	case o.until < 0 || o.until > 0 && o.role != "serve":
		return fmt.Sprintf("-until %d: it's a number of events, for -role serve", o.until)
	}
	return ""
}

// run does everything: rows go to stdout, all else to stderr.
func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	s, err := openSystems(ctx, o)
	if err != nil {
		return explain(err, o.archive)
	}
	defer s.close()
	switch {
	case o.report != "":
		err = runReport(ctx, o, s, stdout, stderr)
	case o.role == "generate":
		err = generate(ctx, o, s, stderr)
	default:
		err = runLayers(ctx, o, s, stdout, stderr)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return interrupted(o, stderr)
	}
	return explain(err, s.place)
}

func interrupted(o options, stderr io.Writer) error {
	if o.archive == "" {
		fmt.Fprintln(stderr, "\nInterrupted.")
	} else {
		fmt.Fprintf(stderr, "\nInterrupted. The archive in %s is whole: run again with the same -archive to go on.\n", o.archive)
	}
	return errInterrupted
}

// explain adds what to do about errors that a user can mend.
func explain(err error, place string) error {
	switch {
	case errors.Is(err, archive.ErrLogIdentity), errors.Is(err, archive.ErrPartitions):
		return fmt.Errorf("%w\nThe archive in %s was begun with another -topic, -seed or -partitions, or without -report: use the same, or another -archive", err, place)
	case errors.Is(err, archive.ErrLost):
		return fmt.Errorf("%w\nAnother run on %s has taken over. Nothing is lost; run again when it has ended", err, place)
	case errors.Is(err, lambda.ErrDefinition):
		return fmt.Errorf("%w\nThe archive in %s was made by another version of this program; use another -archive", err, place)
	}
	return err
}
