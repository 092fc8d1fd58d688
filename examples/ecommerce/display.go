package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/anabranch-go/anabranch/lambda"
)

// legend explains the display's columns.
const legend = `The columns are what an answer is made of, in events: base (the batch layer), sealed
and open (the speed layer), lag (in the log, and not in the answer yet); and how old
its newest part is. A window is an anomaly more than 4 standard deviations (sd) from
the mean of the two hours before it.

`

// snapshot is what the display shows: answers, each with where it came from.
type snapshot struct {
	start, end int64     // of this run, in offsets of the log
	now        time.Time // the watermark

	active        int64
	activeFrom    lambda.Provenance
	conversion    Conversion
	convertedFrom lambda.Provenance
	sales         verdict
	anomaly       verdict // the last one
	anomalies     int
	soldFrom      lambda.Provenance
}

// display writes snapshots: on a terminal it redraws them in place, elsewhere it
// writes one a second.
type display struct {
	w     io.Writer
	width func() int // of the terminal; nil elsewhere
	bar   *progressbar.ProgressBar
	drawn int // lines on the terminal
	next  time.Time
}

const plainEvery = time.Second

func newDisplay(w io.Writer, events int64) *display {
	d := &display{w: w, next: time.Now().Add(plainEvery)}
	// The bar is drawn by us, with the lines below it.
	d.bar = progressbar.NewOptions64(events, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(24),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("events"))
	d.bar.StartWithoutRender()
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		d.width = func() int {
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		}
	}
	return d
}

// show shows a snapshot. The last one is always shown.
func (d *display) show(s snapshot, last bool) {
	done := s.activeFrom.Offsets() - s.start
	if d.width != nil {
		_ = d.bar.Set64(done) // it writes to nowhere
		d.redraw(append([]string{strings.TrimSpace(d.bar.String())}, s.lines()...))
		return
	}
	now := time.Now()
	if now.Before(d.next) && !last {
		return
	}
	d.next = now.Add(plainEvery)
	fmt.Fprintf(d.w, "%s\n%s\n\n", s.progress(done), strings.Join(s.lines(), "\n"))
}

// progress is how far the answers are: where nobody knows the end, a number.
func (s snapshot) progress(done int64) string {
	if s.end <= s.start {
		return "answers hold " + thousands(done) + " events"
	}
	return fmt.Sprintf("answers hold %d %% of %s events", done*100/(s.end-s.start), thousands(s.end-s.start))
}

// redraw writes lines over those before. A line that is too long would wrap, and
// the next redraw would miss its start: so it's cut.
func (d *display) redraw(lines []string) {
	var b strings.Builder
	if d.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", d.drawn)
	}
	width := d.width()
	for _, line := range lines {
		if runes := []rune(line); len(runes) >= width {
			line = string(runes[:width-1])
		}
		fmt.Fprintf(&b, "\r%s\x1b[K\n", line)
	}
	d.drawn = len(lines)
	_, _ = io.WriteString(d.w, b.String())
}

func (s snapshot) lines() []string {
	format := "%-20s %11s %10s %9s %8s %10s %5s" // 79 columns
	lines := []string{
		fmt.Sprintf(format, stamp(s.now)+" UTC", "", "base", "sealed", "open", "lag", "age"),
	}
	for _, row := range []struct {
		name, value string
		from        lambda.Provenance
	}{
		{"active users, 5 min", thousands(s.active), s.activeFrom},
		{"conversion, 1 h", s.conversion.Percent(), s.convertedFrom},
		{"sales, 5 min" + raised(s.sales), money(s.sales.cents), s.soldFrom},
	} {
		lag, age := "?", "-"
		if n, known := row.from.Lag(); known {
			lag = thousands(n)
		}
		if flushed := row.from.At(); !flushed.IsZero() {
			age = fmt.Sprintf("%.1fs", time.Since(flushed).Seconds())
		}
		lines = append(lines, fmt.Sprintf(format, row.name, row.value, thousands(row.from.FromBase()),
			thousands(row.from.FromSealed()), thousands(row.from.FromOpen()), lag, age))
	}
	lines = append(lines, "  window     "+s.sales.String())
	if s.anomalies == 0 {
		return append(lines, "  anomalies  none so far")
	}
	return append(lines, fmt.Sprintf("  anomalies  %d, the last %s", s.anomalies, s.anomaly))
}

func raised(v verdict) string {
	if v.anomalous() {
		return " ANOMALY"
	}
	return ""
}
