package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// Parquet is a log of Parquet files that are all there: one partition, the files
// in the order of their names, an event's offset its row number over all of
// them. An event with a value that doesn't fit its field goes to quarantine; a
// column that can't be read as its field is [ErrColumn], at [Parquet.Open] or
// when its file is reached. The files must not change.
//
// A reader holds the compressed columns of one row group.
type Parquet[E any] struct {
	files    []parquetFile
	identity string
	options  ParquetFiles[E]

	mu    sync.Mutex
	start []int64 // the offset at which each file begins, and the log's end; nil until it's needed
}

// ParquetFiles are the options of [NewParquet].
type ParquetFiles[E any] struct {
	// Transform changes each event as it's read. It makes whole events of the
	// columns, and so costs more than the reading.
	Transform Transform[E]
	// ChunkRows is the number of events in a chunk at most; 4096 if 0.
	ChunkRows int
}

type parquetFile struct {
	path string
	size int64
}

// NewParquet makes a log of the files that a pattern matches, as in
// [filepath.Glob]; a plain path matches itself. Errors are ErrSchema, ErrOptions
// where no file matches, and those of the file system.
func NewParquet[E any](pattern string, options ParquetFiles[E]) (*Parquet[E], error) {
	if _, err := SchemaOf[E](); err != nil {
		return nil, err
	}
	if options.ChunkRows < 0 {
		return nil, fmt.Errorf("%w: chunks of %d rows", ErrOptions, options.ChunkRows)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%w: pattern %q: %w", ErrOptions, pattern, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w: no file matches %q", ErrOptions, pattern)
	}
	slices.Sort(paths)
	p := &Parquet[E]{options: options}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, parquetFile{path, info.Size()})
	}
	p.identity = identityOf(p.files)
	return p, nil
}

// identityOf names the files, which are sorted, by their sizes and their names
// below the folder that they share, so that a copy elsewhere is the same log.
func identityOf(files []parquetFile) string {
	shared, last := filepath.Dir(files[0].path), files[len(files)-1].path
	for filepath.Dir(shared) != shared && !strings.HasPrefix(last, shared+string(filepath.Separator)) {
		shared = filepath.Dir(shared)
	}
	h := sha256.New()
	for _, f := range files {
		name, err := filepath.Rel(shared, f.path)
		if err != nil {
			name = f.path
		}
		fmt.Fprintf(h, "%q %d\n", filepath.ToSlash(name), f.size)
	}
	return "parquet " + hex.EncodeToString(h.Sum(nil)[:16])
}

// Identity implements [Source]. It's made of the files' names and sizes.
func (p *Parquet[E]) Identity(context.Context) (string, error) { return p.identity, nil }

// Partitions implements [Source].
func (p *Parquet[E]) Partitions(context.Context) (int, error) { return 1, nil }

// End implements [Ender].
func (p *Parquet[E]) End(_ context.Context, partition int) (int64, error) {
	start, err := p.starts(partition)
	if err != nil {
		return 0, err
	}
	return start[len(p.files)], nil
}

// Open implements [Source].
func (p *Parquet[E]) Open(_ context.Context, partition int, offset int64) (Reader[E], error) {
	start, err := p.starts(partition)
	if err != nil {
		return nil, err
	}
	if end := start[len(p.files)]; offset < 0 || offset > end {
		return nil, fmt.Errorf("%w: the files have [0, %d), not %d", ErrOffset, end, offset)
	}
	r := &parquetLogReader[E]{log: p, start: start, next: offset}
	if p.options.Transform != nil {
		schema, err := SchemaOf[E]()
		if err != nil {
			return nil, err
		}
		r.builder = NewBuilder(schema, p.options.Transform)
	}
	// The file that has the offset: the last that doesn't begin after it.
	r.file = max(0, sort.Search(len(p.files), func(i int) bool { return start[i] > offset })-1)
	return r, r.enter()
}

// starts gives the offset at which each file begins, and the end of the last.
func (p *Parquet[E]) starts(partition int) ([]int64, error) {
	if partition != 0 {
		return nil, fmt.Errorf("%w: there is no partition %d among 1", ErrOffset, partition)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start != nil {
		return p.start, nil
	}
	start := []int64{0}
	for i := range p.files {
		f, file, err := p.files[i].open()
		if err != nil {
			return nil, err
		}
		f.Close()
		start = append(start, start[i]+file.Rows)
	}
	p.start = start
	return start, nil
}

// open opens a file and reads its footer.
func (f *parquetFile) open() (*os.File, *columnar.File, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Size() != f.size {
		err = fmt.Errorf("%s has changed: %d bytes were %d", f.path, info.Size(), f.size)
	}
	var footer *columnar.File
	if err == nil {
		footer, err = columnar.OpenAt(f.path, file, f.size)
	}
	if err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("cannot open %w", err)
	}
	return file, footer, nil
}

// parquetLogReader reads one file after another.
type parquetLogReader[E any] struct {
	log     *Parquet[E]
	start   []int64
	next    int64
	file    int // the one that is open, or the next
	open    *os.File
	reader  *ParquetReader[E]
	builder *Builder[E] // where there's a transform
}

// enter opens the file, at the next offset.
func (r *parquetLogReader[E]) enter() error {
	f, footer, err := r.log.files[r.file].open()
	if err != nil {
		return err
	}
	reader, err := newParquetReader[E](footer, ParquetOptions{ChunkRows: r.log.options.ChunkRows,
		Base: r.start[r.file], Quarantine: true, numbered: true})
	if err == nil && footer.Rows != r.start[r.file+1]-r.start[r.file] {
		err = fmt.Errorf("%s has changed: it has %d rows", footer.Name, footer.Rows)
	}
	if err != nil {
		f.Close()
		return err
	}
	reader.skipGroups(r.next)
	r.open, r.reader = f, reader
	return nil
}

// Next implements [Reader].
func (r *parquetLogReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.reader == nil {
			if r.file == len(r.log.files) {
				return nil, io.EOF
			}
			if err := r.enter(); err != nil {
				return nil, err
			}
		}
		c, err := r.reader.Next()
		if errors.Is(err, io.EOF) {
			if err := r.Close(); err != nil {
				return nil, err
			}
			r.file++
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.Next <= r.next {
			continue // the offset asked for is later in the row group
		}
		if c.From < r.next {
			c = c.Slice(r.next, c.Next)
		}
		r.next = c.Next
		return r.transform(c), nil
	}
}

// transform makes the chunk anew from its rows, as the transform leaves them.
func (r *parquetLogReader[E]) transform(c *Chunk[E]) *Chunk[E] {
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
func (r *parquetLogReader[E]) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open, r.reader = nil, nil
	return err
}
