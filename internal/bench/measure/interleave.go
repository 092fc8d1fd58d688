package measure

import (
	"fmt"
	"runtime"
	"time"
)

// Candidate is one way to do a work.
type Candidate struct {
	Work, Who string
	Version   string // of whom, where it isn't this module
	Aside     bool   // not a peer: see [Line]
	Note      string
	N         int                    // how many units (events, rows) one run does
	Run       func() (string, error) // does the work once, and gives its check
	Check     func() (string, error) // gives Run's check in its stead, untimed; may be nil
}

// Clock is what Interleave reads.
type Clock int

const (
	CPU  Clock = iota // of the whole process: for work on one core
	Wall              // for work on all cores
)

// Unit makes a value of the time that n units took.
type Unit struct {
	Name string
	of   func(seconds float64, n int) float64
}

// NanosPer is nanoseconds for one event, row or whatever what names.
func NanosPer(what string) Unit {
	return Unit{"ns/" + what, func(seconds float64, n int) float64 { return seconds * 1e9 / float64(n) }}
}

// MicrosPer is microseconds for one query or whatever what names.
func MicrosPer(what string) Unit {
	return Unit{"us/" + what, func(seconds float64, n int) float64 { return seconds * 1e6 / float64(n) }}
}

// Millis is the milliseconds of the whole run.
var Millis = Unit{"ms", func(seconds float64, _ int) float64 { return seconds * 1e3 }}

// Millions is a rate: millions of events or rows a second.
func Millions(what string) Unit {
	return Unit{"M " + what + "/s", func(seconds float64, n int) float64 { return float64(n) / seconds / 1e6 }}
}

// Seconds is the time of the whole run.
var Seconds = Unit{"s", func(seconds float64, _ int) float64 { return seconds }}

// Interleave runs each candidate once a round, in the order given, and gives a
// line for each. The first round warms up and doesn't count; the collector runs
// before each, so that nobody pays for his neighbour's garbage. Several works
// may share a run. An error of a candidate, or checks that differ (within one
// work, or from round to round), end it.
func Interleave(rounds int, clock Clock, unit Unit, candidates ...Candidate) ([]Line, error) {
	values := make([][]float64, len(candidates))
	lines := make([]Line, len(candidates))
	for round := -1; round < rounds; round++ {
		for i, c := range candidates {
			runtime.GC()
			taken, check, err := timed(clock, c.Run)
			if err != nil {
				return nil, fmt.Errorf("measure: %s by %s: %w", c.Work, c.Who, err)
			}
			if c.Check != nil {
				if check, err = c.Check(); err != nil {
					return nil, fmt.Errorf("measure: %s by %s: %w", c.Work, c.Who, err)
				}
			}
			if round < 0 {
				lines[i].Check = check
				continue
			}
			if check != lines[i].Check {
				return nil, fmt.Errorf("measure: %s by %s says %q, and %q a round before", c.Work, c.Who, check, lines[i].Check)
			}
			values[i] = append(values[i], unit.of(taken.Seconds(), c.N))
		}
	}
	for i, c := range candidates {
		check := lines[i].Check
		lines[i] = Of(c.Work, c.Who, unit.Name, values[i])
		lines[i].Check, lines[i].Version, lines[i].Aside, lines[i].Note = check, c.Version, c.Aside, c.Note
	}
	return lines, Agree(lines)
}

func timed(clock Clock, run func() (string, error)) (time.Duration, string, error) {
	if clock == Wall {
		begin := time.Now()
		check, err := run()
		return time.Since(begin), check, err
	}
	before, err := CPUTime()
	if err != nil {
		return 0, "", err
	}
	check, err := run()
	if err != nil {
		return 0, "", err
	}
	after, err := CPUTime()
	return after - before, check, err
}
