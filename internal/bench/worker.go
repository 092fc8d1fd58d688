package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

// patience is how long a worker may take to begin, or to answer.
const patience = 10 * time.Minute

// engine is something that answers questions over Parquet.
type engine struct {
	who     string
	command []string // takes a directory as its last argument
	query   []string // prints one question's rows: takes flags and a directory
	part    string   // only a part of the work, and the name of it: "decode"
}

// ask is what the engine is asked for a question, false if nothing.
func (e engine) ask(q question) (string, bool) {
	if e.part == "" {
		return q.ask(), true
	}
	return e.part + "-" + q.named, q.named != ""
}

// worker is an engine's process, warm and ready for questions.
type worker struct {
	who, version string
	in           io.WriteCloser
	out          *bufio.Reader
	process      *exec.Cmd
	errors       tail
}

// reply is a worker's answer to one question.
type reply struct {
	wall, cpu, peakMiB float64
	check              check
}

// errCannot is what an engine answers that has nothing for a question.
var errCannot = errors.New("can't")

// start begins a process, and waits until it's ready.
func start(ctx context.Context, e engine, dir string) (*worker, error) {
	w := &worker{who: e.who, process: exec.CommandContext(ctx, e.command[0], append(e.command[1:], dir)...)}
	w.process.Stderr = &w.errors
	w.process.Env = append(os.Environ(), "GOMAXPROCS=2") // as many as the peers' threads
	var err error
	if w.in, w.out, err = measure.Start(w.process); err != nil {
		return nil, fmt.Errorf("bench: start %s: %w", e.who, err)
	}
	line, err := w.line()
	for ; err == nil; line, err = w.line() {
		if version, ok := strings.CutPrefix(line, "ready"); ok {
			w.version = strings.TrimSpace(version)
			return w, nil
		}
	}
	w.stop()
	return nil, fmt.Errorf("bench: %s didn't get ready: %w: %s", e.who, err, w.errors.last())
}

// ask puts a question and waits for the answer.
func (w *worker) ask(question string) (reply, error) {
	if _, err := io.WriteString(w.in, question+"\n"); err != nil {
		return reply{}, fmt.Errorf("bench: %s ended: %s", w.who, w.errors.last())
	}
	line, err := w.line()
	if err != nil {
		return reply{}, fmt.Errorf("bench: %s, asked %q: %w: %s", w.who, question, err, w.errors.last())
	}
	r, err := parseReply(line)
	if errors.Is(err, errCannot) {
		return reply{}, err
	}
	if err != nil {
		return reply{}, fmt.Errorf("bench: %s, asked %q: %w", w.who, question, err)
	}
	return r, nil
}

// line reads one line of the worker's, and ends a worker that takes too long.
func (w *worker) line() (string, error) {
	late := time.AfterFunc(patience, func() { _ = w.process.Process.Kill() })
	defer late.Stop()
	line, err := w.out.ReadString('\n')
	if err != nil {
		return "", errors.New("no answer")
	}
	return strings.TrimSpace(line), nil
}

// stop ends the worker. What it says then is of no interest.
func (w *worker) stop() {
	_, _ = io.WriteString(w.in, "\n")
	_ = w.in.Close()
	late := time.AfterFunc(30*time.Second, func() { _ = w.process.Process.Kill() })
	defer late.Stop()
	_ = w.process.Wait()
}

func parseReply(line string) (reply, error) {
	if reason, ok := strings.CutPrefix(line, "ERR can't: "); ok {
		return reply{}, fmt.Errorf("%w: %s", errCannot, reason)
	}
	if message, ok := strings.CutPrefix(line, "ERR"); ok {
		return reply{}, errors.New(strings.TrimSpace(message))
	}
	fields := strings.Fields(line)
	if len(fields) != 5 {
		return reply{}, fmt.Errorf("%q isn't wall, CPU, peak, rows and total", line)
	}
	var numbers [5]float64
	for i, field := range fields {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return reply{}, fmt.Errorf("%q: %w", line, err)
		}
		numbers[i] = n
	}
	return reply{numbers[0], numbers[1], numbers[2], check{int(numbers[3]), numbers[4]}}, nil
}

// tail keeps the end of what a process said on its standard error.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-2000):]
	return len(p), nil
}

// last is the last line: where Python says what went wrong.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	return lines[len(lines)-1]
}
