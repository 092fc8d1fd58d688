package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// ours is who the library is in lines.
const ours = "anabranch"

// suite is one run.
type suite struct {
	rows, rounds, grow int
	verifies, flink    bool
	only               *regexp.Regexp
	data, python       string
	cache, module      string
	engines            []engine // the reference first
	progress           io.Writer
	missed             int // lines that couldn't be measured
}

func main() {
	s := &suite{progress: os.Stderr}
	flag.IntVar(&s.rows, "rows", 20_000_000, "`number` of events")
	flag.IntVar(&s.rounds, "rounds", 7, "`number` of times that each is measured")
	flag.IntVar(&s.grow, "grow", 0, "largest `number` of events when data grow; 0 is -rows")
	flag.BoolVar(&s.verifies, "verify", true, "compare rows too, not only the checks")
	flag.BoolVar(&s.flink, "flink", false, "measure Flink too: needs a JDK and Maven, which download it")
	only := flag.String("only", "", "measure only works that match this `regexp`")
	flag.StringVar(&s.data, "data", "", "`directory` of data that the generator has made")
	flag.StringVar(&s.python, "python", "", "`program`: a Python that has the peers")
	out := flag.String("out", "", "`directory` for table.md, picture.svg and raw.json")
	readme := flag.String("readme", "", "`file` whose table between the marks is replaced")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.main(ctx, *only, *out, *readme); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s *suite) main(ctx context.Context, only, out, readme string) error {
	if s.rows < 1 || s.rounds < 1 {
		return errors.New("bench: -rows and -rounds must be at least 1")
	}
	var err error
	if s.only, err = regexp.Compile(only); err != nil {
		return fmt.Errorf("bench: -only: %w", err)
	}
	home, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("bench: no place for the peers and the data: %w", err)
	}
	s.cache = filepath.Join(home, "anabranch-bench")
	module, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("bench: run it in the module: %w", err)
	}
	s.module = strings.TrimSpace(string(module))
	if err := s.prepare(ctx); err != nil {
		return err
	}
	r := report{When: time.Now().UTC().Format(time.DateOnly), Where: machine(), Rows: s.rows}
	wrong := s.measure(ctx, &r)
	// What was measured until something was wrong is told all the same.
	if err := r.write(os.Stdout, out, readme); err != nil {
		return errors.Join(wrong, err)
	}
	if wrong == nil && s.missed > 0 {
		wrong = fmt.Errorf("bench: %d weren't measured: see above", s.missed)
	}
	return wrong
}

// measure does all the works, section by section. What's wrong with one doesn't
// keep it from the others.
func (s *suite) measure(ctx context.Context, r *report) error {
	var wrong []error
	note := func(err error) {
		if err != nil {
			s.say("WRONG: %v", err)
			wrong = append(wrong, err)
		}
	}
	batch := r.section("Batch over Parquet, two cores")
	for _, q := range questions {
		note(s.question(ctx, batch, q))
	}
	for _, p := range parts {
		note(s.part(ctx, r.section(p.title), p))
	}
	note(s.growth(ctx, r))
	return errors.Join(append(wrong, ctx.Err())...)
}

// question measures one group-by and compares its rows.
func (s *suite) question(ctx context.Context, into *section, q question) error {
	if !s.only.MatchString(q.name) || ctx.Err() != nil {
		return nil
	}
	s.say("%s", q.name)
	lines, err := s.batch(ctx, q)
	if ctx.Err() != nil {
		return nil // told once, at the end
	}
	if err == nil && s.verifies && !q.trusted {
		err = s.verify(ctx, q, lines)
	}
	if err != nil {
		return err
	}
	into.add(q.goal, lines...)
	return nil
}

func (s *suite) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.progress, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}
