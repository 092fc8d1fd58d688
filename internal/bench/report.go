package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

// report is what a run found. As JSON it's raw.json.
type report struct {
	When     string     `json:"when"`
	Where    string     `json:"where"`
	Rows     int        `json:"rows"`
	Sections []*section `json:"sections"`
}

// section is one table.
type section struct {
	Title string  `json:"title"`
	Works []*work `json:"works"`
}

// work is one row: what each candidate took for the same.
type work struct {
	Name  string         `json:"name"`
	Goal  float64        `json:"goal,omitempty"` // the ratio to the best peer that is to be reached; 0 is none
	Lines []measure.Line `json:"lines"`
}

func (r *report) section(title string) *section {
	s := &section{Title: title}
	r.Sections = append(r.Sections, s)
	return s
}

// add puts lines where those of their works are.
func (s *section) add(goal float64, lines ...measure.Line) {
	for _, line := range lines {
		w := s.work(line.Work)
		if goal > 0 {
			w.Goal = goal
		}
		w.Lines = append(w.Lines, line)
	}
}

func (s *section) work(name string) *work {
	for _, w := range s.Works {
		if w.Name == name {
			return w
		}
	}
	w := &work{Name: name}
	s.Works = append(s.Works, w)
	return w
}

// of is a candidate's line, if he was measured.
func (w *work) of(who string) (measure.Line, bool) {
	for _, line := range w.Lines {
		if line.Who == who && line.Rounds > 0 {
			return line, true
		}
	}
	return measure.Line{}, false
}

// best is the fastest peer's line.
func (w *work) best() (best measure.Line, found bool) {
	for _, line := range w.Lines {
		if line.Who == ours || line.Aside || line.Rounds == 0 {
			continue
		}
		if !found || line.Ratio(best) < 1 {
			best, found = line, true
		}
	}
	return best, found
}

// write prints the table, and leaves it with the picture and the values in a
// directory, and in a README, where they are wanted.
func (r *report) write(w io.Writer, dir, readme string) error {
	table := r.table()
	if _, err := io.WriteString(w, table); err != nil {
		return err
	}
	var wrong []error
	if dir != "" {
		raw, err := json.MarshalIndent(r, "", "\t")
		if err != nil {
			return err
		}
		wrong = append(wrong, os.MkdirAll(dir, 0o755))
		for name, text := range map[string]string{"table.md": table, "picture.svg": r.picture(), "raw.json": string(raw) + "\n"} {
			wrong = append(wrong, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
	}
	if readme != "" {
		text, err := os.ReadFile(readme)
		if err != nil {
			return errors.Join(append(wrong, err)...)
		}
		with, err := replaceTable(string(text), table)
		if err != nil {
			return errors.Join(append(wrong, fmt.Errorf("bench: %s: %w", readme, err))...)
		}
		wrong = append(wrong, os.WriteFile(readme, []byte(with), 0o644))
	}
	return errors.Join(wrong...)
}

const begin, end = "<!-- bench -->", "<!-- /bench -->"

// replaceTable puts a table between the marks.
func replaceTable(text, table string) (string, error) {
	before, rest, ok := strings.Cut(text, begin)
	if !ok {
		return "", fmt.Errorf("no %s", begin)
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("no %s after %s", end, begin)
	}
	return before + begin + "\n" + strings.TrimSpace(table) + "\n" + end + after, nil
}

// machine says what it was measured on.
func machine() string {
	model := "unknown processor"
	if info, err := os.Open("/proc/cpuinfo"); err == nil {
		defer info.Close()
		for lines := bufio.NewScanner(info); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
