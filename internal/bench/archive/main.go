// Archive measures what it costs to write events to Parquet: the library's
// writer from chunks, beside parquet-go's generic writer from rows, on one core
// and at the same level of compression.
//
//	go run ./internal/bench/archive [-rows N] [-rounds N] [-json] [-keep FILE] DIR
//
// DIR/raw holds the events' columns as the bench's generator leaves them: ts,
// user, prod, rev (int64), qty (int32), sid (uint64), ev, cat, reg (uint8), each
// .bin and little endian, and names.txt, the words for ev, cat and reg.
//
// Chunks and rows are made beforehand. The writers take turns, and each is
// measured by the process's CPU time. What each wrote is read back before it's
// timed, through the library and through parquet-go, and compared with the input
// column by column. -keep leaves the library's file, for other readers.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

func main() {
	rows := flag.Int("rows", 2_000_000, "events to write")
	rounds := flag.Int("rounds", 7, "times that each writer runs")
	asJSON := flag.Bool("json", false, "print a JSON object a line")
	keep := flag.String("keep", "", "leave the library's file here")
	flag.Parse()
	if flag.NArg() != 1 || *rows < 1 || *rounds < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, flag.Arg(0), *rows, *rounds, *asJSON, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

const work = "archive, zstd 1"

func run(out io.Writer, dir string, n, rounds int, asJSON bool, keep string) error {
	runtime.GOMAXPROCS(1)
	events, err := load(dir, n)
	if err != nil {
		return err
	}
	writers, err := newWriters(events)
	if err != nil {
		return err
	}
	var candidates []measure.Candidate
	var sizes []measure.Line
	rows := fmt.Sprint(n)
	for i, w := range writers {
		body, err := w.write()
		if err == nil {
			err = check(events, body)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if i == 0 && keep != "" {
			if err := os.WriteFile(keep, body, 0o644); err != nil {
				return err
			}
		}
		size := measure.Of(work+": size", w.name, "B/row", []float64{float64(len(body)) / float64(n)})
		size.Check, size.Aside, size.Note = rows, w.aside, w.note
		sizes = append(sizes, size)
		candidates = append(candidates, measure.Candidate{Work: work, Who: w.name, N: n, Aside: w.aside, Note: w.note,
			Run: func() (string, error) {
				_, err := w.write()
				return rows, err
			}})
	}
	lines, err := measure.Interleave(rounds, measure.CPU, measure.Millions("rows"), candidates...)
	if err != nil {
		return err
	}
	return measure.Write(out, asJSON, append(lines, sizes...)...)
}
