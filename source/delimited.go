package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Delimited is the format of files in which each record follows its length, an
// unsigned varint, as Protocol Buffers' writeDelimitedTo and Go's protodelim
// write it. A record of more than 16 MiB, or a file that ends within one, makes
// the file unreadable there.
func Delimited[E any](d Decoder[E]) Format[E] { return delimited[E]{d} }

type delimited[E any] struct{ decoder Decoder[E] }

// Open implements [Format].
func (d delimited[E]) Open(name string, file io.Reader, _ *Schema) (Records[E], error) {
	return &delimitedRecords[E]{delimited: d, name: name, file: bufio.NewReaderSize(file, 64<<10)}, nil
}

type delimitedRecords[E any] struct {
	delimited[E]
	name   string
	file   *bufio.Reader
	record bytes.Buffer
	number int // of the record, from 1
}

// Next implements [Records].
func (r *delimitedRecords[E]) Next(b *Builder[E], offset int64) error {
	size, err := r.next()
	if err != nil {
		return err
	}
	// Copied as it comes, so that a length that lies allocates no more than the file has.
	r.record.Reset()
	if _, err := io.CopyN(&r.record, r.file, size); err != nil {
		return r.broken(err)
	}
	record := r.record.Bytes()
	b.take(b.callDecoder(r.decoder, record), offset, record).locate(r.name, r.number)
	return nil
}

// Skip implements [Records].
func (r *delimitedRecords[E]) Skip() error {
	size, err := r.next()
	if err != nil {
		return err
	}
	_, err = r.file.Discard(int(size))
	return r.broken(err)
}

// next gives the next record's length.
func (r *delimitedRecords[E]) next() (int64, error) {
	if _, err := r.file.Peek(1); err != nil {
		return 0, errAt(r.name, r.number+1, err)
	}
	r.number++
	size, err := binary.ReadUvarint(r.file)
	if err == nil && size > maxRecord {
		err = errRecordSize
	}
	return int64(size), r.broken(err)
}

// broken says that the file ended, or worse, within a record.
func (r *delimitedRecords[E]) broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: record %d: %w", r.name, r.number, err)
}
