package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

// batch asks all engines one question in turn, each in a process of its own. The
// reference is the first of the peers.
func (s *suite) batch(ctx context.Context, q question) ([]measure.Line, error) {
	dir := s.dataDir(q.data)
	expected, err := s.expected(ctx, q, dir)
	if err != nil {
		return nil, err
	}
	var lines []measure.Line
	var asked []*timed
	defer func() {
		for _, t := range asked {
			t.worker.stop()
		}
	}()
	for _, e := range s.engines {
		ask, ok := e.ask(q)
		if !ok {
			continue
		}
		w, err := start(ctx, e, dir)
		if err != nil {
			lines = append(lines, s.unmeasured(q.name, e.who, err))
			continue
		}
		asked = append(asked, &timed{worker: w, ask: ask, part: e.part})
	}
	for round := -1; round < s.rounds; round++ {
		for _, t := range asked {
			if t.failed != nil {
				continue
			}
			r, err := t.worker.ask(t.ask)
			if err != nil {
				t.failed = err
				continue
			}
			if err := r.check.agree(expected, q.approximate()); err != nil && t.part == "" {
				return nil, fmt.Errorf("bench: %s: %s %w", q.name, t.worker.who, err)
			}
			t.take(r, round >= 0)
		}
	}
	for _, t := range asked {
		if t.failed != nil {
			lines = append(lines, s.unmeasured(q.name, t.worker.who, t.failed))
			continue
		}
		lines = append(lines, t.line(q))
	}
	return lines, nil
}

// timed is what one worker took in all rounds.
type timed struct {
	worker     *worker
	ask, part  string
	walls, cpu []float64
	peak       float64
	check      check
	failed     error
}

func (t *timed) take(r reply, counts bool) {
	t.check, t.peak = r.check, r.peakMiB
	if counts {
		t.walls, t.cpu = append(t.walls, r.wall), append(t.cpu, r.cpu)
	}
}

func (t *timed) line(q question) measure.Line {
	unit, values := "s", t.walls
	if q.rows > 0 {
		unit, values = "ns/row", nil
		for _, wall := range t.walls {
			values = append(values, wall*1e9/float64(q.rows))
		}
	}
	line := measure.Of(q.name, t.worker.who, unit, values)
	line.Version, line.PeakMiB = t.worker.version, t.peak
	line.CPU = measure.Of("", "", "", t.cpu).Median
	if line.Aside = t.part != ""; !line.Aside {
		line.Check = t.check.String()
	}
	return line
}

// expected is the reference's check, of the exact question for a sketch. It has a
// process of its own, so that it costs the measured ones no memory.
func (s *suite) expected(ctx context.Context, q question, dir string) (check, error) {
	w, err := start(ctx, s.engines[0], dir)
	if err != nil {
		return check{}, err
	}
	defer w.stop()
	r, err := w.ask(q.exact().ask())
	return r.check, err
}

func (s *suite) dataDir(layout string) string {
	if filepath.IsAbs(layout) {
		return layout
	}
	return filepath.Join(s.data, layout)
}

// unmeasured is a line that says why there is nothing to say. It's a failure of the
// run, but for what a peer says that it can't do.
func (s *suite) unmeasured(work, who string, err error) measure.Line {
	s.say("NOT MEASURED: %s, %s: %v", work, who, err)
	if !errors.Is(err, errCannot) || who == ours {
		s.missed++
	}
	return measure.Line{Work: work, Who: who, Note: "not measured: " + err.Error()}
}
