package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"sort"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Tables is a log that doesn't grow: the rows of files that hold columns, such
// as Parquet's, in the order of the files' names. It has one partition; an offset
// is a row's number over all the files, from 0. An event with a value that
// doesn't fit its field goes to quarantine; a column that can't be read as its
// field is [ErrColumn]. The files must not change while the log is in use. Several
// are looked into at once, so the file system and the format must be safe for that,
// as those of package os are.
//
// # Data sets in directories
//
// What a path says as name=value, in the way of Hive, Spark, DuckDB, Polars and
// package partition, fills the columns that the file doesn't have:
//
//	ventas/fecha=2026-11-24/region=norte/part-0.parquet
//
// A column that the file has is the file's, whatever the path says: a path may
// hold only what the value falls into, a month or a bucket. Values are unescaped.
// __HIVE_DEFAULT_PARTITION__ and the empty text are null, and zero where the
// field can't be null. Times are dates, dates with times (UTC where there's no
// zone), or an hour, month or year, which stand for their beginning. A value that
// can't be read as its field is [ErrValue], and names its file.
//
// A column that some files lack, and their paths too, is null there, or zero where
// the field can't be null. One that none has is [ErrColumn], unless the field is a
// pointer or there's a transform, which may fill it.
type Tables[E any] struct {
	fsys     fs.FS
	files    []logFile
	schema   *Schema
	format   TableFormat[E]
	opts     TablesOptions[E]
	identity string

	mu     sync.Mutex
	start  []int64      // the offset at which each file begins, and the log's end; nil until it's needed
	abouts []tableAbout // then too
}

// TablesOptions are the options of [NewTables] and [NewParquetFiles].
type TablesOptions[E any] struct {
	// Keep says which files are in the log, by their path and by what its
	// directories say: {"fecha": "2026-11-24", "region": "norte"}, unescaped, ""
	// for null. The others are never opened. All are kept if nil. It must depend
	// on its arguments alone, and not keep or change the map.
	Keep func(path string, values map[string]string) bool
	// Transform changes each event as it's read. It makes whole events of the
	// columns, and so costs more than the reading.
	Transform Transform[E]
	// Rename gives columns the names that they have in the files and their paths, by
	// those of E: see [SchemaOptions].
	Rename map[string]string
	// ChunkRows is the number of rows that a chunk holds at most; 4096 if 0.
	ChunkRows int
	// Identity names the log. If empty, it's made of the names and sizes of the
	// files that are kept: the archive of a log isn't continued then when a file
	// is added.
	Identity string
}

// TableFormat opens files that hold columns. A caller's own format becomes a log
// by [NewTables].
type TableFormat[E any] interface {
	// Open reads what a file says about itself. The file is the table's then, to
	// be closed with it; after an error it's still the caller's. The file may be
	// an [io.ReaderAt]. Errors name the file.
	Open(file fs.File, options TableOptions) (Table[E], error)
	// Name says what format it is, in a log's identity.
	Name() string
}

// TableOptions say how a file is read.
type TableOptions struct {
	Name      string
	Size      int64   // in bytes
	Base      int64   // the offset of the first row
	ChunkRows int     // that a chunk holds at most
	Schema    *Schema // E's, by the names that columns have in the files

	// Columns are those to read, nil for all: the others may be left Invalid.
	Columns []int
	// Limits says what is wanted of a column, as [Predicate.Limits] does: rows
	// that have nothing of it may be passed over, and offsets then leap. Nil wants
	// all rows.
	Limits func(column int) (Limits, bool)
}

// Table is an open file that holds columns. It's used by one goroutine.
type Table[E any] interface {
	// Rows is the number of its rows, sound or not.
	Rows() int64
	// Has says whether the file has a column of the schema. One that it hasn't is
	// null in the chunks, or zero where it can't be null.
	Has(column int) bool
	// Skip passes over rows before an offset, as far as that's possible without
	// reading them: the next chunk may begin before it.
	Skip(offset int64)
	// Next gives the next chunk, io.EOF after the last. Row k has offset Base+k;
	// chunks tile and aren't empty. A chunk and its memory are the caller's until
	// the next call.
	Next() (*Chunk[E], error)
	// Close closes the file.
	Close() error
}

