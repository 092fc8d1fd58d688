package arrowsource

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/anabranch-go/anabranch/source"
)

// NewFiles makes a log of the Arrow IPC files and streams whose names match a
// pattern, as [source.Glob] has it: "ventas/**/*.arrow".
func NewFiles[E any](fsys fs.FS, pattern string, opts source.TablesOptions[E]) (*source.Tables[E], error) {
	return source.NewTables[E](fsys, pattern, format[E]{}, opts)
}

type format[E any] struct{}

// Name implements [source.TableFormat].
func (format[E]) Name() string { return "arrow" }

// Open implements [source.TableFormat].
func (format[E]) Open(file fs.File, options source.TableOptions) (source.Table[E], error) {
	schema, err := source.SchemaOf[E]()
	if err != nil {
		return nil, err
	}
	t := &arrowTable[E]{file: file, options: options, budget: &budget{Allocator: memory.NewGoAllocator()}, vectors: make([]source.Vector, len(schema.Columns))}
	t.chunk = source.Chunk[E]{Schema: schema}
	return t, t.open()
}

// arrowTable reads one file, a record batch at a time.
type arrowTable[E any] struct {
	file    fs.File
	options source.TableOptions
	budget  *budget
	index   *index
	start   []int64 // the row at which each batch begins, and the end
	blocks  *ipc.FileReader
	stream  *ipc.Reader
	columns []*column

	next    int             // the next batch
	at, end int64           // rows of the one before, not given yet
	first   int64           // row of that batch
	vectors []source.Vector // its columns
	bad     map[int]string  // by row of the batch: what didn't fit
	chunk   source.Chunk[E]
}

func (t *arrowTable[E]) open() (err error) {
	defer guard(t.options.Name, &err)
	f := fileAt{size: t.options.Size}
	if at, ok := t.file.(io.ReaderAt); ok {
		f.ReaderAt = at
	} else {
		body, err := io.ReadAll(t.file)
		if err != nil {
			return err
		}
		f.ReaderAt, f.size = bytes.NewReader(body), int64(len(body))
	}
	if t.index, err = readIndex(f); err != nil {
		return err
	}
	t.start = []int64{0}
	for i, n := range t.index.rows {
		t.start = append(t.start, t.start[i]+n)
	}
	t.budget.reset(f.size)
	limits := []ipc.Option{ipc.WithAllocator(t.budget), ipc.WithMetadataSizeLimit(maxMetadata), ipc.WithBodySizeLimit(maxBatch)}
	var schema *arrow.Schema
	content := io.NewSectionReader(f, 0, f.size)
	if t.index.stream {
		if t.stream, err = ipc.NewReaderFromMessageReader(ipc.NewMessageReader(content, limits...), limits...); err != nil {
			return malformed("%v", err)
		}
		schema = t.stream.Schema()
	} else {
		if t.blocks, err = ipc.NewFileReader(content, limits...); err != nil {
			return malformed("%v", err)
		}
		schema = t.blocks.Schema()
	}
	for i := range t.chunk.Schema.Columns {
		c, err := newColumn(&t.chunk.Schema.Columns[i], schema, t.reject)
		if err != nil {
			return err
		}
		t.columns = append(t.columns, c)
	}
	return nil
}

// maxBatch bounds a message's body, and twice that what a batch unfolds into.
const maxBatch = 1 << 30

// budget is an allocator for as much as a record batch may take. The library
// allocates what a file claims before it looks.
type budget struct {
	memory.Allocator
	left, size int64
}

// reset begins a batch of a file of so many bytes. Zstandard's best is 32 KiB
// from one.
func (b *budget) reset(size int64) {
	b.size = size
	b.left = 2 * maxBatch
	if size < b.left>>15 {
		b.left = 1<<20 + size<<15
	}
}

func (b *budget) take(size int) {
	if b.left -= int64(size); b.left < 0 || size < 0 {
		panic(fmt.Sprintf("a record batch that takes too much memory: %d bytes more, in a file of %d", size, b.size))
	}
}

// Allocate implements [memory.Allocator].
func (b *budget) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate implements [memory.Allocator].
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.take(size)
	return b.Allocator.Reallocate(size, old)
}

// Rows implements [source.Table].
func (t *arrowTable[E]) Rows() int64 { return t.index.total }

// Has implements [source.Table].
func (t *arrowTable[E]) Has(column int) bool { return t.columns[column].path != nil }

