// Command decode times the reading of JSON events, on one core: by the library's
// decoder into chunks, and by packages for JSON into the same struct.
//
//	go run ./internal/bench/decode [flags] DIR
//
// DIR/raw holds the columns of the bench's generator. The records are made of
// them in two layouts: stable, with the members in one order, and shuffled, with
// those of each object in an order of each record's own. Before anything is timed,
// what each decoder reads is compared, column by column, with what was written.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/internal/bench/samples"
)

func main() {
	rows := flag.Int("rows", 200_000, "`number` of records in a run")
	rounds := flag.Int("rounds", 5, "`number` of timed runs of each decoder")
	asJSON := flag.Bool("json", false, "print a JSON object for each line")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./internal/bench/decode [flags] DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *rows < 1 || *rounds < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, flag.Arg(0), *rows, *rounds, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "decode:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, dir string, rows, rounds int, asJSON bool) error {
	runtime.GOMAXPROCS(1)
	candidates, notes, err := prepare(dir, rows)
	if err != nil {
		return err
	}
	lines, err := measure.Interleave(rounds, measure.CPU, measure.NanosPer("event"), candidates...)
	if err != nil {
		return err
	}
	for i := range lines {
		ours := lines[i-i%len(decoders)]
		lines[i].Note = fmt.Sprintf("%.2f of %s's time, %s", lines[i].Ratio(ours), ours.Who, notes[i])
	}
	return measure.Write(w, asJSON, lines...)
}

// prepare makes the records, and checks what each decoder reads. It keeps no
// events: the collector would go through them while the decoders are timed.
func prepare(dir string, rows int) (candidates []measure.Candidate, notes []string, err error) {
	events, err := samples.Read(dir, rows)
	if err != nil {
		return nil, nil, err
	}
	for _, layout := range []string{"stable", "shuffled"} {
		records, bytes := samples.Encode(events, layout == "shuffled")
		work := "decode JSON, " + layout
		for _, d := range decoders {
			if err := check(d, records, events); err != nil {
				return nil, nil, fmt.Errorf("%s by %s: %w", work, d.name, err)
			}
			candidates = append(candidates, measure.Candidate{Work: work, Who: d.name, N: len(records),
				Run: func() (string, error) { return d.pass(records, nil) }})
			notes = append(notes, fmt.Sprintf("%d bytes an event", bytes/len(records)))
		}
	}
	return candidates, notes, nil
}
