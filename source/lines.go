package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Lines is the format of files with a record in each line, such as
// Lines(JSON[Event]()). Blank lines are none; a line of more than 16 MiB makes
// the file unreadable.
func Lines[E any](d Decoder[E]) Format[E] { return lines[E]{d} }

type lines[E any] struct{ decoder Decoder[E] }

// Open implements [Format].
func (l lines[E]) Open(name string, file io.Reader, _ *Schema) (Records[E], error) {
	return &lineRecords[E]{lines: l, name: name, file: text(file)}, nil
}

type lineRecords[E any] struct {
	lines[E]
	name string
	file *bufio.Reader
	long []byte // a line that doesn't fit into file's buffer
	line int
}

// Next implements [Records].
func (r *lineRecords[E]) Next(b *Builder[E], offset int64) error {
	record, err := r.next()
	if err != nil {
		return errAt(r.name, r.line, err)
	}
	b.take(b.callDecoder(r.decoder, record), offset, record).locate(r.name, r.line)
	return nil
}

// Skip implements [Records].
func (r *lineRecords[E]) Skip() error {
	_, err := r.next()
	return errAt(r.name, r.line, err)
}

// next gives the next line that isn't blank. It's good until the next call.
func (r *lineRecords[E]) next() ([]byte, error) {
	for {
		r.line++
		line, err := r.file.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line, err = r.rest(line)
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// rest goes on with a line that filled the buffer.
func (r *lineRecords[E]) rest(line []byte) ([]byte, error) {
	r.long = append(r.long[:0], line...)
	for {
		line, err := r.file.ReadSlice('\n')
		r.long = append(r.long, line...)
		if len(r.long) > maxRecord {
			return nil, errRecordSize
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return r.long, err
		}
	}
}
