package arrowsource

import (
	"encoding/binary"
	"io"
)

// The library tells a record batch's rows only when it has read, and perhaps
// decompressed, the whole batch, and it follows a schema wherever its offsets
// lead. So the few numbers that are needed before are read here, from the
// FlatBuffers that Arrow's messages are.
//
// Source: Apache Arrow, "Serialization and Interprocess Communication (IPC)", and
// the schemas Message.fbs, File.fbs and Schema.fbs.

const (
	magic       = "ARROW1"
	maxMetadata = 16 << 20 // bytes of a message's description, or of a footer
	maxFields   = 1 << 16
	maxDepth    = 64
	// maxRowsPerByte bounds the rows that a file may claim: a column of nulls has
	// no bytes for them.
	maxRowsPerByte = 1 << 13
)

// The kinds of messages.
const (
	schemaMessage     = 1
	dictionaryMessage = 2
	batchMessage      = 3
)

// index is what a file says of its record batches.
type index struct {
	stream bool
	rows   []int64 // of each batch
	total  int64
	views  views
}

type fileAt struct {
	io.ReaderAt
	size int64
}

// bytes gives a part of the file, which must be there.
func (f fileAt) bytes(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > f.size || n > f.size-at {
		return nil, malformed("%d bytes at %d of %d", n, at, f.size)
	}
	b := make([]byte, n)
	if k, err := f.ReadAt(b, at); k < len(b) {
		return nil, err
	}
	return b, nil
}

func readIndex(f fileAt) (*index, error) {
	if f.size < int64(len(magic)) {
		return nil, malformed("it has %d bytes", f.size)
	}
	first, err := f.bytes(0, int64(len(magic)))
	if err != nil {
		return nil, err
	}
	x := &index{stream: string(first) != magic}
	if x.stream {
		return x, x.readStream(f)
	}
	return x, x.readFile(f)
}

// readFile reads the footer of a file, and the batches' descriptions.
func (x *index) readFile(f fileAt) error {
	const (
		tail      = 4 + len(magic)
		blockSize = 24
	)
	last, err := f.bytes(f.size-int64(tail), int64(tail))
	if err != nil {
		return err
	}
	size := int64(int32(binary.LittleEndian.Uint32(last)))
	if string(last[4:]) != magic || size > maxMetadata {
		return malformed("it doesn't end like a file, or has a footer of %d bytes", size)
	}
	b, err := f.bytes(f.size-int64(tail)-size, size)
	if err != nil {
		return err
	}
	footer := root(b)
	if x.views, err = checkSchema(footer.table(1)); err != nil {
		return err
	}
	for i, at := range footer.vector(2, blockSize) {
		m, _, err := x.readMessage(f, int64(binary.LittleEndian.Uint64(b[at:])))
		if err != nil {
			return err
		}
		if m == nil || m.kind != dictionaryMessage {
			return malformed("block %d is no dictionary", i)
		}
	}
	for i, at := range footer.vector(3, blockSize) {
		m, _, err := x.readMessage(f, int64(binary.LittleEndian.Uint64(b[at:])))
		if err != nil {
			return err
		}
		if m == nil || m.kind != batchMessage {
			return malformed("block %d is no record batch", i)
		}
		if err := x.add(m.rows, f.size); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) readStream(f fileAt) error {
	for at, first := int64(0), true; ; first = false {
		m, next, err := x.readMessage(f, at)
		if err != nil || m == nil {
			if first && err == nil {
				err = malformed("it has no schema")
			}
			return err
		}
		switch {
		case first && m.kind != schemaMessage:
			return malformed("it begins with a message of kind %d", m.kind)
		case m.kind == batchMessage:
			err = x.add(m.rows, f.size)
		case m.kind != dictionaryMessage && !first:
			err = malformed("a message of kind %d", m.kind)
		}
		if err != nil {
			return err
		}
		at = next
	}
}

func (x *index) add(rows, size int64) error {
	if rows < 0 || rows > size*maxRowsPerByte-x.total {
		return malformed("a record batch claims %d rows in a file of %d bytes", rows, size)
	}
	x.rows, x.total = append(x.rows, rows), x.total+rows
	return nil
}

type message struct {
	kind   byte
	header table
	rows   int64
}

// readMessage reads a message's description, and says where the next one is. At
// the end there's none.
func (x *index) readMessage(f fileAt, at int64) (m *message, next int64, err error) {
	if at == f.size {
		return nil, at, nil
	}
	prefix, err := f.bytes(at, 4)
	if err != nil {
		return nil, 0, err
	}
	at += 4
	if binary.LittleEndian.Uint32(prefix) == 0xffffffff { // since format 0.15
		if prefix, err = f.bytes(at, 4); err != nil {
			return nil, 0, err
		}
		at += 4
	}
	size := int64(int32(binary.LittleEndian.Uint32(prefix)))
	switch {
	case size == 0:
		return nil, at, nil
	case size > maxMetadata:
		return nil, 0, malformed("a message's description of %d bytes", size)
	}
	b, err := f.bytes(at, size)
	if err != nil {
		return nil, 0, err
	}
	at += size
	t := root(b)
	m = &message{kind: t.byte(1), header: t.table(2)}
	body := t.int64(3)
	if body < 0 || body > f.size-at {
		return nil, 0, malformed("a message of %d bytes where %d are left", body, f.size-at)
	}
	if m.kind == batchMessage {
		m.rows = m.header.int64(0)
	}
	return m, at + body, x.checkMessage(t, m)
}

// table is a FlatBuffers table. Offsets that lead out of bounds panic, for guard.
type table struct {
	b  []byte
	at int // 0 where there's no table
}

func root(b []byte) table { return table{b, int(binary.LittleEndian.Uint32(b))} }

// member gives the place of a member; 0 where it isn't stored.
func (t table) member(i int) int {
	if t.at == 0 {
		return 0
	}
	slots := t.at - int(int32(binary.LittleEndian.Uint32(t.b[t.at:])))
	if 4+2*i >= int(binary.LittleEndian.Uint16(t.b[slots:])) {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(t.b[slots+4+2*i:]))
	if offset == 0 {
		return 0
	}
	return t.at + offset
}

func (t table) byte(i int) byte {
	if at := t.member(i); at > 0 {
		return t.b[at]
	}
	return 0
}

func (t table) int64(i int) int64 {
	if at := t.member(i); at > 0 {
		return int64(binary.LittleEndian.Uint64(t.b[at:]))
	}
	return 0
}

func (t table) table(i int) table {
	at := t.member(i)
	if at == 0 {
		return table{}
	}
	return table{t.b, at + int(binary.LittleEndian.Uint32(t.b[at:]))}
}

// follow gives the table that an element of a vector points to.
func (t table) follow(at int) table {
	return table{t.b, at + int(binary.LittleEndian.Uint32(t.b[at:]))}
}

// vector gives the places of a vector's elements, all within the bytes.
func (t table) vector(i, size int) []int {
	at, n := t.extent(i, size)
	if n == 0 {
		return nil
	}
	places := make([]int, n)
	for k := range places {
		places[k] = at + k*size
	}
	return places
}

// extent gives where a vector's elements begin, and how many there are.
func (t table) extent(i, size int) (at, n int) {
	if at = t.member(i); at == 0 {
		return 0, 0
	}
	at += int(binary.LittleEndian.Uint32(t.b[at:]))
	n = int(binary.LittleEndian.Uint32(t.b[at:]))
	_ = t.b[at+4 : at+4+n*size]
	return at + 4, n
}
