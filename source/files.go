package source

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
)

// Files is a log that doesn't grow: the records of files, in the order of their
// names. It has one partition; an offset is a record's number over all the
// files, from 0, those in quarantine counted. Files whose names end in .gz are
// decompressed. They must not change while the log is in use.
//
// A file has no index, so opening the log at an offset reads all records before
// it, without decoding them. Files that were read to their end once are passed
// over.
type Files[E any] struct {
	fsys     fs.FS
	files    []logFile
	schema   *Schema
	format   Format[E]
	opts     FilesOptions[E]
	mu       sync.Mutex
	records  []int64 // of each file; -1 while it isn't known
	identity string
}

type logFile struct {
	name string
	size int64
}

// FilesOptions are the options of [NewFiles].
type FilesOptions[E any] struct {
	// Transform changes each event as it's read.
	Transform Transform[E]
	// ChunkRows is the number of records that a chunk holds at most; 4096 if 0.
	ChunkRows int
	// Identity names the log. With one of your own, only add files whose names
	// sort after all others, and never rename, change or remove one: offsets would
	// shift, and nothing checks that. If empty, it's made of the files' names and sizes:
	// the archive of a log isn't continued then when a file is added.
	Identity string
}

// NewFiles makes a log of the files whose names match a pattern, as [Glob] has
// it. That there are none is ErrOptions.
func NewFiles[E any](fsys fs.FS, pattern string, format Format[E], opts FilesOptions[E]) (*Files[E], error) {
	schema, err := SchemaOf[E]()
	if err != nil {
		return nil, err
	}
	switch {
	case opts.ChunkRows < 0:
		return nil, fmt.Errorf("%w: chunks of %d rows", ErrOptions, opts.ChunkRows)
	case opts.ChunkRows == 0:
		opts.ChunkRows = DefaultChunkRows
	}
	l := &Files[E]{fsys: fsys, schema: schema, format: format, opts: opts}
	if l.files, err = listFiles(fsys, pattern); err != nil {
		return nil, err
	}
	for range l.files {
		l.records = append(l.records, -1)
	}
	if l.identity = opts.Identity; l.identity == "" {
		l.identity = "files " + digestFiles(l.files)
	}
	return l, nil
}

// listFiles gives the files that match a pattern, as [Glob] has it, in the order
// of their names.
func listFiles(fsys fs.FS, pattern string) ([]logFile, error) {
	names, err := Glob(fsys, pattern)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: no files match %q", ErrOptions, pattern)
	}
	files := make([]logFile, 0, len(names))
	for _, name := range names {
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("cannot look at %s: %w", name, err)
		}
		files = append(files, logFile{name, info.Size()})
	}
	return files, nil
}

// digestFiles makes an identity of files' names and sizes.
func digestFiles(files []logFile) string {
	hash := sha256.New()
	for _, f := range files {
		fmt.Fprintf(hash, "%q %d\n", f.name, f.size)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// Identity implements [Source].
func (l *Files[E]) Identity(context.Context) (string, error) { return l.identity, nil }

// Partitions implements [Source].
func (l *Files[E]) Partitions(context.Context) (int, error) { return 1, nil }

// Open implements [Source]. It reads what comes before the offset.
func (l *Files[E]) Open(ctx context.Context, partition int, offset int64) (Reader[E], error) {
	if partition != 0 || offset < 0 {
		return nil, fmt.Errorf("%w: there is no offset %d of partition %d; files are partition 0", ErrOffset, offset, partition)
	}
	r := &filesReader[E]{log: l, file: -1, builder: NewBuilder(l.schema, l.opts.Transform)}
	if err := r.seek(ctx, offset); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// known gives the number of records of a file, or -1.
func (l *Files[E]) known(file int) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records[file]
}

func (l *Files[E]) learn(file int, records int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records[file] = records
}

// filesReader is at a record of a file.
type filesReader[E any] struct {
	log     *Files[E]
	builder *Builder[E]
	file    int // the open one; -1 before the first
	records Records[E]
	passed  int64 // records of the open file
	content io.Closer
	next    int64 // offset
	err     error // what every later call gives
}

// Next implements [Reader].
func (r *filesReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	from := r.next
	r.builder.Reset()
	for r.err == nil && r.next < from+int64(r.log.opts.ChunkRows) {
		if err := r.step(func() error { return r.records.Next(r.builder, r.next) }); err != nil {
			r.err = err
		}
	}
	if r.next == from {
		return nil, r.err
	}
	return r.builder.Chunk(0, from, r.next), nil
}

// step does something with the next record, opening the next file if need be.
// After the last it's io.EOF.
func (r *filesReader[E]) step(do func() error) error {
	for {
		err := io.EOF
		if r.records != nil {
			err = do()
		}
		if err == nil {
			r.next++
			r.passed++
			return nil
		}
		if !errors.Is(err, io.EOF) {
			return fmt.Errorf("cannot read %w", err)
		}
		if r.records != nil {
			r.log.learn(r.file, r.passed)
		}
		if r.file+1 == len(r.log.files) {
			return io.EOF
		}
		if err := r.open(r.file + 1); err != nil {
			return notEnd(err)
		}
	}
}

// seek passes over what comes before an offset.
func (r *filesReader[E]) seek(ctx context.Context, offset int64) error {
	for passed := 0; r.next < offset; passed++ {
		if passed%DefaultChunkRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.records == nil && r.file+1 < len(r.log.files) {
			if n := r.log.known(r.file + 1); n >= 0 && r.next+n <= offset {
				r.file++
				r.next += n
				continue
			}
		}
		err := r.step(func() error { return r.records.Skip() })
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: the files have [0, %d), not %d", ErrOffset, r.next, offset)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// notEnd keeps the end of one file, where it's an error, from passing for the
// end of the log: that of an empty file which should have been a gzip, say.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", err.Error(), io.ErrUnexpectedEOF)
	}
	return err
}

// open begins a file.
func (r *filesReader[E]) open(file int) error {
	if err := r.Close(); err != nil {
		return fmt.Errorf("cannot close %s: %w", r.log.files[r.file].name, err)
	}
	r.file, r.passed = file, 0
	f := r.log.files[file]
	content, err := r.read(f)
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", f.name, err)
	}
	if r.records, err = r.log.format.Open(f.name, content, r.log.schema); err != nil {
		return fmt.Errorf("cannot read %w", err)
	}
	return nil
}

// read opens a file for reading, decompressed, and checks that it's still the
// one that the log's identity was made of.
func (r *filesReader[E]) read(f logFile) (io.Reader, error) {
	file, err := r.log.fsys.Open(f.name)
	if err != nil {
		return nil, err
	}
	r.content = file
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != f.size {
		return nil, fmt.Errorf("it had %d bytes when the log was made, and has %d now", f.size, info.Size())
	}
	if !strings.HasSuffix(f.name, ".gz") {
		return file, nil
	}
	return gzip.NewReader(file)
}

// Close implements [Reader].
func (r *filesReader[E]) Close() error {
	if r.content == nil {
		return nil
	}
	err := r.content.Close()
	r.content, r.records = nil, nil
	return err
}
