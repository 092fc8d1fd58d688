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
// measured by the process's CPU time, so other programs disturb little; quote
// ratios of one run. What each wrote is read back before it's timed, through the
// library and through parquet-go, and compared with the input column by column.
//
//   - -rows: how many events of DIR to write
//   - -rounds: times that each writer runs; the table has medians
//   - -json: one JSON object a line in place of the table
//   - -keep: leave the library's file here, for other readers
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
)

// result is a writer's line. All but the name are medians.
type result struct {
	Writer      string  `json:"writer"`
	MRowsSecond float64 `json:"mrows_s"`
	NanosRow    float64 `json:"ns_row"`
	BytesRow    float64 `json:"bytes_row"`
	Ratio       float64 `json:"ratio"` // to parquet-go's speed
}

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
	if err := run(flag.Arg(0), *rows, *rounds, *asJSON, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func run(dir string, n, rounds int, asJSON bool, keep string) error {
	runtime.GOMAXPROCS(1)
	events, err := load(dir, n)
	if err != nil {
		return err
	}
	writers, err := newWriters(events)
	if err != nil {
		return err
	}
	results := make([]result, len(writers))
	for i, w := range writers {
		body, err := w.write()
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := check(events, body); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if i == 0 && keep != "" {
			if err := os.WriteFile(keep, body, 0o644); err != nil {
				return err
			}
		}
		results[i] = result{Writer: w.name, BytesRow: float64(len(body)) / float64(n)}
	}
	times := make([][]float64, len(writers))
	for range rounds {
		for i, w := range writers {
			runtime.GC()
			before := cpu()
			if _, err := w.write(); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			times[i] = append(times[i], cpu()-before)
		}
	}
	for i := range results {
		slices.Sort(times[i])
		median := times[i][len(times[i])/2]
		results[i].NanosRow = median / float64(n) * 1e9
		results[i].MRowsSecond = float64(n) / median / 1e6
	}
	return show(results, asJSON)
}

func show(results []result, asJSON bool) error {
	peer := results[len(results)-1].NanosRow
	for i := range results {
		results[i].Ratio = peer / results[i].NanosRow
	}
	if asJSON {
		for _, r := range results {
			if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Printf("%-34s %10s %8s %8s %6s\n", "writer, zstd 1, one core", "M rows/s", "ns/row", "B/row", "ratio")
	for _, r := range results {
		fmt.Printf("%-34s %10.2f %8.1f %8.2f %6.2f\n", r.Writer, r.MRowsSecond, r.NanosRow, r.BytesRow, r.Ratio)
	}
	return nil
}

// cpu gives the seconds that the process has computed for.
func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it can't fail
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