// NewTables makes a log of the files whose names match a pattern, as [Glob] has
// it. That there are none, or none is kept, is ErrOptions.
func NewTables[E any](fsys fs.FS, pattern string, format TableFormat[E], opts TablesOptions[E]) (*Tables[E], error) {
	schema, err := SchemaWith[E](SchemaOptions{Rename: opts.Rename})
	if err != nil {
		return nil, err
	}
	switch {
	case opts.ChunkRows < 0:
		return nil, fmt.Errorf("%w: chunks of %d rows", ErrOptions, opts.ChunkRows)
	case opts.ChunkRows == 0:
		opts.ChunkRows = DefaultChunkRows
	}
	files, err := listFiles(fsys, pattern)
	if err != nil {
		return nil, err
	}
	if files, err = keepFiles(files, opts.Keep); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w: none of the files that match %q is kept", ErrOptions, pattern)
	}
	t := &Tables[E]{fsys: fsys, files: files, schema: schema, format: format, opts: opts, identity: opts.Identity}
	if t.identity == "" {
		t.identity = format.Name() + " " + digestFiles(files)
	}
	return t, nil
}

// keepFiles leaves out files that the caller doesn't want. It reads every path,
// so that one that can't be read is an error before anything is opened.
func keepFiles(files []logFile, keep func(string, map[string]string) bool) (kept []logFile, err error) {
	for _, f := range files {
		values, err := pathValues(f.name)
		if err != nil {
			return nil, err
		}
		if keep == nil || keep(f.name, values) {
			kept = append(kept, f)
		}
	}
	return kept, nil
}

// Identity implements [Source].
func (t *Tables[E]) Identity(context.Context) (string, error) { return t.identity, nil }

// Partitions implements [Source].
func (t *Tables[E]) Partitions(context.Context) (int, error) { return 1, nil }

// End implements [Ender].
func (t *Tables[E]) End(ctx context.Context, partition int) (int64, error) {
	start, err := t.starts(ctx, partition)
	if err != nil {
		return 0, err
	}
	return start[len(t.files)], nil
}

// Open implements [Source]. The first call looks into every file.
func (t *Tables[E]) Open(ctx context.Context, partition int, offset int64) (Reader[E], error) {
	start, err := t.starts(ctx, partition)
	if err != nil {
		return nil, err
	}
	if end := start[len(t.files)]; offset < 0 || offset > end {
		return nil, fmt.Errorf("%w: the files have [0, %d), not %d", ErrOffset, end, offset)
	}
	// The file that has the offset: the last that doesn't begin after it.
	file := max(0, sort.Search(len(t.files), func(i int) bool { return start[i] > offset })-1)
	r := t.reader(file, offset)
	return &r, r.enter()
}

// reader makes a reader that is to enter a file at an offset. The log's files have
// been looked into.
func (t *Tables[E]) reader(file int, offset int64) tablesReader[E] {
	r := tablesReader[E]{log: t, start: t.start, file: file, next: offset}
	if t.opts.Transform != nil {
		r.builder = NewBuilder(t.schema, t.opts.Transform)
	}
	return r
}

