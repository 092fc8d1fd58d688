package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	perDay   = 30        // days that the generator's rows are spread over
	fileRows = 1_000_000 // that are split into ever more files
)

// growth asks the seed question of ever more rows, and of as many rows in ever
// more files: near flat for each row is what's wanted.
func (s *suite) growth(ctx context.Context, r *report) error {
	const title = "Growth of batch: seed, wall time for each row"
	if !s.only.MatchString(title) || ctx.Err() != nil {
		return nil
	}
	into := r.section(title)
	var wrong []error
	for _, days := range []int{1, 3, 10, 30, 100, 300} {
		rows := s.rows / perDay * days
		if rows > max(s.grow, s.rows) {
			break
		}
		dir, err := s.days(days)
		if err != nil {
			return err
		}
		wrong = append(wrong, s.grown(ctx, into, fmt.Sprintf("%.3gM rows in %d days", float64(rows)/1e6, days), dir, rows))
	}
	for _, files := range []int{1, 10, 100, 1000, 10_000} {
		rows := min(fileRows, s.rows)
		dir := filepath.Join(s.cache, fmt.Sprintf("split-%d-%d-%s", files, rows, short(s.data)))
		if err := s.once(dir, func(dir string) error {
			return s.run(ctx, s.python, s.script("split.py"), s.data, filepath.Join(dir, "files"), fmt.Sprint(files), fmt.Sprint(rows))
		}); err != nil {
			return err
		}
		wrong = append(wrong, s.grown(ctx, into, fmt.Sprintf("%.3gM rows in %d files", float64(rows)/1e6, files), filepath.Join(dir, "files"), rows))
	}
	return errors.Join(wrong...)
}

func (s *suite) grown(ctx context.Context, into *section, name, dir string, rows int) error {
	q := questions[0]
	q.name, q.data, q.rows, q.goal, q.trusted = name, dir, rows, 0, true
	s.say("growth: %s", name)
	lines, err := s.batch(ctx, q)
	if err != nil {
		return err
	}
	into.add(0, lines...)
	return nil
}

// days makes a directory of so many days: the generator's thirty over and over, by
// links, so that large ones need no more room.
func (s *suite) days(n int) (string, error) {
	dir := filepath.Join(s.cache, fmt.Sprintf("days-%d-%s", n, short(s.data)))
	return filepath.Join(dir, "files"), s.once(dir, func(dir string) error {
		have, err := filepath.Glob(filepath.Join(s.data, "zstd", "*", "*.parquet"))
		if err != nil || len(have) == 0 {
			return errors.Join(err, fmt.Errorf("bench: no files in %s", s.data))
		}
		slices.Sort(have)
		first := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			day := filepath.Join(dir, "files", "fecha="+first.AddDate(0, 0, i).Format(time.DateOnly))
			if err := os.MkdirAll(day, 0o755); err != nil {
				return err
			}
			if err := link(have[i%len(have)], filepath.Join(day, "part-0.parquet")); err != nil {
				return err
			}
		}
		return nil
	})
}

// link gives a file another name: a copy where links aren't possible.
func link(from, to string) error {
	if err := os.Link(from, to); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
