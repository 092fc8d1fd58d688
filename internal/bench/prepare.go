package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packages are what the peers need, pinned: a ratio is to a version.
var packages = []string{
	"duckdb==2.0.1", "polars==2.1.0", "chdb==4.4.0", "chdb-core==26.9.0", "datafusion==55.0.0", "pyarrow==26.0.1", "numpy==2.4.6",
}

//go:embed peers
var peers embed.FS

// prepare makes what a run needs, where it isn't there from an earlier one: the
// peers' scripts and Python, the data, the library's own workers.
func (s *suite) prepare(ctx context.Context) error {
	if err := s.unpackPeers(); err != nil {
		return err
	}
	if s.python == "" {
		python, err := s.makePython(ctx)
		if err != nil {
			return err
		}
		s.python = python
	}
	if s.data == "" {
		s.data = filepath.Join(s.cache, fmt.Sprintf("events-%d-%s", s.rows, digest(s.script("generate.py"))))
		if err := s.once(s.data, func(dir string) error {
			return s.run(ctx, s.python, s.script("generate.py"), fmt.Sprint(s.rows), dir)
		}); err != nil {
			return err
		}
	}
	for _, who := range []struct{ name, engine string }{
		{"DuckDB", "duckdb"}, {"Polars", "polars"}, {"ClickHouse (chdb)", "chdb"}, {"DataFusion", "datafusion"},
	} {
		command := []string{s.python, s.script("batch.py"), who.engine}
		s.engines = append(s.engines, engine{who: who.name, command: command, query: append(command[:3:3], "-json")})
	}
	worker, err := s.build(ctx, "batch")
	if err != nil {
		s.say("%s isn't measured in batch: %v", ours, err)
		s.missed++
		return nil
	}
	s.engines = append(s.engines,
		engine{who: ours, command: []string{worker}, query: []string{worker, "-query", "-json"}},
		engine{who: ours + ", decode only", command: []string{worker}, part: "decode"})
	return nil
}

func (s *suite) script(name string) string { return filepath.Join(s.cache, "peers", name) }

func (s *suite) unpackPeers() error {
	if err := os.RemoveAll(filepath.Join(s.cache, "peers")); err != nil {
		return err
	}
	return os.CopyFS(s.cache, peers)
}

func (s *suite) makePython(ctx context.Context) (string, error) {
	home := filepath.Join(s.cache, "python-"+short(strings.Join(packages, "\n")))
	err := s.once(home, func(dir string) error {
		if err := s.run(ctx, "python3", "-m", "venv", dir); err != nil {
			return err
		}
		return s.run(ctx, filepath.Join(dir, "bin", "python"), append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check"}, packages...)...)
	})
	return filepath.Join(home, "bin", "python"), err
}

// once makes a directory, unless an earlier run has. One that a run left half made
// is made again: the mark is the last thing written.
func (s *suite) once(dir string, fill func(dir string) error) error {
	mark := filepath.Join(dir, "complete")
	if _, err := os.Stat(mark); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.say("making %s", dir)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := fill(dir); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o644)
}

// build compiles one of the library's workers: go run would stand between it and
// the suite, and be measured.
func (s *suite) build(ctx context.Context, name string) (string, error) {
	pkg := "internal/bench/" + name
	if _, err := os.Stat(filepath.Join(s.module, filepath.FromSlash(pkg))); err != nil {
		return "", fmt.Errorf("there is no %s", pkg)
	}
	program := filepath.Join(s.cache, "bin", name)
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "./"+pkg)
	command.Dir = s.module
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", pkg, err, out)
	}
	return program, nil
}

// run runs a program to its end, with what it says as progress.
func (s *suite) run(ctx context.Context, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr = s.progress, s.progress
	if err := command.Run(); err != nil {
		return fmt.Errorf("bench: %s: %w", name, err)
	}
	return nil
}

// digest is a short name of files' content.
func digest(paths ...string) string {
	var all []byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "none" // they were just written: the program that reads them will say
		}
		all = append(all, text...)
	}
	return short(string(all))
}

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
