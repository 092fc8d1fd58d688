package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/source"
)

// columns are those that each of the queries reads: decode-seed and so on read them
// and do no more, so that what's left of a query's time is its fold.
var columns = map[string][]string{
	"seed":    {"fecha", "categoria", "event_type", "revenue", "user_id"},
	"approx":  {"fecha", "categoria", "event_type", "revenue", "user_id"},
	"sum":     {"fecha", "categoria", "event_type", "revenue"},
	"global":  {"categoria", "user_id"},
	"gapprox": {"categoria", "user_id"},
}

// decode reads the columns of a query on all cores, and counts the rows.
func decode(ctx context.Context, dir, query string) (check string, err error) {
	names, ok := columns[query]
	if !ok {
		return "", fmt.Errorf("there is no query %q to decode the columns of", query)
	}
	schema, err := source.SchemaOf[evento]()
	if err != nil {
		return "", err
	}
	var want source.Scan
	for _, name := range names {
		column, ok := schema.Lookup(name)
		if !ok {
			return "", fmt.Errorf("there is no column %q", name)
		}
		want.Columns = append(want.Columns, column)
	}
	log, err := source.NewParquetFiles(os.DirFS(dir), "**/*.parquet", source.TablesOptions[evento]{})
	if err != nil {
		return "", err
	}
	workers := runtime.GOMAXPROCS(0)
	want.Parts = 4 * workers // as lambda.Compute splits a log
	parts, err := log.Scan(ctx, want)
	if err != nil {
		return "", err
	}
	var next, rows atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(parts)); i = next.Add(1) - 1 {
				n, err := drain(ctx, parts[i])
				if err != nil {
					return err
				}
				rows.Add(n)
			}
			return nil
		})
	}
	err = group.Wait()
	return fmt.Sprintf("%d 0", rows.Load()), err
}

// drain reads a part to its end.
func drain(ctx context.Context, part source.Part[evento]) (rows int64, err error) {
	reader, err := part(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		chunk, err := reader.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows += int64(chunk.Len())
	}
}
