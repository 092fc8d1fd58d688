// Command batch runs group-bys over Parquet files through the library's public API.
//
//	batch DIR
//	batch -query -by fecha,categoria -agg sum:revenue,distinct:user_id -where event_type=purchase DIR
//
// The first is a warm worker: it prints "ready", reads a query from each line of
// stdin, and answers
//
//	wall_s cpu_s peak_rss_mib check
//
// A query is the name of one over the suite's shop events (seed, approx, global,
// gapprox, sum), decode- and one of them for reading its columns alone, or the flags of one over any files: -by, -agg and -where. check is
// the number of rows and the sum of what they count, or of their first result. An
// empty line ends it.
//
// The second prints a query's rows by their keys, with -json one object on each
// line. Aggregates are count, and count, sum, mean, variance, min, max, distinct,
// approx, quantile:column:q and topk:column:k of a column. A comparison is
// column=a|b, or one with != < <= > >=; -where may be given more than once.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) (err error) {
	var q query
	flags := q.flags()
	once := flags.Bool("query", false, "print the rows of one query")
	asJSON := flags.Bool("json", false, "print rows as JSON")
	profile := flags.String("cpuprofile", "", "write a CPU profile to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("give one directory of Parquet files, after the flags")
	}
	stop, err := measure.Profile(*profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if !*once {
		return serve(ctx, flags.Arg(0), in, out)
	}
	c, err := compile(flags.Arg(0), q)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out)
	if err := c.print(ctx, buffered, *asJSON); err != nil {
		return err
	}
	return buffered.Flush()
}

// flags are those of a query.
func (q *query) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("batch", flag.ContinueOnError)
	list := func(to *[]string) func(string) error {
		return func(text string) error {
			*to = append(*to, strings.Split(text, ",")...)
			return nil
		}
	}
	flags.Func("by", "the `columns` to group by", list(&q.by))
	flags.Func("agg", "the `aggregates`", list(&q.aggregates))
	flags.Func("where", "a `comparison` that must hold", func(text string) error {
		q.where = append(q.where, text)
		return nil
	})
	return flags
}

// serve answers one query after another.
func serve(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	fmt.Fprintln(out, "ready")
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			break
		}
		began, before := time.Now(), cpu()
		check, err := answer(ctx, dir, line)
		if err != nil {
			fmt.Fprintln(out, "ERR", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Fprintf(out, "%.4f %.4f %.0f %s\n", time.Since(began).Seconds(), (cpu() - before).Seconds(), measure.PeakMiB(), check)
	}
	return lines.Err()
}

func answer(ctx context.Context, dir, line string) (check string, err error) {
	if named, ok := queries[line]; ok {
		return named(ctx, dir)
	}
	if name, ok := strings.CutPrefix(line, "decode-"); ok {
		return decode(ctx, dir, name)
	}
	if !strings.HasPrefix(line, "-") {
		return "", fmt.Errorf("there is no query %q", line)
	}
	var q query
	flags := q.flags()
	flags.SetOutput(io.Discard)
	if err := flags.Parse(strings.Fields(line)); err != nil {
		return "", err
	}
	c, err := compile(dir, q)
	if err != nil {
		return "", err
	}
	return c.check(ctx)
}

// cpu is what this process has used; 0 where that isn't told.
func cpu() time.Duration {
	used, _ := measure.CPUTime()
	return used
}
