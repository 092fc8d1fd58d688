package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os/exec"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

// part is programs of the library's that print lines, and the peers at the same
// works.
type part struct {
	title    string
	programs []string
	peer     string
	flink    bool
}

var parts = []part{
	{title: "Stream: windows of five minutes by user, one core", programs: []string{"stream", "speed"}, peer: "groupby.py", flink: true},
	{title: "Decoding JSON, one core", programs: []string{"decode"}},
	{title: "Writing Parquet, one core", programs: []string{"archive"}, peer: "archive.py"},
	{title: "Serving", programs: []string{"serve"}},
	{title: "Growth of the speed layer, one core", programs: []string{"growth"}},
}

// turns is how often the library's program and the peers' run in turn. Each times
// its candidates interleaved in itself.
const turns = 2

func (s *suite) part(ctx context.Context, into *section, p part) error {
	if !s.only.MatchString(p.title) || ctx.Err() != nil {
		return nil
	}
	s.say("%s", p.title)
	type source struct {
		who string
		run func() ([]measure.Line, error)
	}
	var sources []source
	rounds := fmt.Sprint((s.rounds + turns - 1) / turns)
	for _, name := range p.programs {
		program, err := s.build(ctx, name)
		if err != nil {
			into.add(0, s.unmeasured(p.title, ours, err))
			continue
		}
		sources = append(sources, source{ours, func() ([]measure.Line, error) {
			return s.lines(ctx, program, "-json", "-rounds", rounds, s.data)
		}})
	}
	if p.peer != "" {
		sources = append(sources, source{p.peer, func() ([]measure.Line, error) {
			return s.lines(ctx, s.python, s.script(p.peer), "-json", "-rounds", rounds, s.data)
		}})
	}
	if p.flink && s.flink {
		if command, err := s.buildFlink(ctx); err != nil {
			into.add(0, s.unmeasured(p.title, "Flink", err))
		} else {
			sources = append(sources, source{"Flink", func() ([]measure.Line, error) {
				return s.lines(ctx, command[0], command[1:]...)
			}})
		}
	}
	var all []measure.Line
	failed := map[int]bool{}
	for range turns {
		for i, source := range sources {
			if failed[i] {
				continue
			}
			lines, err := source.run()
			if ctx.Err() != nil {
				return nil // told once, at the end
			}
			if err != nil {
				failed[i] = true
				into.add(0, s.unmeasured(p.title, source.who, err))
				continue
			}
			all = append(all, lines...)
		}
	}
	all = merge(all)
	if err := measure.Agree(all); err != nil {
		return err
	}
	into.add(0, all...)
	return nil
}

// lines runs a program that prints lines.
func (s *suite) lines(ctx context.Context, program string, args ...string) ([]measure.Line, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	var out bytes.Buffer
	var said tail
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", program, err, said.last())
	}
	return measure.Read(&out)
}

// merge makes one line of those that turns gave for the same work by the same
// candidate: the mean of the medians, the least and the greatest of all rounds.
func merge(lines []measure.Line) []measure.Line {
	type key struct{ work, who, unit string }
	var merged []measure.Line
	at, seen := map[key]int{}, map[key]int{}
	for _, line := range lines {
		k := key{line.Work, line.Who, line.Unit}
		i, ok := at[k]
		if !ok {
			at[k], seen[k] = len(merged), 1
			merged = append(merged, line)
			continue
		}
		m := &merged[i]
		seen[k]++
		m.Median += (line.Median - m.Median) / float64(seen[k])
		m.Low, m.High = math.Min(m.Low, line.Low), math.Max(m.High, line.High)
		m.Rounds += line.Rounds
		m.PeakMiB = math.Max(m.PeakMiB, line.PeakMiB)
		if m.Check != line.Check {
			m.Check += ", then " + line.Check // which the others' checks won't be
		}
	}
	return merged
}
