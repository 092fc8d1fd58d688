// Command speed runs the whole speed layer in one process, on one core: JSON records
// into open deltas and into an archive in memory, beside its parts alone. These are
// decoding, folding into windows, and writing Parquet.
//
//	go run ./internal/bench/speed [-rows N] [-rounds N] [-json] DIR
//
// DIR/raw holds the columns of the bench's generator, of which the records are made.
// The sums over all rows of all windows are compared, whoever made them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/internal/bench/samples"
)

func main() {
	rows := flag.Int("rows", 400_000, "`number` of records in a run")
	rounds := flag.Int("rounds", 5, "`number` of timed runs")
	asJSON := flag.Bool("json", false, "print a JSON object for each line")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the whole layer to this `file`")
	flag.Parse()
	if flag.NArg() != 1 || *rows < 1 || *rounds < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, flag.Arg(0), *rows, *rounds, *asJSON, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

const work = "speed layer, JSON to windows"

func run(out io.Writer, dir string, rows, rounds int, asJSON bool, profile string) (err error) {
	runtime.GOMAXPROCS(1)
	events, err := samples.Read(dir, rows)
	if err != nil {
		return err
	}
	records, _ := samples.Encode(events, false)
	log, err := newLog(records)
	if err != nil {
		return err
	}
	chunks, err := log.chunks(context.Background())
	if err != nil {
		return err
	}
	stop, err := measure.Profile(profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	part := func(name string, run func() error) measure.Candidate {
		return measure.Candidate{Work: work, Who: name, N: rows, Aside: true, Note: "a part", Run: func() (string, error) { return "", run() }}
	}
	want, err := log.sum()
	if err != nil {
		return err
	}
	whole := &layer{log: log, want: want}
	lines, err := measure.Interleave(rounds, measure.CPU, measure.NanosPer("event"),
		measure.Candidate{Work: work, Who: "anabranch", N: rows, Run: whole.run, Check: whole.check},
		part("decoding alone", log.decode),
		part("folding alone", func() error { return fold(chunks, want) }),
		part("archiving alone", func() error { return write(chunks) }),
	)
	if err != nil {
		return err
	}
	parts := lines[1].Median + lines[2].Median + lines[3].Median
	lines[0].Note = fmt.Sprintf("its parts add up to %.0f ns, %.2f of it", parts, parts/lines[0].Median)
	for i := range lines { // as the peers tell it
		l := &lines[i]
		l.Unit, l.Median, l.Low, l.High = "M events/s", 1e3/l.Median, 1e3/l.High, 1e3/l.Low
	}
	return measure.Write(out, asJSON, lines...)
}
