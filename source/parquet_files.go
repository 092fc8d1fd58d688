package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"
	"sync"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// ParquetFiles is a log that doesn't grow: the rows of Parquet files, any
// writer's, in the order of the files' names. It has one partition; an offset is
// a row's number over all the files, from 0. An event with a value that doesn't
// fit its field goes to quarantine; a column that can't be read as its field is
// [ErrColumn], when its file is reached. The files must not change while the log
// is in use.
//
// A reader holds the compressed columns of one row group; where the file system
// can't read at an offset, a whole file.
type ParquetFiles[E any] struct {
	fsys     fs.FS
	files    []logFile
	opts     ParquetFilesOptions[E]
	identity string

	mu    sync.Mutex
	start []int64 // the offset at which each file begins, and the log's end; nil until it's needed
}

// ParquetFilesOptions are the options of [NewParquetFiles].
type ParquetFilesOptions[E any] struct {
	// Transform changes each event as it's read. It makes whole events of the
	// columns, and so costs more than the reading.
	Transform Transform[E]
	// ChunkRows is the number of rows that a chunk holds at most; 4096 if 0.
	ChunkRows int
	// Identity names the log. If empty, it's made of the files' names and sizes:
	// the archive of a log isn't continued then when a file is added.
	Identity string
}

// NewParquetFiles makes a log of the files whose names match a pattern, as
// [fs.Glob] has it. That there are none is ErrOptions.
func NewParquetFiles[E any](fsys fs.FS, pattern string, opts ParquetFilesOptions[E]) (*ParquetFiles[E], error) {
	if _, err := SchemaOf[E](); err != nil {
		return nil, err
	}
	if opts.ChunkRows < 0 {
		return nil, fmt.Errorf("%w: chunks of %d rows", ErrOptions, opts.ChunkRows)
	}
	files, digest, err := listFiles(fsys, pattern)
	if err != nil {
		return nil, err
	}
	p := &ParquetFiles[E]{fsys: fsys, files: files, opts: opts, identity: opts.Identity}
	if p.identity == "" {
		p.identity = "parquet " + digest
	}
	return p, nil
}

// Identity implements [Source].
func (p *ParquetFiles[E]) Identity(context.Context) (string, error) { return p.identity, nil }

// Partitions implements [Source].
func (p *ParquetFiles[E]) Partitions(context.Context) (int, error) { return 1, nil }

// End implements [Ender].
func (p *ParquetFiles[E]) End(_ context.Context, partition int) (int64, error) {
	start, err := p.starts(partition)
	if err != nil {
		return 0, err
	}
	return start[len(p.files)], nil
}

// Open implements [Source].
func (p *ParquetFiles[E]) Open(_ context.Context, partition int, offset int64) (Reader[E], error) {
	start, err := p.starts(partition)
	if err != nil {
		return nil, err
	}
	if end := start[len(p.files)]; offset < 0 || offset > end {
		return nil, fmt.Errorf("%w: the files have [0, %d), not %d", ErrOffset, end, offset)
	}
	r := &parquetFilesReader[E]{log: p, start: start, next: offset}
	if p.opts.Transform != nil {
		schema, err := SchemaOf[E]()
		if err != nil {
			return nil, err
		}
		r.builder = NewBuilder(schema, p.opts.Transform)
	}
	// The file that has the offset: the last that doesn't begin after it.
	r.file = max(0, sort.Search(len(p.files), func(i int) bool { return start[i] > offset })-1)
	return r, r.enter()
}

// starts gives the offset at which each file begins, and the end of the last.
func (p *ParquetFiles[E]) starts(partition int) ([]int64, error) {
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
		f, file, err := p.open(i)
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		start = append(start, start[i]+file.Rows)
	}
	p.start = start
	return start, nil
}

// open opens a file and reads its footer.
func (p *ParquetFiles[E]) open(i int) (fs.File, *columnar.File, error) {
	name, size := p.files[i].name, p.files[i].size
	file, err := p.fsys.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot open %s: %w", name, err)
	}
	footer, err := openFooter(file, name, size)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("cannot open %w", err), file.Close())
	}
	return file, footer, nil
}

func openFooter(file fs.File, name string, size int64) (*columnar.File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if info.Size() != size {
		return nil, fmt.Errorf("%s: it has changed: %d bytes were %d", name, info.Size(), size)
	}
	if at, ok := file.(io.ReaderAt); ok {
		return columnar.OpenAt(name, at, size)
	}
	body, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return columnar.Open(name, body)
}

// parquetFilesReader reads one file after another.
type parquetFilesReader[E any] struct {
	log     *ParquetFiles[E]
	start   []int64
	next    int64
	file    int // the one that is open, or the next
	open    fs.File
	reader  *ParquetReader[E]
	builder *Builder[E] // where there's a transform
}

// enter opens the file, at the next offset.
func (r *parquetFilesReader[E]) enter() error {
	f, footer, err := r.log.open(r.file)
	if err != nil {
		return err
	}
	reader, err := newParquetReader[E](footer, ParquetOptions{ChunkRows: r.log.opts.ChunkRows,
		Base: r.start[r.file], Quarantine: true, numbered: true})
	if err == nil && footer.Rows != r.start[r.file+1]-r.start[r.file] {
		err = fmt.Errorf("%s: it has changed: it has %d rows", footer.Name, footer.Rows)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	reader.skipGroups(r.next)
	r.open, r.reader = f, reader
	return nil
}

// Next implements [Reader].
func (r *parquetFilesReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
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
func (r *parquetFilesReader[E]) transform(c *Chunk[E]) *Chunk[E] {
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
func (r *parquetFilesReader[E]) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open, r.reader = nil, nil
	return err
}
