package parquettable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/anabranch-go/anabranch/sink"
)

// Rows reads the table, by partition, and in it by view, window and key, without
// the rows that were removed. A table that was never written has no rows. Lists that were written with a null for a
// NaN come back with a zero there.
func (t *Table[K, R]) Rows(ctx context.Context) ([]sink.Row[K, R], error) {
	for {
		version, err := currentVersion(t.dir)
		if err != nil || version == 0 {
			return nil, err
		}
		rows, err := t.rows(ctx, version)
		if errors.Is(err, fs.ErrNotExist) {
			if now, err := currentVersion(t.dir); err == nil && now != version {
				continue // it was replaced, and removed, while it was read
			}
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the table %s: %w", t.dir, err)
		}
		return rows, nil
	}
}

func (t *Table[K, R]) rows(ctx context.Context, version int) (rows []sink.Row[K, R], err error) {
	if err := t.check(version); err != nil {
		return nil, err
	}
	found, err := files(versionPath(t.dir, version))
	if err != nil {
		return nil, err
	}
	for _, partition := range slices.Sorted(maps.Keys(found)) {
		for _, path := range found[partition] {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			chunk, err := read(t.schema, path)
			if err != nil {
				return nil, err
			}
			for _, record := range chunk.Rows() {
				if !record.Removed {
					rows = append(rows, record.Row())
				}
			}
		}
	}
	return rows, nil
}
