package parquettable

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// Options are the options of a table.
type Options struct {
	Schema sink.SchemaOptions
	// Scheme splits the table into directories; all in one if it's zero. Columns
	// names the column that each of its dimensions takes its values from: times,
	// integers, bools or texts of the view, the window or the key, so that all
	// versions of a row are in one partition.
	Scheme  partition.Scheme
	Columns []string
	// Keep is how many versions stay after they were replaced, for those who
	// still read them: 1 if it's zero, none if it's negative.
	Keep int
}

// Table is a table of rows of a view. It's a [sink.Sink], and safe for concurrent
// use.
type Table[K, R any] struct {
	dir    string
	schema *sink.Schema[K, R]
	scheme partition.Scheme
	split  []int // the column of each dimension
	keep   int
	about  string        // what the file _table says
	turn   chan struct{} // holds one token: whoever has it works on the table
}

// Open makes a table of a directory, which the first write makes if need be. It
// doesn't look at the disk.
//
// Errors are those of [sink.SchemaOf], and ErrOptions for partitions that don't
// fit the columns.
func Open[K, R any](dir string, options Options) (*Table[K, R], error) {
	schema, err := sink.SchemaOf[K, R](options.Schema)
	if err != nil {
		return nil, err
	}
	t := &Table[K, R]{dir: filepath.Clean(dir), schema: schema, scheme: options.Scheme, keep: options.Keep, turn: make(chan struct{}, 1)}
	if options.Keep == 0 {
		t.keep = 1
	}
	if t.split, err = splitBy(schema.Schema, schema.Identity, options); err != nil {
		return nil, err
	}
	t.about = t.describe(options)
	return t, nil
}

// Replace makes the table in a directory hold just these rows: of each identity
// the newest. It's what Open and then [Table.Replace] do.
func Replace[K, R any](ctx context.Context, dir string, rows []sink.Row[K, R], options Options) error {
	t, err := Open[K, R](dir, options)
	if err != nil {
		return err
	}
	return t.Replace(ctx, rows)
}

// splitBy finds the columns of the dimensions.
func splitBy(schema *source.Schema, identity int, options Options) (split []int, err error) {
	dimensions := options.Scheme.Dimensions()
	if len(dimensions) != len(options.Columns) {
		return nil, fmt.Errorf("%w: %d columns for the %d dimensions of the scheme %q", ErrOptions, len(options.Columns), len(dimensions), options.Scheme)
	}
	samples := make([]partition.Value, len(dimensions))
	for i, name := range options.Columns {
		column, ok := schema.Lookup(name)
		if !ok || column >= identity {
			return nil, fmt.Errorf("%w: a scheme splits by columns of the view, the window or the key, and %q is none", ErrOptions, name)
		}
		for _, c := range schema.Columns { // query engines ignore case
			if strings.EqualFold(c.Path[0], dimensions[i].Name()) {
				return nil, fmt.Errorf("%w: the dimension %v has the name of the column %q, and readers would have two of it: rename the dimension", ErrOptions, dimensions[i], c.Name)
			}
		}
		sample := source.Value{Kind: schema.Columns[column].Kind}
		if samples[i], ok = partitionValue(sample); !ok {
			return nil, fmt.Errorf("%w: a scheme can't split by a %s such as the column %q", ErrOptions, sample.Kind, name)
		}
		split = append(split, column)
	}
	if len(split) == 0 {
		return nil, nil
	}
	if _, err := options.Scheme.Path(samples...); err != nil {
		return nil, fmt.Errorf("%w: columns %s: %w", ErrOptions, strings.Join(options.Columns, ", "), err)
	}
	return split, nil
}

// partitionValue gives a column's value as that of a dimension.
func partitionValue(v source.Value) (partition.Value, bool) {
	switch {
	case v.Null:
		return partition.Null(), true
	case v.Kind == source.Time:
		return partition.Time(source.FromMicros(v.Int)), true
	case v.Kind == source.Int:
		return partition.Int(v.Int), true
	case v.Kind == source.Bool:
		return partition.String(v.String()), true
	case v.Kind == source.String:
		return partition.String(v.Text), true
	}
	return partition.Value{}, false
}

// describe is the text by which a table is known again.
func (t *Table[K, R]) describe(options Options) string {
	var text strings.Builder
	fmt.Fprintf(&text, "anabranch table 1\npartitions %q by %q\n", t.scheme, options.Columns)
	for _, c := range t.schema.Columns {
		fmt.Fprintf(&text, "column %q %s", c.Name, c.Kind)
		if c.Kind == source.Decimal {
			fmt.Fprintf(&text, "(%d)", c.Scale)
		}
		if c.Nullable {
			text.WriteString(" null")
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// paths gives the partition of each row of a chunk, "" where there are none. Rows of
// one window share its text, so a path is made once for each set of values.
func (t *Table[K, R]) paths(columns []source.Vector, n int) ([]string, error) {
	paths := make([]string, n)
	if len(t.split) == 0 {
		return paths, nil
	}
	known := map[string]string{}
	values := make([]partition.Value, len(t.split))
	var key []byte
	for row := range paths {
		key = key[:0]
		for _, column := range t.split {
			key = appendValue(key, columns[column].Value(int32(row)))
		}
		path, ok := known[string(key)]
		if !ok {
			for i, column := range t.split {
				values[i], _ = partitionValue(columns[column].Value(int32(row)))
			}
			var err error
			if path, err = t.scheme.Path(values...); err != nil {
				return nil, fmt.Errorf("%w: row %d: %w", sink.ErrValue, row, err)
			}
			known[string(key)] = path
		}
		paths[row] = path
	}
	return paths, nil
}
