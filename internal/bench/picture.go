package main

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

const (
	barHeight = 13
	barsFrom  = 190 // where bars begin, after the names
	barsWidth = 430 // of the slowest
	width     = 760
)

// picture draws a bar for each candidate of the works that have a peer, as long as
// the time it took in times of the slowest, in SVG.
func (r *report) picture() string {
	var body strings.Builder
	y := 24
	for _, s := range r.Sections {
		titled := false
		for _, w := range s.Works {
			if _, found := w.best(); !found || w.Goal == 1 {
				continue // nothing to compare with, or one of the many that only the table has
			}
			if !titled {
				y += 10
				text(&body, 10, y, `font-weight="bold"`, s.Title)
				y, titled = y+20, true
			}
			y = w.draw(&body, y)
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
<rect width="100%%" height="100%%" fill="white"/>
%s</svg>
`, width, y+10, body.String())
}

func (w *work) draw(b *strings.Builder, y int) int {
	text(b, 10, y, "", fmt.Sprintf("%s (%s)", w.Name, w.unit()))
	y += 6
	slowest := slowest(w.Lines)
	for _, line := range w.Lines {
		if line.Rounds == 0 {
			continue
		}
		fill := "#9aa5b1"
		if line.Who == ours {
			fill = "#0b7285"
		} else if line.Aside {
			fill = "#dee2e6"
		}
		long := barsWidth * line.Ratio(slowest)
		text(b, 20, y+barHeight-3, "", line.Who)
		fmt.Fprintf(b, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", barsFrom, y+1, long, barHeight-2, fill)
		text(b, barsFrom+int(long)+6, y+barHeight-3, "", digits(line.Median))
		y += barHeight
	}
	return y + 20
}

func slowest(lines []measure.Line) (slowest measure.Line) {
	for _, line := range lines {
		if line.Rounds > 0 && (slowest.Rounds == 0 || line.Ratio(slowest) > 1) {
			slowest = line
		}
	}
	return slowest
}

func text(b *strings.Builder, x, y int, attributes, s string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" %s>`, x, y, attributes)
	_ = xml.EscapeText(b, []byte(s)) // a Builder takes everything
	b.WriteString("</text>\n")
}
