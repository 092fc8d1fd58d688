package columnar

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	pageRows = 1 << 15 // of a page, at most
	pageText = 1 << 20 // bytes of texts in a page, about
)

// scratch is memory that one column after another uses.
type scratch struct {
	levels  []byte
	encoded []byte
	page    []byte
	packed  []byte
	header  []byte
	ints    []int64
	floats  []float64
	codes   []uint32
	seen    []uint32
	lengths []int32
	texts   []byte

	entries  []uint32 // the rows' codes in a dictionary of integers
	distinct distinct
	strides  strides
}

// chunkEncoder writes one column of a row group.
type chunkEncoder struct {
	w       *Writer
	column  *Column
	data    *Data
	rows    int
	meta    format.ColumnMetaData
	index   pageIndex
	entries int // of the dictionary; 0 where there's none
}

func (e *chunkEncoder) encode() error {
	e.meta = format.ColumnMetaData{Type: e.column.Type, PathInSchema: e.column.Path, Codec: format.Zstd, NumValues: int64(e.rows)}
	start := e.w.out.size
	if err := e.writeDictionary(); err != nil {
		return err
	}
	e.meta.DataPageOffset = int64(e.w.out.size)
	for from := 0; from < e.rows; {
		to := e.pageEnd(from)
		if err := e.writePage(from, to); err != nil {
			return err
		}
		from = to
	}
	e.meta.TotalCompressedSize = int64(e.w.out.size - start)
	e.meta.Encoding = append(e.meta.Encoding, e.encoding())
	if e.entries > 0 {
		e.meta.Encoding = append(e.meta.Encoding, format.Plain)
	}
	if e.column.Optional {
		e.meta.Encoding = append(e.meta.Encoding, format.RLE)
	}
	e.meta.Statistics = e.index.total(e.column)
	return nil
}

func (e *chunkEncoder) encoding() format.Encoding {
	switch {
	case e.entries > 0:
		return format.RLEDictionary
	case e.column.Type == format.Int64:
		return format.DeltaBinaryPacked
	case e.column.Type == format.ByteArray:
		return format.DeltaLengthByteArray
	}
	return format.Plain
}

// writeDictionary writes the column's dictionary, if it gets one: texts unless
// they hardly repeat, and integers of few values. Other integers are packed as
// differences. Both take fewer bytes than plain ones, compressed, and a fraction
// of the time (see the benchmarks of package source).
func (e *chunkEncoder) writeDictionary() error {
	s, n, size := &e.w.scratch, 0, 0 // entries, and bytes of each if that's all the same
	s.encoded = s.encoded[:0]
	switch {
	case e.column.Type == format.ByteArray && e.data.Codes != nil:
		n = e.textDictionary()
		if width, same := e.data.Texts.width(); same {
			size = 4 + width
		}
	case (e.column.Type == format.Int32 || e.column.Type == format.Int64) && !e.column.Rising:
		n = e.intDictionary()
		if e.column.Type == format.Int64 {
			size = 8
		}
	}
	if n == 0 {
		return nil
	}
	e.entries = n
	e.meta.DictionaryPageOffset = int64(e.w.out.size)
	_, err := e.emit(format.PageHeader{Type: format.DictionaryPage,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(n), Encoding: format.Plain})}, s.encoded, size)
	return err
}

// textDictionary encodes the texts and gives their number, or 0.
func (e *chunkEncoder) textDictionary() int {
	s, texts := &e.w.scratch, e.data.Texts
	if texts.Size()+4*texts.Len() > pageText && texts.Len() > e.rows/2 {
		return 0
	}
	s.encoded = texts.appendPlain(s.encoded)
	return texts.Len()
}

