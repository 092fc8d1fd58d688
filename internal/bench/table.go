package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

// table is the report in Markdown: a table for each section that measured
// something, with those of CPU time and memory where they were measured, and what
// is to be said of single values.
func (r *report) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s (%s), %d events. Medians, the least and the greatest round in brackets; ", r.When, r.Where, r.Rows)
	b.WriteString("all candidates of a row ran in turn, in one run. The ratio is anabranch's time in times of the best peer's: less is better. † is no peer: a bound, a part of the work, or a sketch that errs twice as much, and more than 1 %.\n")
	for _, s := range r.Sections {
		if len(s.Works) > 0 {
			s.write(&b)
		}
	}
	return b.String()
}

func (s *section) write(b *strings.Builder) {
	peers := s.peers()
	fmt.Fprintf(b, "\n**%s**\n\n", s.Title)
	row(b, append([]string{"", "unit", ours, "ratio to the best"}, s.headers(peers)...)...)
	row(b, slices.Repeat([]string{"---"}, 4+len(peers))...)
	for _, w := range s.Works {
		if w.unit() == "" {
			continue // only notes
		}
		cells := []string{w.Name, w.unit(), w.cell(ours), w.ratio()}
		for _, who := range peers {
			cells = append(cells, w.cell(who))
		}
		row(b, cells...)
	}
	s.writeLeast(b, peers, "CPU time, s", func(l measure.Line) float64 { return l.CPU })
	s.writeLeast(b, peers, "Peak memory, MiB", func(l measure.Line) float64 { return l.PeakMiB })
	s.writeNotes(b)
}

// writeLeast is a table of something else that was measured beside time, where it
// was, and of which less is better.
func (s *section) writeLeast(b *strings.Builder, peers []string, title string, value func(measure.Line) float64) {
	var measured []*work
	for _, w := range s.Works {
		if slices.ContainsFunc(w.Lines, func(l measure.Line) bool { return value(l) > 0 }) {
			measured = append(measured, w)
		}
	}
	if len(measured) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", title)
	row(b, append([]string{"", ours, "ratio to the least"}, peers...)...)
	row(b, slices.Repeat([]string{"---"}, 3+len(peers))...)
	for _, w := range measured {
		cell := func(who string) string {
			line, ok := w.of(who)
			if !ok || value(line) == 0 {
				return "–"
			}
			return digits(value(line))
		}
		cells, least := []string{w.Name, cell(ours), "–"}, math.Inf(1)
		for _, who := range peers {
			cells = append(cells, cell(who))
			if line, ok := w.of(who); ok && !line.Aside && value(line) > 0 {
				least = min(least, value(line))
			}
		}
		if line, ok := w.of(ours); ok && value(line) > 0 && !math.IsInf(least, 1) {
			cells[2] = fmt.Sprintf("**%.2f**", value(line)/least)
		}
		row(b, cells...)
	}
}

func (s *section) writeNotes(b *strings.Builder) {
	first := true
	for _, w := range s.Works {
		var said []string
		for _, line := range w.Lines {
			if line.Note != "" {
				said = append(said, line.Who+": "+line.Note)
			}
		}
		if len(said) > 0 {
			if first {
				b.WriteString("\n")
				first = false
			}
			fmt.Fprintf(b, "- %s. %s.\n", w.Name, strings.Join(said, "; "))
		}
	}
}

// peers are the other candidates, as they appeared.
func (s *section) peers() []string {
	var peers []string
	for _, w := range s.Works {
		for _, line := range w.Lines {
			if line.Who != ours && !slices.Contains(peers, line.Who) {
				peers = append(peers, line.Who)
			}
		}
	}
	return peers
}

// headers are the peers with their versions.
func (s *section) headers(peers []string) []string {
	headers := slices.Clone(peers)
	for i, who := range peers {
		for _, w := range s.Works {
			if line, ok := w.of(who); ok && line.Version != "" {
				headers[i] = who + " " + line.Version
				break
			}
		}
	}
	return headers
}

func (w *work) unit() string {
	for _, line := range w.Lines {
		if line.Unit != "" {
			return line.Unit
		}
	}
	return ""
}

// ratio is to the best peer, with the goal where there is one.
func (w *work) ratio() string {
	own, ok := w.of(ours)
	best, found := w.best()
	if !ok || !found {
		return "–"
	}
	ratio := own.Ratio(best)
	switch {
	case w.Goal == 0:
		return fmt.Sprintf("**%.2f**", ratio)
	case ratio <= w.Goal:
		return fmt.Sprintf("**%.2f** (goal %.2f)", ratio, w.Goal)
	default:
		return fmt.Sprintf("**%.2f** (goal %.2f missed)", ratio, w.Goal)
	}
}

func (w *work) cell(who string) string {
	line, ok := w.of(who)
	if !ok {
		return "–"
	}
	mark := ""
	if line.Aside {
		mark = "†"
	}
	if line.Rounds == 1 {
		return digits(line.Median) + mark
	}
	return fmt.Sprintf("%s (%s–%s)%s", digits(line.Median), digits(line.Low), digits(line.High), mark)
}

// digits writes three of them, and no exponent.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", max(0, places), v)
}

func row(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}