// starts gives the offset at which each file begins, and the end of the last.
func (t *Tables[E]) starts(ctx context.Context, partition int) ([]int64, error) {
	if partition != 0 {
		return nil, fmt.Errorf("%w: there is no partition %d among 1", ErrOffset, partition)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.start != nil {
		return t.start, nil
	}
	about := make([]tableAbout, len(t.files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range t.files {
		group.Go(func() (err error) {
			if err = ctx.Err(); err == nil {
				about[i], err = t.about(i)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	start, seen := []int64{0}, make([]bool, len(t.schema.Columns))
	for i := range about {
		for column := range seen {
			seen[column] = seen[column] || about[i].has[column]
		}
		start = append(start, start[i]+about[i].rows)
	}
	if err := t.found(seen); err != nil {
		return nil, err
	}
	t.start, t.abouts = start, about
	return start, nil
}

// tableAbout is what is kept of a file that was looked into.
type tableAbout struct {
	rows   int64
	has    []bool     // by schema column, in the file or in its path
	fixed  []constant // what its path has
	groups []int64    // the rows of its parts that can be read by themselves
}

// grouped is a Table of parts, one after the other, that can be read by themselves.
type grouped interface {
	groupRows() []int64
	// endAt ends the table where such a part begins.
	endAt(offset int64)
}

func (t *Tables[E]) about(i int) (a tableAbout, err error) {
	table, fixed, err := t.open(i, TableOptions{})
	if err != nil {
		return a, err
	}
	a = tableAbout{rows: table.Rows(), has: make([]bool, len(t.schema.Columns)), fixed: fixed}
	for column := range a.has {
		a.has[column] = table.Has(column)
	}
	for _, k := range fixed {
		a.has[k.column] = true
	}
	if g, ok := table.(grouped); ok {
		a.groups = g.groupRows()
	}
	if err := table.Close(); err != nil {
		return a, fmt.Errorf("cannot close %s: %w", t.files[i].name, err)
	}
	return a, nil
}

// found asks for each column somewhere in the files or their paths: one that isn't
// there at all would be zero in every event, which a mistyped tag is too. A
// transform may fill columns of its own.
func (t *Tables[E]) found(seen []bool) error {
	if t.opts.Transform != nil {
		return nil
	}
	for i, ok := range seen {
		if c := &t.schema.Columns[i]; !ok && !c.Nullable && c.Kind != Opaque && len(t.files) > 0 {
			return fmt.Errorf("%w: no file has the column %s, nor has a path: mend the field's tag, or make the field a pointer if it may be missing", ErrColumn, c.Name)
		}
	}
	return nil
}

// open opens a file, and gives the columns that its path has.
func (t *Tables[E]) open(i int, options TableOptions) (Table[E], []constant, error) {
	name, size := t.files[i].name, t.files[i].size
	file, err := t.fsys.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot open %s: %w", name, err)
	}
	if err := unchanged(file, size); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("cannot open %s: %w", name, err), file.Close())
	}
	options.Name, options.Size, options.ChunkRows, options.Schema = name, size, t.opts.ChunkRows, t.schema
	table, err := t.format.Open(file, options)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("cannot open %w", err), file.Close())
	}
	values, err := pathValues(name)
	if err != nil {
		return nil, nil, errors.Join(err, table.Close())
	}
	fixed, err := constants(t.schema, name, values, table.Has)
	if err != nil {
		return nil, nil, errors.Join(err, table.Close())
	}
	return table, fixed, nil
}

func unchanged(file fs.File, size int64) error {
	info, err := file.Stat()
	if err == nil && info.Size() != size {
		err = fmt.Errorf("it has changed: %d bytes were %d", info.Size(), size)
	}
	return err
}

// tablesReader reads one file after another.
type tablesReader[E any] struct {
	log     *Tables[E]
	start   []int64
	next    int64
	file    int // the one that is open, or the next
	table   Table[E]
	fixed   []constant  // its columns that stand in its path
	builder *Builder[E] // where there's a transform
}

// enter opens the file, at the next offset.
func (r *tablesReader[E]) enter() error { return r.open(TableOptions{}) }

// open is enter with options, of which the reader knows the base.
func (r *tablesReader[E]) open(options TableOptions) error {
	options.Base = r.start[r.file]
	table, fixed, err := r.log.open(r.file, options)
	if err != nil {
		return err
	}
	if n := table.Rows(); n != r.start[r.file+1]-r.start[r.file] {
		return errors.Join(fmt.Errorf("cannot open %s: it has changed: it has %d rows", r.log.files[r.file].name, n), table.Close())
	}
	table.Skip(r.next)
	r.table, r.fixed = table, fixed
	return nil
}

// Next implements [Reader].
func (r *tablesReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.table == nil {
			if r.file == len(r.log.files) {
				return nil, io.EOF
			}
			if err := r.enter(); err != nil {
				return nil, err
			}
		}
		c, err := r.table.Next()
		if errors.Is(err, io.EOF) {
			if err := r.end(); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.Next <= r.next {
			continue // the offset asked for is later
		}
		r.fill(c)
		if c.From < r.next {
			c = c.Slice(r.next, c.Next)
		}
		r.next = c.Next
		return r.transform(c), nil
	}
}

// fill gives a chunk the columns that stand in the file's path.
func (r *tablesReader[E]) fill(c *Chunk[E]) {
	for i := range r.fixed {
		c.Columns[r.fixed[i].column] = r.fixed[i].fill(c.Len())
	}
}

// end leaves a file, which must have given all its rows.
func (r *tablesReader[E]) end() error {
	if r.next != r.start[r.file+1] {
		return fmt.Errorf("cannot read %s: it ended at offset %d, not %d: %w",
			r.log.files[r.file].name, r.next, r.start[r.file+1], io.ErrUnexpectedEOF)
	}
	if err := r.Close(); err != nil {
		return err
	}
	r.file++
	return nil
}

// transform makes the chunk anew from its rows, as the transform leaves them.
func (r *tablesReader[E]) transform(c *Chunk[E]) *Chunk[E] {
	if r.builder == nil {
		return c
	}
	r.builder.Reset()
	rows := c.Rows()
	for i := range rows {
		r.builder.Append(&rows[i], c.Offsets[i], nil)
	}
	out := r.builder.Chunk(c.Partition, c.From, c.Next)
	if len(c.Quarantine) > 0 {
		out.Quarantine = append(out.Quarantine, c.Quarantine...)
		slices.SortFunc(out.Quarantine, func(a, b Quarantined) int { return int(a.Offset - b.Offset) })
	}
	return out
}

// Close implements [Reader].
func (r *tablesReader[E]) Close() error {
	if r.table == nil {
		return nil
	}
	err := r.table.Close()
	r.table, r.fixed = nil, nil
	return err
}
