// Command stream folds a month of shop events, held as columns in memory, into sums
// and counts by user and window of five minutes, on one core: through the library's
// public API, and by a bare loop written for this alone, which is the limit.
//
//	stream -rounds 5 -json DIR
//
// DIR/raw holds the columns: see the suite's generator.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// evento is what the work needs of an event.
type evento struct {
	Momento time.Time `anabranch:"ts"`
	Usuario int64     `anabranch:"user_id"`
	Tipo    string    `anabranch:"event_type"`
	Importe int64     `anabranch:"revenue"`
}

var (
	momento = source.FieldOf(func(e *evento) *time.Time { return &e.Momento })
	usuario = source.FieldOf(func(e *evento) *int64 { return &e.Usuario })
	tipo    = source.FieldOf(func(e *evento) *string { return &e.Tipo })
	importe = source.FieldOf(func(e *evento) *int64 { return &e.Importe })
)

// gasto is what a user spent in a window.
type gasto struct{ Importe, Eventos int64 }

// late is how much an event may come after its successors, in the data.
const late = 10 * time.Second

func porUsuario(where source.Predicate[evento]) lambda.View[evento, int64, gasto] {
	return lambda.View[evento, int64, gasto]{Name: "gasto", Time: momento, Where: where, Key: lambda.By(usuario),
		Window: window.Tumbling(5 * time.Minute), Lateness: window.Lateness{Bound: late},
		Aggregate: aggregate.Join(
			aggregate.To(aggregate.Sum(importe), func(g *gasto) *int64 { return &g.Importe }),
			aggregate.To(aggregate.Count[evento](), func(g *gasto) *int64 { return &g.Eventos }),
		)}
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("stream", flag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "how often each runs, after a first time that doesn't count")
	rows := flags.Int("rows", 0, "how many events; all if 0")
	asJSON := flags.Bool("json", false, "print lines as JSON")
	profile := flags.String("cpuprofile", "", "write a CPU profile to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("give the directory of the data, after the flags")
	}
	runtime.GOMAXPROCS(1)
	data, err := load(flags.Arg(0), *rows)
	if err != nil {
		return err
	}
	stop, err := measure.Profile(*profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	purchases := source.Equal(tipo, "purchase")
	n := len(data.ts)
	lines, err := measure.Interleave(*rounds, measure.CPU, measure.Millions("events"),
		measure.Candidate{Work: "stream, all events", Who: "anabranch", N: n, Run: func() (string, error) { return data.fold(porUsuario(source.Predicate[evento]{})) }},
		measure.Candidate{Work: "stream, all events", Who: "bare loop", Aside: true, Note: "the bound", N: n, Run: func() (string, error) { return data.bare(nil), nil }},
		measure.Candidate{Work: "stream, purchases", Who: "anabranch", N: n, Run: func() (string, error) { return data.fold(porUsuario(purchases)) }},
		measure.Candidate{Work: "stream, purchases", Who: "bare loop", Aside: true, Note: "the bound", N: n, Run: func() (string, error) { return data.bare(data.isPurchase()), nil }},
	)
	if err != nil {
		return err
	}
	return measure.Write(out, *asJSON, lines...)
}

// check adds up rows: however a late event's row was given, the sums are the same.
type check struct{ rows, revenue, events int64 }

func (c check) String() string { return fmt.Sprintf("%d %d", c.revenue, c.events) }

// chunkRows is how many events come at once.
const chunkRows = 4096

// fold is the library's way.
func (d *columns) fold(view lambda.View[evento, int64, gasto]) (string, error) {
	fold, err := lambda.NewFold(view)
	if err != nil {
		return "", err
	}
	var c check
	take := func(rows []lambda.Row[int64, gasto]) error {
		c.rows += int64(len(rows))
		for i := range rows {
			c.revenue, c.events = c.revenue+rows[i].Value.Importe, c.events+rows[i].Value.Eventos
		}
		return nil
	}
	for from := 0; from < len(d.ts); from += chunkRows {
		if _, err := fold.Add(d.chunk(from, min(from+chunkRows, len(d.ts)))); err != nil {
			return "", err
		}
		if err := fold.Drain(take); err != nil {
			return "", err
		}
	}
	fold.End()
	err = fold.Drain(take)
	return c.String(), err
}
