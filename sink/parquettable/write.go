package parquettable

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/anabranch-go/anabranch/sink"
)

// Replace makes the table hold just these rows: of each identity the newest, as
// Write has it. No rows make an empty table; one with a scheme has no file then. Columns and partitions may be others
// than those of the table before.
//
// After an error the table holds what it held, or the rows; never a part of them.
func (t *Table[K, R]) Replace(ctx context.Context, rows []sink.Row[K, R]) error {
	return t.change(ctx, rows, func(ctx context.Context, version int, parts map[string]*newest[K, R]) error {
		if len(parts) == 0 && len(t.split) == 0 {
			parts[""] = newNewest(t.schema) // a file without rows, so that readers find the columns
		}
		return t.publish(ctx, version, parts, nil)
	})
}

// Write implements [sink.Sink]. It writes all of the rows in one step, or none.
// Where it changes nothing, it writes nothing. ErrTable says that the table is one
// of other columns or partitions; Replace makes it anew.
func (t *Table[K, R]) Write(ctx context.Context, rows []sink.Row[K, R]) error {
	if len(rows) == 0 {
		return ctx.Err()
	}
	return t.change(ctx, rows, t.merge)
}

// change prepares rows by partition, and has the table to itself meanwhile.
func (t *Table[K, R]) change(ctx context.Context, rows []sink.Row[K, R], do func(context.Context, int, map[string]*newest[K, R]) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	parts, err := t.partition(rows)
	if err != nil {
		return err
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	version, release, err := begin(ctx, t.dir)
	if err == nil {
		defer release()
		err = do(ctx, version, parts)
	}
	if err != nil {
		return fmt.Errorf("cannot write %d rows to the table %s: %w", len(rows), t.dir, err)
	}
	return nil
}

// partition splits rows.
func (t *Table[K, R]) partition(rows []sink.Row[K, R]) (map[string]*newest[K, R], error) {
	chunk, err := t.schema.Encoder().Encode(rows)
	if err != nil {
		return nil, err
	}
	paths, err := t.paths(chunk.Columns, len(rows))
	if err != nil {
		return nil, err
	}
	parts := map[string]*newest[K, R]{}
	for i, path := range paths {
		if parts[path] == nil {
			parts[path] = newNewest(t.schema)
		}
		parts[path].add(place{chunk.Columns, int32(i)})
	}
	return parts, nil
}

// merge publishes a version in which rows have been added to those of the one
// before.
func (t *Table[K, R]) merge(ctx context.Context, version int, parts map[string]*newest[K, R]) error {
	var before map[string][]string
	if version > 0 {
		if err := t.check(version); err != nil {
			return err
		}
		var err error
		if before, err = files(versionPath(t.dir, version)); err != nil {
			return err
		}
	}
	changed := map[string]*newest[K, R]{}
	for path, rows := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		all, err := t.load(before[path])
		if err != nil {
			return err
		}
		for _, p := range rows.places {
			all.add(p)
		}
		if all.changed {
			changed[path] = all
			delete(before, path)
		}
	}
	if len(changed) == 0 {
		return ctx.Err()
	}
	return t.publish(ctx, version, changed, before)
}

// check makes sure that a version is of this table's columns and partitions.
func (t *Table[K, R]) check(version int) error {
	about, err := os.ReadFile(filepath.Join(versionPath(t.dir, version), aboutFile))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTable, err)
	}
	ours, theirs := bytes.SplitAfter([]byte(t.about), []byte("\n")), bytes.SplitAfter(about, []byte("\n"))
	for i := range max(len(ours), len(theirs)) {
		var a, b []byte
		if i < len(ours) {
			a = bytes.TrimSuffix(ours[i], []byte("\n"))
		}
		if i < len(theirs) {
			b = bytes.TrimSuffix(theirs[i], []byte("\n"))
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%w: it has %q where these rows have %q: make it anew by Replace, or write elsewhere", ErrTable, b, a)
		}
	}
	return nil
}

// load reads the rows of a partition.
func (t *Table[K, R]) load(paths []string) (*newest[K, R], error) {
	all := newNewest(t.schema)
	for _, path := range paths {
		chunk, err := read(t.schema, path)
		if err != nil {
			return nil, fmt.Errorf("cannot read what it holds: %w", err)
		}
		for i := range chunk.Len() {
			all.add(place{chunk.Columns, int32(i)})
		}
	}
	all.changed = false
	return all, nil
}

// publish makes the next version of partitions that are new and of files that stay.
func (t *Table[K, R]) publish(ctx context.Context, version int, parts map[string]*newest[K, R], stay map[string][]string) (err error) {
	b, err := newBuild(t.dir, version+1, t.about)
	if b != nil {
		defer func() {
			if err != nil { // the next one to come would do it, but the disk may be full
				if now, other := currentVersion(t.dir); other == nil && now == version {
					err = errors.Join(err, os.RemoveAll(b.path))
				}
			}
		}()
	}
	if err != nil {
		return err
	}
	for path, files := range stay {
		if err := b.keep(path, files); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(parts)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		body, err := parts[path].encode()
		if err != nil {
			return err
		}
		if err := b.add(path, body, rand.Text()); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.commit(); err != nil {
		return err
	}
	oldest := b.version - max(t.keep, 0)
	if err := removeVersions(t.dir, func(v int) bool { return v < oldest }); err != nil {
		return fmt.Errorf("the rows are written, but old versions stay: %w", err)
	}
	return nil
}
