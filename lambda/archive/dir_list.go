package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// List implements [Store]. It reads a directory only when its turn comes, and
// passes over those that hold nothing of what was asked for.
func (d *dir) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := CheckPrefix(prefix); err != nil {
			yield("", err)
			return
		}
		// Whatever starts with prefix lies in the prefix's own folder.
		folder, _ := path.Split(prefix)
		walk := walk{dir: d, ctx: ctx, prefix: prefix, after: after, yield: yield}
		walk.folder(folder)
	}
}

type walk struct {
	dir           *dir
	ctx           context.Context
	prefix, after string
	yield         func(string, error) bool
}

// folder yields what lies in a folder, whose name is "" or ends with a slash.
// It returns false when the walk must end.
func (w *walk) folder(folder string) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield("", err)
		return false
	}
	entries, err := os.ReadDir(w.dir.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return true // nothing was put yet, or it has gone since its parent was read
	}
	if err != nil {
		w.yield("", listError(w.dir.path(folder), err))
		return false
	}
	for _, name := range inOrder(folder, entries) {
		if !w.name(name) {
			return false
		}
	}
	return true
}

// listError says what to do where the archive's directory can't be one: nothing
// could be written there either.
func listError(path string, err error) error {
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: cannot list %s: choose a directory whose path leads through no file: %w", ErrUnwritable, path, err)
	}
	return fmt.Errorf("cannot list %s: %w", path, err)
}

// inOrder returns the names of a folder's entries as whole names sort: p/x
// comes after p.json, so a folder sorts with its slash.
func inOrder(folder string, entries []fs.DirEntry) []string {
	var names []string
	for _, entry := range entries {
		switch name := entry.Name(); {
		case !validSegment(name):
			// Temporary files, and whatever else was never put.
		case entry.IsDir():
			names = append(names, folder+name+"/")
		case entry.Type().IsRegular():
			names = append(names, folder+name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *walk) name(name string) bool {
	if strings.HasSuffix(name, "/") {
		within := strings.HasPrefix(name, w.prefix) || strings.HasPrefix(w.prefix, name)
		// All that lies in a folder sorts before after, unless after lies there.
		passed := name < w.after && !strings.HasPrefix(w.after, name)
		return !within || passed || w.folder(name)
	}
	if !strings.HasPrefix(name, w.prefix) || name <= w.after {
		return true
	}
	return w.yield(name, nil)
}