// Skip implements [source.Table]: to the batch that has the offset, of a file. A
// stream is read on to it.
func (t *arrowTable[E]) Skip(offset int64) {
	row := offset - t.options.Base
	batch := sort.Search(len(t.index.rows), func(i int) bool { return t.start[i+1] > row })
	if t.index.stream {
		t.first = t.start[batch] // Next passes over the batches before
		return
	}
	t.next = batch
}

// Next implements [source.Table].
func (t *arrowTable[E]) Next() (_ *source.Chunk[E], err error) {
	defer guard(t.options.Name, &err)
	for t.at == t.end {
		if t.next == len(t.index.rows) {
			return nil, io.EOF
		}
		if err := t.load(); err != nil {
			return nil, fmt.Errorf("record batch %d: %w", t.next, err)
		}
	}
	from, to := t.at, min(t.end, t.at+int64(t.options.ChunkRows))
	t.at = to
	return t.cut(int(from), int(to)), nil
}

// load reads the next record batch.
func (t *arrowTable[E]) load() error {
	t.budget.reset(t.options.Size)
	batch, err := t.read()
	if err != nil {
		return malformed("%v", err)
	}
	rows := t.index.rows[t.next]
	if batch.NumRows() != rows {
		return malformed("%d rows, not %d as it said", batch.NumRows(), rows)
	}
	skip := t.start[t.next] < t.first // of a stream
	t.next++
	if skip {
		return nil
	}
	t.first, t.at, t.end, t.bad = t.start[t.next-1], 0, rows, nil
	for i, c := range t.columns {
		if t.vectors[i], err = c.read(batch, int(rows)); err != nil {
			return err
		}
	}
	return nil
}

func (t *arrowTable[E]) read() (arrow.RecordBatch, error) {
	if t.blocks != nil {
		return t.blocks.RecordBatchAt(t.next)
	}
	if !t.stream.Next() {
		if err := t.stream.Err(); err != nil {
			return nil, err
		}
		return nil, io.ErrUnexpectedEOF
	}
	return t.stream.RecordBatch(), nil
}

// cut makes a chunk of rows of the batch.
func (t *arrowTable[E]) cut(from, to int) *source.Chunk[E] {
	base := t.options.Base + t.first
	c := &t.chunk
	*c = source.Chunk[E]{Schema: c.Schema, From: base + int64(from), Next: base + int64(to),
		Offsets: c.Offsets[:0], Columns: make([]source.Vector, len(t.vectors))}
	keep := t.keep(from, to)
	for i := from; i < to; i++ {
		if keep == nil || keep[i-from] {
			c.Offsets = append(c.Offsets, base+int64(i))
			continue
		}
		what := t.bad[i]
		c.Quarantine = append(c.Quarantine, source.Quarantined{Offset: base + int64(i), Raw: []byte(what),
			Reason: fmt.Sprintf("%s: row %d: %s", t.options.Name, t.first+int64(i), what)})
	}
	for i := range t.vectors {
		v := &t.vectors[i]
		c.Columns[i] = source.Vector{Kind: v.Kind, Dict: v.Dict, Ints: part(v.Ints, from, to, keep), Floats: part(v.Floats, from, to, keep),
			Codes: part(v.Codes, from, to, keep), Valid: part(v.Valid, from, to, keep)}
	}
	return c
}

// keep says which rows fit; nil if all do.
func (t *arrowTable[E]) keep(from, to int) []bool {
	var keep []bool
	for i := from; i < to && len(t.bad) > 0; i++ {
		if _, bad := t.bad[i]; !bad {
			continue
		}
		if keep == nil {
			keep = make([]bool, to-from)
			for k := range keep {
				keep[k] = true
			}
		}
		keep[i-from] = false
	}
	return keep
}

// part gives some of values. Nil stays nil.
func part[T any](values []T, from, to int, keep []bool) []T {
	if values == nil {
		return nil
	}
	values = values[from:to:to]
	if keep == nil {
		return values
	}
	out := make([]T, 0, len(values))
	for i, v := range values {
		if keep[i] {
			out = append(out, v)
		}
	}
	return out
}

// reject notes that a row of the batch has a value that doesn't fit.
func (t *arrowTable[E]) reject(row int, what string) {
	if t.bad == nil {
		t.bad = map[int]string{}
	}
	if _, known := t.bad[row]; !known {
		t.bad[row] = what
	}
}

// Close implements [source.Table].
func (t *arrowTable[E]) Close() error { return t.file.Close() }
