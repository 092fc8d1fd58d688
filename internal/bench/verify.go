package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

// verify compares every engine's rows of one question with the reference's exact
// ones, and notes the sketches' errors in the lines. A peer whose sketch is coarser
// than ours stands aside; whoever else is wrong ends the run.
func (s *suite) verify(ctx context.Context, q question, lines []measure.Line) error {
	truth, err := s.rowsOf(ctx, s.engines[0], q, true)
	if err != nil {
		return err
	}
	off := map[string]float64{}
	for _, e := range s.engines {
		line := lineOf(lines, e.who)
		if line == nil || line.Rounds == 0 || e.part != "" {
			continue // it wasn't asked, or gave no rows
		}
		set, err := s.rowsOf(ctx, e, q, false)
		if err != nil {
			return err
		}
		far, err := set.compare(truth, q.aggregates())
		if err != nil {
			return fmt.Errorf("bench: %s: %s's rows: %w", q.name, e.who, err)
		}
		if far > 0 {
			line.Note = fmt.Sprintf("sketch error %.1f %%", far*100)
		}
		if e.who == ours && far > tolerance {
			return fmt.Errorf("bench: %s: %s's sketch is %.1f %% off", q.name, e.who, far*100)
		}
		off[e.who] = far
	}
	for who, far := range off {
		lineOf(lines, who).Aside = coarser(far, off[ours])
	}
	return nil
}

// coarser says whether a sketch errs so much more than ours that its time says
// nothing of ours: by more than one in a hundred, and than twice as much.
func coarser(off, than float64) bool { return off > max(0.01, 2*than) }

func lineOf(lines []measure.Line, who string) *measure.Line {
	for i := range lines {
		if lines[i].Who == who {
			return &lines[i]
		}
	}
	return nil
}

// rowsOf asks an engine for its rows.
func (s *suite) rowsOf(ctx context.Context, e engine, q question, exact bool) (*rowSet, error) {
	args := append([]string{}, e.query[1:]...)
	if exact {
		args = append(args, "-exact")
	}
	args = append(append(args, q.flags()...), s.dataDir(q.data))
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	process := exec.CommandContext(ctx, e.query[0], args...)
	var said tail
	process.Stderr = &said
	out, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("bench: start %s: %w", e.who, err)
	}
	set, wrong := readRows(out, q)
	_, _ = io.Copy(io.Discard, out)
	if err := process.Wait(); err != nil {
		return nil, fmt.Errorf("bench: %s: %s's rows: %w: %s", q.name, e.who, err, said.last())
	}
	if wrong != nil {
		return nil, fmt.Errorf("bench: %s: %s's rows: %w", q.name, e.who, wrong)
	}
	return set, nil
}
