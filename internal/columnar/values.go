package columnar

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"

	encodings "github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// appendValues encodes the valid values of rows [from, to), and finds their
// bounds.
func (e *chunkEncoder) appendValues(page []byte, from, to int, valid []bool, bounds *pageBounds) ([]byte, error) {
	s, d := &e.w.scratch, e.data
	switch e.column.Type {
	case format.Double:
		floats := compact(d.Floats[from:to], valid, &s.floats)
		bounds.floats(floats)
		for _, f := range floats {
			page = binary.LittleEndian.AppendUint64(page, math.Float64bits(f))
		}
		return page, nil
	case format.ByteArray:
		if e.entries == 0 {
			return e.appendTexts(page, from, to, valid, bounds)
		}
		codes := compact(d.Codes[from:to], valid, &s.codes)
		bounds.texts(codes, d.Texts, s)
		return s.appendCodes(page, codes)
	}
	ints := compact(d.Ints[from:to], valid, &s.ints)
	bounds.ints(ints)
	switch {
	case e.entries > 0:
		return s.appendCodes(page, compact(s.entries[from:to], valid, &s.codes))
	case e.encoding() == format.DeltaBinaryPacked:
		var err error
		s.encoded, err = (&encodings.BinaryPackedEncoding{}).EncodeInt64(s.encoded, ints)
		return append(page, s.encoded...), err
	}
	return appendPlainInts(page, ints, e.column.Type), nil
}

// appendTexts writes the lengths of texts, then their bytes: that's faster to
// compress than each text after its length, and smaller.
func (e *chunkEncoder) appendTexts(page []byte, from, to int, valid []bool, bounds *pageBounds) (_ []byte, err error) {
	s := &e.w.scratch
	s.lengths, s.texts = s.lengths[:0], s.texts[:0]
	for i := from; i < to; i++ {
		if valid == nil || valid[i-from] {
			text := e.data.text(i)
			s.lengths = append(s.lengths, int32(len(text)))
			s.texts = append(s.texts, text...)
			bounds.blob(text)
		}
	}
	if s.encoded, err = (&encodings.BinaryPackedEncoding{}).EncodeInt32(s.encoded, s.lengths); err != nil {
		return nil, err
	}
	return append(append(page, s.encoded...), s.texts...), nil
}

// text gives the bytes of a row that has some.
func (d *Data) text(i int) []byte {
	switch {
	case d.Blobs != nil:
		return d.Blobs[i]
	case d.Codes != nil:
		return d.Texts.At(int(d.Codes[i]))
	}
	return d.Texts.At(i)
}

// appendCodes writes dictionary codes: their width, then runs.
func (s *scratch) appendCodes(page []byte, codes []uint32) ([]byte, error) {
	most := uint32(0) // codes rise as new values come, so earlier pages need fewer bits
	for _, code := range codes {
		most = max(most, code)
	}
	width := bits.Len32(most)
	page = append(page, byte(width))
	if len(codes) == 0 {
		return page, nil
	}
	if width == 0 {
		return binary.AppendUvarint(page, uint64(len(codes))<<1), nil
	}
	signed := unsafe.Slice((*int32)(unsafe.Pointer(&codes[0])), len(codes)) // there are no 2^31 texts
	var err error
	s.encoded, err = (&rle.Encoding{BitWidth: width}).EncodeInt32(s.encoded, signed)
	return append(page, s.encoded...), err
}

// compact gives the valid values; all of them, in place, where valid is nil.
func compact[T any](values []T, valid []bool, scratch *[]T) []T {
	if valid == nil {
		return values
	}
	out := (*scratch)[:0]
	for i, v := range values {
		if valid[i] {
			out = append(out, v)
		}
	}
	*scratch = out
	return out
}

func appendPlainInts(b []byte, ints []int64, typ format.Type) []byte {
	switch typ {
	case format.Boolean:
		for i, v := range ints {
			if i%8 == 0 {
				b = append(b, 0)
			}
			b[len(b)-1] |= byte(v&1) << (i % 8)
		}
	case format.Int32:
		for _, v := range ints {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	default:
		for _, v := range ints {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
	}
	return b
}
