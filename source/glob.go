package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Glob gives the names of the files that match a pattern, sorted: [path.Match]'s
// for each directory and file, and "**" for any number of directories, none too.
//
//	ventas/*.parquet
//	ventas/fecha=*/region=*/*.parquet
//	ventas/**/*.parquet
//
// Files and directories whose names begin with a dot or an underscore are other
// programs' own, such as Spark's _SUCCESS and the files of checksums, and passed
// over where the pattern doesn't begin so itself. A directory "_name=value" is a
// part of a data set like any other. "**" doesn't follow symbolic links.
//
// Unlike [fs.Glob] it gives the error of a directory that can't be read: files
// that are missing from a log must not go unseen. That a directory matches is
// ErrOptions, unless the pattern has "**": then those are gone through.
func Glob(fsys fs.FS, pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrOptions, pattern, err)
	}
	if pattern = path.Clean(pattern); !fs.ValidPath(pattern) {
		return nil, fmt.Errorf("%w: %q leads out of the file system that it's in", ErrOptions, pattern)
	}
	g := globber{fsys: fsys}
	segments := strings.Split(pattern, "/")
	segments = slices.CompactFunc(segments, func(a, b string) bool { return a == "**" && b == "**" })
	g.deep = slices.Contains(segments, "**")
	if segments[len(segments)-1] == "**" {
		segments = append(segments, "*")
	}
	if err := g.walk(".", segments); err != nil {
		return nil, err
	}
	slices.Sort(g.names)
	return slices.Compact(g.names), nil
}

type globber struct {
	fsys  fs.FS
	deep  bool // the pattern has "**"
	names []string
}

// walk finds what the rest of a pattern matches in a directory.
func (g *globber) walk(dir string, segments []string) error {
	segment, rest := segments[0], segments[1:]
	if !strings.ContainsAny(segment, `*?[\`) {
		return g.enter(path.Join(dir, segment), rest)
	}
	if segment == "**" {
		if err := g.walk(dir, rest); err != nil {
			return err
		}
	}
	entries, err := fs.ReadDir(g.fsys, dir)
	if err != nil {
		return fmt.Errorf("cannot list %s: %w", dir, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if hidden(name) && segment[0] != name[0] {
			continue
		}
		if segment == "**" {
			if entry.IsDir() {
				if err := g.walk(path.Join(dir, name), segments); err != nil {
					return err
				}
			}
			continue
		}
		if ok, _ := path.Match(segment, name); ok {
			if err := g.enter(path.Join(dir, name), rest); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter takes a name that matched: a file's at the pattern's end, a directory's
// before it.
func (g *globber) enter(name string, rest []string) error {
	info, err := fs.Stat(g.fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at %s: %w", name, err)
	case len(rest) > 0 && info.IsDir():
		return g.walk(name, rest)
	case len(rest) > 0, info.IsDir() && g.deep:
		return nil
	case info.IsDir():
		return fmt.Errorf("%w: %s is a directory: %s/** would be its files", ErrOptions, name, name)
	}
	g.names = append(g.names, name)
	return nil
}

// hidden says whether a name is one that engines pass over.
func hidden(name string) bool {
	return name[0] == '.' || name[0] == '_' && !strings.Contains(name, "=")
}
