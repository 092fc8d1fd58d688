package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Format says how records lie in a file, and decodes them.
type Format[E any] interface {
	// Open begins a file, which comes decompressed. name is for messages. An
	// error says that the file isn't of the format. It's safe for concurrent use.
	Open(name string, file io.Reader, schema *Schema) (Records[E], error)
}

// Records is a file's records, one after another. What counts as a record
// doesn't depend on whether it can be decoded.
type Records[E any] interface {
	// Next adds the next record to b, as the event at an offset or to quarantine
	// with its place in the file. After the last it's io.EOF; any other error
	// says that the file can't be read any further.
	Next(b *Builder[E], offset int64) error
	// Skip passes over the next record. Its errors are Next's.
	Skip() error
}

// maxRecord is the most bytes that a record of a file may have. A file that has
// lost its line ends, or a quote, mustn't fill the memory.
const maxRecord = 16 << 20

// text buffers a text file, and passes over a byte order mark at its beginning.
func text(file io.Reader) *bufio.Reader {
	const mark = "\ufeff"
	buffered := bufio.NewReaderSize(file, 64<<10)
	if start, _ := buffered.Peek(len(mark)); string(start) == mark {
		_, _ = buffered.Discard(len(mark))
	}
	return buffered
}

var errRecordSize = fmt.Errorf("a record of more than %d MiB", maxRecord>>20)

// errAt puts a place before what went wrong there, except at the end of a file.
func errAt(name string, line int, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("%s:%d: %w", name, line, err)
}

// locate puts a record's place before the reason of its quarantine, if it's in.
func (q *Quarantined) locate(name string, line int) {
	if q != nil {
		q.Reason = fmt.Sprintf("%s:%d: %s", name, line, q.Reason)
	}
}