// intDictionary encodes the distinct integers, gives their number, and leaves
// the rows' codes. Where they are many it gives up early, with 0.
func (e *chunkEncoder) intDictionary() int {
	s := &e.w.scratch
	s.distinct.reset()
	s.entries = slices.Grow(s.entries[:0], e.rows)[:e.rows]
	last, code, ok := int64(0), uint32(0), false // rows often have the value of the row before
	for i, v := range e.data.Ints[:e.rows] {
		if e.data.Valid != nil && !e.data.Valid[i] {
			s.entries[i] = 0 // it isn't written
			continue
		}
		if ok && v == last {
			s.entries[i] = code
			continue
		}
		if code, ok = s.distinct.code(v); !ok {
			return 0
		}
		s.entries[i], last = code, v
	}
	s.encoded = appendPlainInts(s.encoded, s.distinct.values, e.column.Type)
	return len(s.distinct.values)
}

// pageEnd gives the row that the page from a row ends before.
func (e *chunkEncoder) pageEnd(from int) int {
	to := min(from+pageRows, e.rows)
	if e.column.Type != format.ByteArray || e.entries > 0 {
		return to
	}
	size := 0
	for i := from; i < to; i++ {
		if e.data.Valid == nil || e.data.Valid[i] {
			size += len(e.data.text(i))
		}
		if size > pageText {
			return i + 1
		}
	}
	return to
}

// writePage writes rows [from, to): levels first, then the values that aren't
// null.
func (e *chunkEncoder) writePage(from, to int) (err error) {
	s := &e.w.scratch
	page := s.page[:0]
	var valid []bool
	nulls := 0
	if e.column.Optional {
		if e.data.Valid != nil {
			valid = e.data.Valid[from:to]
		}
		if nulls, err = s.encodeLevels(valid, to-from); err != nil {
			return err
		}
		page = binary.LittleEndian.AppendUint32(page, uint32(len(s.levels)))
		page = append(page, s.levels...)
	}
	if nulls == 0 {
		valid = nil
	}
	bounds := pageBounds{nulls: nulls, rows: to - from}
	if page, err = e.appendValues(page, from, to, valid, &bounds); err != nil {
		return err
	}
	s.page = page
	offset := e.w.out.size
	size, err := e.emit(format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{
		NumValues: int32(to - from), Encoding: e.encoding(),
		DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}, page, 0)
	e.index.add(format.PageLocation{Offset: int64(offset), CompressedPageSize: int32(size), FirstRowIndex: int64(from)}, bounds)
	return err
}

func (s *scratch) encodeLevels(valid []bool, n int) (nulls int, err error) {
	if valid == nil {
		s.levels = append(binary.AppendUvarint(s.levels[:0], uint64(n)<<1), 1)
		return 0, nil
	}
	s.header = s.header[:0]
	for _, v := range valid {
		level := byte(0)
		if v {
			level = 1
		} else {
			nulls++
		}
		s.header = append(s.header, level)
	}
	s.levels, err = (&rle.Encoding{BitWidth: 1}).EncodeLevels(s.levels, s.header)
	return nulls, err
}

// emit compresses a page and writes it after its header. It gives the size of
// both. record is the size of the page's records, if they are of one.
func (e *chunkEncoder) emit(header format.PageHeader, page []byte, record int) (int, error) {
	s := &e.w.scratch
	if err := e.compress(page, header.Type, record); err != nil {
		return 0, err
	}
	header.UncompressedPageSize, header.CompressedPageSize = int32(len(page)), int32(len(s.packed))
	header.CRC = int32(crc32.ChecksumIEEE(s.packed))
	size, err := e.w.append(&header)
	if err != nil {
		return 0, err
	}
	e.w.out.write(s.packed)
	e.meta.TotalUncompressedSize += int64(size + len(page))
	return size + len(s.packed), nil
}

// compress leaves a page, compressed, in packed.
func (e *chunkEncoder) compress(page []byte, typ format.PageType, record int) (err error) {
	s := &e.w.scratch
	var done bool
	if s.packed, done = s.strides.compress(s.packed[:0], page, record); done {
		return nil
	}
	if s.packed, err = zstdCodec.Encode(s.packed, page); err != nil {
		return err
	}
	const short = 1 << 8 // entries: their codes fit a byte, so some bytes are more frequent than others
	if typ == format.DataPage && e.entries > 0 && e.entries <= short && len(s.packed) >= len(page) {
		s.packed = s.strides.entropy(s.packed[:0], page)
	}
	return nil
}
