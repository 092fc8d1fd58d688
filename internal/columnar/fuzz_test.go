package columnar

import (
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
)

// counter numbers texts as they come.
type counter struct{ n uint32 }

func (c *counter) Entry([]byte) uint32 { c.n++; return c.n - 1 }
func (c *counter) Code([]byte) uint32  { c.n++; return c.n - 1 }

// FuzzPages reads pages without checksums, so that the decoders see whatever the
// fuzzer thinks of: a dictionary, then a page of some type, encoding and codec.
func FuzzPages(f *testing.F) {
	for _, typ := range []format.Type{format.Boolean, format.Int32, format.Int64, format.Float, format.Double, format.ByteArray, format.FixedLenByteArray} {
		for _, encoding := range []format.Encoding{format.Plain, format.RLE, format.DeltaBinaryPacked, format.DeltaLengthByteArray, format.DeltaByteArray, format.RLEDictionary, format.ByteStreamSplit} {
			page := append([]byte{2, 0, 0, 0, 16, 1}, 128, 1, 4, 8, 2, 1, 0, 0, 0, 0, 2, 6, 0, 0, 0)
			f.Add(int32(typ), int32(encoding), int32(format.Uncompressed), byte(1), uint16(8), []byte("\x01\x00\x00\x00a\x02\x00\x00\x00bc123"), page)
			f.Add(int32(typ), int32(encoding), int32(format.Zstd), byte(0), uint16(8), []byte{}, page)
		}
	}
	f.Fuzz(func(t *testing.T, typ, encoding, codec int32, levels byte, rows uint16, dictionary, page []byte) {
		c := &ColumnReader{rows: int64(rows), leaf: &Leaf{maxLevel: uint32(levels % 3)},
			meta: &format.ColumnMetaData{Type: format.Type(typ), Codec: format.CompressionCodec(codec)}}
		c.leaf.Element.TypeLength = thrift.New(int32(levels >> 3))
		emit := func(h format.PageHeader, body []byte) {
			h.CompressedPageSize, h.UncompressedPageSize = int32(len(body)), int32(len(body))
			b, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
			require.NoError(t, err)
			c.pages = append(append(c.pages, b...), body...)
		}
		if len(dictionary) > 0 {
			emit(format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(levels)})}, dictionary)
		}
		emit(format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{NumValues: int32(rows),
			Encoding: format.Encoding(encoding), DefinitionLevelEncoding: format.RLE})}, page)
		again := *c
		for _, read := range []func(*ColumnReader, []bool) error{
			func(c *ColumnReader, valid []bool) error { _, err := c.Ints(make([]int64, rows), valid); return err },
			func(c *ColumnReader, valid []bool) error {
				_, err := c.Floats(make([]float64, rows), valid)
				return err
			},
			func(c *ColumnReader, valid []bool) error {
				_, err := c.Codes(make([]uint32, rows), valid, new(counter))
				return err
			},
			func(c *ColumnReader, valid []bool) error { _, err := c.Blobs(make([][]byte, rows), valid); return err },
		} {
			*c = again
			if err := read(c, make([]bool, rows)); err != nil && !errors.Is(err, ErrFormat) {
				require.ErrorIs(t, err, ErrUnsupported)
			}
		}
	})
}
