package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/anabranch-go/anabranch/source"
)

// fila is a row of any data set: columns of each kind, which get the names of those
// that a query is about.
type fila struct {
	T0 *string    `anabranch:"t0"`
	T1 *string    `anabranch:"t1"`
	T2 *string    `anabranch:"t2"`
	T3 *string    `anabranch:"t3"`
	T4 *string    `anabranch:"t4"`
	T5 *string    `anabranch:"t5"`
	I0 *int64     `anabranch:"i0"`
	I1 *int64     `anabranch:"i1"`
	I2 *int64     `anabranch:"i2"`
	I3 *int64     `anabranch:"i3"`
	I4 *int64     `anabranch:"i4"`
	I5 *int64     `anabranch:"i5"`
	F0 *float64   `anabranch:"f0"`
	F1 *float64   `anabranch:"f1"`
	F2 *float64   `anabranch:"f2"`
	F3 *float64   `anabranch:"f3"`
	M0 *time.Time `anabranch:"m0"`
	M1 *time.Time `anabranch:"m1"`
	M2 *time.Time `anabranch:"m2"`
	B0 *bool      `anabranch:"b0"`
	B1 *bool      `anabranch:"b1"`
}

type selectors[T any] []func(*fila) **T

var (
	texts  = selectors[string]{func(f *fila) **string { return &f.T0 }, func(f *fila) **string { return &f.T1 }, func(f *fila) **string { return &f.T2 }, func(f *fila) **string { return &f.T3 }, func(f *fila) **string { return &f.T4 }, func(f *fila) **string { return &f.T5 }}
	ints   = selectors[int64]{func(f *fila) **int64 { return &f.I0 }, func(f *fila) **int64 { return &f.I1 }, func(f *fila) **int64 { return &f.I2 }, func(f *fila) **int64 { return &f.I3 }, func(f *fila) **int64 { return &f.I4 }, func(f *fila) **int64 { return &f.I5 }}
	floats = selectors[float64]{func(f *fila) **float64 { return &f.F0 }, func(f *fila) **float64 { return &f.F1 }, func(f *fila) **float64 { return &f.F2 }, func(f *fila) **float64 { return &f.F3 }}
	times  = selectors[time.Time]{func(f *fila) **time.Time { return &f.M0 }, func(f *fila) **time.Time { return &f.M1 }, func(f *fila) **time.Time { return &f.M2 }}
	bools  = selectors[bool]{func(f *fila) **bool { return &f.B0 }, func(f *fila) **bool { return &f.B1 }}
)

// field is a column that a query is about: a place of fila, and its kind.
type field struct {
	name string
	kind byte // of its place: t, i, f, m, b
	at   int
	path bool // it stands in the files' paths
}

func (s selectors[T]) of(f field) source.Field[fila, T] { return source.OptionalOf(s[f.at]) }

// dataset is the Parquet files in a directory, with the columns that a query needs.
type dataset struct {
	dir    string
	kinds  map[string]byte
	inPath map[string]string // to the first file's value
	fields map[string]field
	taken  map[byte]int
}

const pattern = "**/*.parquet"

// openDataset learns the columns' kinds from the first file and its path.
func openDataset(dir string) (*dataset, error) {
	names, err := source.Glob(os.DirFS(dir), pattern)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: there are no Parquet files in it", dir)
	}
	d := &dataset{dir: dir, kinds: map[string]byte{}, inPath: map[string]string{}, fields: map[string]field{}, taken: map[byte]int{}}
	for part := range strings.SplitSeq(path.Dir(names[0]), "/") {
		if name, value, ok := strings.Cut(part, "="); ok {
			d.kinds[name], d.inPath[name] = 't', value
		}
	}
	file, err := os.DirFS(dir).Open(names[0])
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	at, ok := file.(interface {
		fs.File
		ReadAt([]byte, int64) (int, error)
	})
	if !ok {
		return nil, fmt.Errorf("%s: it can't be read at an offset", names[0])
	}
	opened, err := parquet.OpenFile(at, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	for _, leaf := range opened.Schema().Columns() {
		column, _ := opened.Schema().Lookup(leaf...)
		if kind, ok := kindOf(column.Node); ok && len(leaf) == 1 && column.MaxRepetitionLevel == 0 {
			d.kinds[leaf[0]] = kind
		}
	}
	return d, nil
}

// kindOf is the kind of fila's columns that can hold a column of a file.
func kindOf(node parquet.Node) (byte, bool) {
	if logical := node.Type().LogicalType(); logical != nil {
		switch t := logical.Value.(type) {
		case *format.TimestampType, *format.DateType:
			return 'm', true
		case *format.DecimalType:
			if t.Scale > 0 {
				return 'f', true
			}
			return 'i', true
		}
	}
	switch node.Type().Kind() {
	case parquet.Boolean:
		return 'b', true
	case parquet.Int32, parquet.Int64:
		return 'i', true
	case parquet.Float, parquet.Double:
		return 'f', true
	case parquet.ByteArray:
		return 't', true
	case parquet.Int96:
		return 'm', true
	}
	return 0, false
}

// field gives a column a place, if it has none yet.
func (d *dataset) field(name string) (field, error) {
	if f, ok := d.fields[name]; ok {
		return f, nil
	}
	kind, ok := d.kinds[name]
	if !ok {
		return field{}, fmt.Errorf("the files have no column %q that can be read", name)
	}
	room := map[byte]int{'t': len(texts), 'i': len(ints), 'f': len(floats), 'm': len(times), 'b': len(bools)}
	if d.taken[kind] == room[kind] {
		return field{}, fmt.Errorf("the query needs more than %d columns of the kind of %q", room[kind], name)
	}
	_, inPath := d.inPath[name]
	f := field{name: name, kind: kind, at: d.taken[kind], path: inPath}
	d.taken[kind]++
	d.fields[name] = f
	return f, nil
}

// log is the data set with the fields' names.
func (d *dataset) log() (source.Source[fila], error) {
	rename := map[string]string{}
	for name, f := range d.fields {
		rename[fmt.Sprintf("%c%d", f.kind, f.at)] = name
	}
	return source.NewParquetFiles(os.DirFS(d.dir), pattern, source.TablesOptions[fila]{Rename: rename})
}
