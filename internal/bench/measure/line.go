package measure

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Line is what was measured of one candidate at one work. In JSON, one object to
// each line of text, it's what the suite's workers print and the suite reads.
type Line struct {
	Work    string  `json:"work"`              // what was done: "decode stable"
	Who     string  `json:"who"`               // by whom: "anabranch", "segmentio"
	Version string  `json:"version,omitempty"` // of whom, where it isn't this module
	Unit    string  `json:"unit"`              // of the three values; a rate, where more is better, ends in "/s"
	Median  float64 `json:"median"`
	Low     float64 `json:"low"`  // the least of the rounds
	High    float64 `json:"high"` // the greatest of the rounds
	Rounds  int     `json:"rounds"`
	PeakMiB float64 `json:"peak_mib,omitempty"` // the peak of resident memory, where it was measured
	CPU     float64 `json:"cpu_s,omitempty"`    // the median of CPU seconds, where the values are wall time
	Aside   bool    `json:"aside,omitempty"`    // not a peer to be ahead of: a bound, a part of the work, an answer too coarse. The note says which.
	Check   string  `json:"check,omitempty"`    // what the candidates of one work agree on; none where there's nothing to compare (a bare loop)
	Note    string  `json:"note,omitempty"`     // why it wasn't measured (Rounds is 0 then), or what to bear in mind
}

// Rate says whether more is better.
func (l Line) Rate() bool { return strings.HasSuffix(l.Unit, "/s") }

// Ratio is the time that l took, in times of other's: 0.5 is twice as fast,
// whether the unit is a time or a rate.
func (l Line) Ratio(other Line) float64 {
	if l.Rate() {
		return other.Median / l.Median
	}
	return l.Median / other.Median
}

// Of makes a line of the values of all rounds.
func Of(work, who, unit string, values []float64) Line {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return Line{Work: work, Who: who, Unit: unit}
	}
	return Line{
		Work: work, Who: who, Unit: unit, Rounds: n,
		Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: sorted[0], High: sorted[n-1],
	}
}

// Write prints lines for a program (asJSON) or for a reader.
func Write(w io.Writer, asJSON bool, lines ...Line) error {
	for _, line := range lines {
		if asJSON {
			text, err := json.Marshal(line)
			if err != nil {
				return fmt.Errorf("measure: %s of %s: %w", line.Work, line.Who, err)
			}
			if _, err := fmt.Fprintf(w, "%s\n", text); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "%-28s %-20s %10.4g %-12s (%.4g to %.4g, %d rounds) %s %s\n", line.Work, line.Who,
			line.Median, line.Unit, line.Low, line.High, line.Rounds, line.Check, line.Note); err != nil {
			return err
		}
	}
	return nil
}

// Read reads what [Write] printed as JSON.
func Read(r io.Reader) ([]Line, error) {
	var lines []Line
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		text := strings.TrimSpace(scanner.Text())
		if text == "" {
			continue
		}
		var line Line
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			return nil, fmt.Errorf("measure: %q isn't a line of a worker: %w", text, err)
		}
		lines = append(lines, line)
	}
	return lines, scanner.Err()
}

// Agree is an error where two lines of one work have different checks.
func Agree(lines []Line) error {
	first := map[string]Line{}
	for _, line := range lines {
		if line.Check == "" {
			continue
		}
		if other, ok := first[line.Work]; !ok {
			first[line.Work] = line
		} else if line.Check != other.Check {
			return fmt.Errorf("measure: %s: %s says %q, %s says %q", line.Work, other.Who, other.Check, line.Who, line.Check)
		}
	}
	return nil
}
