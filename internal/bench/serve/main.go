// Command serve asks what the serving layer holds: one key of a base of a million
// groups with 24 sealed deltas after it, beside a lookup of one key in Pebble over
// the same bytes; and a month by day of 240 groups, of a base with windows of an
// hour, beside DuckDB adding up the same rows from a Parquet file.
//
//	serve -rounds 5 -json [-duckdb PYTHON] DIR
//
// DIR/raw holds the columns: see the suite's generator. PYTHON is a Python that has
// DuckDB.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	rounds, groups, rows int
	python, data, temp   string
	profile              string
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each runs, after a first time that doesn't count")
	flags.IntVar(&o.groups, "groups", 1_000_000, "how many groups a point query's base has")
	flags.IntVar(&o.rows, "rows", 2_000_000, "how many events, from all over the month, the series is of")
	flags.StringVar(&o.python, "duckdb", "", "a `python` that has duckdb")
	flags.StringVar(&o.profile, "cpuprofile", "", "write CPU profiles of the questions to `file`.point and file.series")
	only := flags.String("only", "", "point or series")
	asJSON := flags.Bool("json", false, "print lines as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("give the directory of the data, after the flags")
	}
	o.data = flags.Arg(0)
	var err error
	if o.temp, err = os.MkdirTemp("", "serve"); err != nil {
		return err
	}
	defer os.RemoveAll(o.temp)
	var lines []measure.Line
	for name, part := range map[string]func(context.Context, options) ([]measure.Line, error){"point": point, "series": series} {
		if *only != "" && *only != name {
			continue
		}
		more, err := part(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		lines = append(lines, more...)
	}
	return measure.Write(out, *asJSON, lines...)
}

// profiled does work under a CPU profile, where one is wanted.
func (o options) profiled(name string, work func() ([]measure.Line, error)) (lines []measure.Line, err error) {
	file := ""
	if o.profile != "" {
		file = o.profile + "." + name
	}
	stop, err := measure.Profile(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return work()
}
