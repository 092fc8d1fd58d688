// Growth measures what an event costs the whole speed layer when one thing grows
// and all others stay: keys, partitions, windows, views, aggregates of one view.
// Near flat is what's wanted; views and aggregates grow by what they add.
//
//	go run ./internal/bench/growth [-events N] [-rounds N] [-json] [DIR]
//
// Events are made, typed, in a log in memory; they are folded into every view's
// open deltas, archived as Parquet in memory, and sealed. CPU time, one core.
// Each run's answers are compared with what was put in. DIR is of no use: the
// suite gives it to all of its programs.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

func main() {
	events := flag.Int("events", 1_000_000, "`number` of events")
	rounds := flag.Int("rounds", 5, "`number` of times that each is measured")
	asJSON := flag.Bool("json", false, "print lines as JSON")
	flag.Parse()
	if *events < 1 || *rounds < 1 {
		flag.Usage()
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	for _, d := range dimensions {
		lines, err := d.measure(*events, *rounds)
		if err == nil {
			err = measure.Write(os.Stdout, *asJSON, lines...)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "growth:", err)
			os.Exit(1)
		}
	}
}

// shape is what may grow.
type shape struct{ events, keys, partitions, windows, views, aggregates int }

// dimension is one thing that grows.
type dimension struct {
	name string
	to   []int
	set  func(*shape, int)
}

var dimensions = []dimension{
	{"keys", []int{1, 100, 10_000, 1_000_000, 10_000_000}, func(s *shape, n int) { s.keys = n }},
	{"partitions", []int{1, 4, 16, 64}, func(s *shape, n int) { s.partitions = n }},
	{"windows open, of 10 keys", []int{1, 10, 100, 1000, 10_000}, func(s *shape, n int) { s.windows, s.keys = n, 10 }},
	{"views", []int{1, 5, 20, 50}, func(s *shape, n int) { s.views = n }},
	{"aggregates in a view", []int{1, 2, 4, 8, 16}, func(s *shape, n int) { s.aggregates = n }},
}

// measure runs a dimension's steps in turn.
func (d dimension) measure(events, rounds int) ([]measure.Line, error) {
	var candidates []measure.Candidate
	for _, n := range d.to {
		s := shape{events: events, keys: 1000, partitions: 1, windows: 1, views: 1, aggregates: 1}
		d.set(&s, n)
		r := run{shape: s}
		candidates = append(candidates, measure.Candidate{
			Work: fmt.Sprintf("%s: %d", d.name, n), Who: "anabranch", N: events, Run: r.run, Check: r.check,
		})
	}
	return measure.Interleave(rounds, measure.CPU, measure.NanosPer("event"), candidates...)
}
