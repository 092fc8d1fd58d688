package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// filesRead counts files of events.
type filesRead struct{ files, skipped int64 }

// count counts a file that is read or skipped, and says which.
func (r *filesRead) count(read bool) bool {
	if read {
		r.files++
	} else {
		r.skipped++
	}
	return read
}

func (r *filesRead) add(other filesRead) {
	r.files += other.files
	r.skipped += other.skipped
}

// readEvents reads a segment's events, file by file: pick gives what is called with
// a file's chunks, or nil to skip the file. Offsets rise within a file alone.
func (p *Pipeline[E]) readEvents(ctx context.Context, segment *archive.Entry, columns []int, pick func(archive.File) func(*source.Chunk[E]) error) error {
	r := eventReader[E]{segment: segment, columns: columns}
	if len(segment.Events) > 1 {
		r.seen = &offsetSet{}
	}
	for _, file := range segment.Events {
		fold := pick(file)
		if fold == nil {
			continue
		}
		body, err := p.archive.ReadFile(ctx, file)
		if err != nil {
			return err
		}
		if err := r.read(ctx, file, body, fold); err != nil {
			return err
		}
	}
	return nil
}

// eventReader checks a segment's events while it reads them: who wrote the files
// may have erred, and an event that counts twice must not pass.
type eventReader[E any] struct {
	segment *archive.Entry
	columns []int
	seen    *offsetSet // in other files too; nil where there's one
}

func (r *eventReader[E]) read(ctx context.Context, file archive.File, body []byte, fold func(*source.Chunk[E]) error) error {
	reader, err := source.OpenParquet[E](file.Name, body, source.ParquetOptions{Columns: r.columns})
	if err != nil {
		return unread(err)
	}
	rows, next := int64(0), r.segment.From
	for {
		chunk, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unread(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk.Partition = r.segment.Partition
		for _, offset := range chunk.Offsets {
			if offset < next || offset >= r.segment.To {
				return fmt.Errorf("%w: %s has an event at offset %d, and its segment holds [%d, %d)", archive.ErrCorrupt, file.Name, offset, r.segment.From, r.segment.To)
			}
			if r.seen != nil && !r.seen.add(offset) {
				return fmt.Errorf("%w: %s has the event at offset %d, which another file of the segment has too", archive.ErrCorrupt, file.Name, offset)
			}
			next = offset + 1
		}
		rows += int64(chunk.Len())
		if err := fold(chunk); err != nil {
			return err
		}
	}
	if rows != file.Rows {
		return fmt.Errorf("%w: %s holds %d events, and its entry says %d", archive.ErrCorrupt, file.Name, rows, file.Rows)
	}
	return nil
}

// offsetSet is a set of offsets. Its memory goes by how many there are, not by the
// range that an entry claims.
type offsetSet struct {
	pages map[int64]*[8]uint64 // of 512 offsets each
	at    int64                // the last page that was used
	page  *[8]uint64
}

// add says whether the offset is new.
func (s *offsetSet) add(offset int64) bool {
	if at := offset >> 9; s.page == nil || at != s.at {
		if s.pages == nil {
			s.pages = map[int64]*[8]uint64{}
		}
		if s.pages[at] == nil {
			s.pages[at] = new([8]uint64)
		}
		s.at, s.page = at, s.pages[at]
	}
	word, bit := &s.page[offset>>6&7], uint64(1)<<(offset&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
