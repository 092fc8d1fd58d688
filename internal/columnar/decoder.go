package columnar

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// decoder reads the values of a data page.
type decoder struct {
	encoding format.Encoding
	b        []byte
	at       int    // in b, in bytes; in bits for bools; in values for split streams
	runs     hybrid // of dictionary codes, and of bools as RLE
	deltas   delta
	lengths  []int64 // of texts to come
	shared   []int64 // how much each takes from the text before it
	last     []byte
}

func (c *ColumnReader) newDecoder(encoding format.Encoding, b []byte) (d decoder, err error) {
	d = decoder{encoding: encoding, b: b}
	text := c.meta.Type == format.ByteArray
	switch {
	case encoding == format.Plain:
	//lint:ignore SA1019 version 1 files have it
	case encoding == format.PlainDictionary || encoding == format.RLEDictionary:
		d.encoding = format.RLEDictionary
		if len(b) == 0 { // a page of nulls alone
			return d, nil
		}
		d.runs, err = newHybrid(b[1:], uint(b[0]))
	case encoding == format.RLE && c.meta.Type == format.Boolean:
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return d, malformed("a page of bools is cut off")
		}
		d.runs, err = newHybrid(b[4:4+binary.LittleEndian.Uint32(b)], 1)
	case encoding == format.DeltaBinaryPacked && (c.meta.Type == format.Int32 || c.meta.Type == format.Int64):
		d.deltas, err = newDelta(b)
	case encoding == format.DeltaLengthByteArray && text:
		d.lengths, d.b, err = c.readLengths(b)
	case encoding == format.DeltaByteArray && text:
		if d.shared, b, err = c.readLengths(b); err == nil {
			d.lengths, d.b, err = c.readLengths(b)
		}
		if err == nil {
			err = checkShared(d.shared, len(d.lengths))
		}
	case encoding == format.ByteStreamSplit && c.width() > 0 && len(b)%c.width() == 0:
	default:
		return d, unsupported("%s as %s", c.meta.Type, encoding)
	}
	return d, err
}

// readLengths reads as many lengths as the page has values at most.
func (c *ColumnReader) readLengths(b []byte) ([]int64, []byte, error) {
	d, err := newDelta(b)
	if err != nil {
		return nil, nil, err
	}
	// A block of equal lengths packs a thousand values and more into a byte or
	// two, so they are held to what a sound page has.
	if d.left > c.page.left || d.left > maxTexts {
		return nil, nil, malformed("%d lengths in a page of %d rows", d.left, c.page.left)
	}
	lengths := make([]int64, d.left)
	rest, err := d.rest(lengths)
	return lengths, rest, err
}

// checkShared holds the prefixes of a page's texts to its texts, and to a size:
// they are what a page can unfold into without having it.
func checkShared(shared []int64, texts int) error {
	if len(shared) != texts {
		return malformed("%d prefixes of %d texts", len(shared), texts)
	}
	total := int64(0)
	for _, n := range shared {
		if total += n; n < 0 || n > maxPage || total > maxPage {
			return malformed("texts that share %d bytes", total)
		}
	}
	return nil
}

// maxTexts bounds the texts of a page that holds their lengths as deltas.
const maxTexts = 1 << 24

// width is the bytes of a plain value, 0 where that varies.
func (c *ColumnReader) width() int {
	switch c.meta.Type {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return max(0, int(c.leaf.Element.TypeLength.V))
	}
	return 0
}

// take gives the next n plain values.
func (d *decoder) take(n, width int) ([]byte, error) {
	if d.at+n*width > len(d.b) {
		return nil, malformed("%d values of %d bytes where %d bytes are left", n, width, len(d.b)-d.at)
	}
	b := d.b[d.at : d.at+n*width]
	d.at += n * width
	return b, nil
}

// unsplit gathers a value's bytes from their streams.
func (d *decoder) unsplit(n, width int) ([]byte, error) {
	stride := len(d.b) / width
	if d.at+n > stride {
		return nil, malformed("%d values where %d are left", n, stride-d.at)
	}
	out := make([]byte, n*width)
	for k := range width {
		for i, b := range d.b[k*stride+d.at:][:n] {
			out[i*width+k] = b
		}
	}
	d.at += n
	return out, nil
}

// lookup reads dictionary codes into scratch memory. They may be past the
// dictionary.
func (c *ColumnReader) lookup(n int) ([]uint32, error) {
	if cap(c.codes) < n {
		c.codes = make([]uint32, n)
	}
	codes := c.codes[:n]
	return codes, c.page.values.runs.read(codes)
}

// lookUp sets dst to the codes' entries.
func lookUp[T any](dst []T, codes []uint32, entries []T) error {
	dst = dst[:len(codes)]
	for i, code := range codes {
		if int(code) >= len(entries) {
			return badCode(code, len(entries))
		}
		dst[i] = entries[code]
	}
	return nil
}

func badCode(code uint32, entries int) error {
	return malformed("code %d of a dictionary of %d", code, entries)
}

// checkCodes says whether all codes are in a dictionary.
func checkCodes(codes []uint32, entries int) error {
	if most := MaxCode(codes); len(codes) > 0 && int(most) >= entries {
		return badCode(most, entries)
	}
	return nil
}

// MaxCode gives the greatest code, 0 of none. It takes four at a time, as one would
// wait for the one before.
func MaxCode(codes []uint32) uint32 {
	var most [4]uint32
	for ; len(codes) >= 4; codes = codes[4:] {
		c := codes[:4:4]
		most[0], most[1], most[2], most[3] = max(most[0], c[0]), max(most[1], c[1]), max(most[2], c[2]), max(most[3], c[3])
	}
	for _, code := range codes {
		most[0] = max(most[0], code)
	}
	return slices.Max(most[:])
}

func (c *ColumnReader) readInts(dst []int64) error {
	d, typ := &c.page.values, c.meta.Type
	switch {
	case len(dst) == 0:
		return nil
	case typ == format.ByteArray || typ == format.Float || typ == format.Double:
		return unsupported("integers from %s", typ)
	case typ == format.Boolean:
		return d.bools(dst)
	case d.encoding == format.RLEDictionary:
		codes, err := c.lookup(len(dst))
		if err != nil {
			return err
		}
		return lookUp(dst, codes, c.dict.ints)
	case d.encoding == format.DeltaBinaryPacked:
		err := d.deltas.read(dst)
		if typ == format.Int32 { // its deltas wrap around at 32 bits
			for i, v := range dst {
				dst[i] = int64(int32(v))
			}
		}
		return err
	}
	b, err := c.plain(len(dst))
	if err != nil {
		return err
	}
	return plainInts(dst, b, typ, c.width())
}

// plain gives the next n values of a fixed width as they lie in a plain page.
func (c *ColumnReader) plain(n int) ([]byte, error) {
	if c.width() == 0 {
		return nil, unsupported("values of no size")
	}
	if c.page.values.encoding == format.ByteStreamSplit {
		return c.page.values.unsplit(n, c.width())
	}
	return c.page.values.take(n, c.width())
}

func plainInts(dst []int64, b []byte, typ format.Type, width int) error {
	switch typ {
	case format.Int32:
		for i := range dst {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(b[i*4:])))
		}
	case format.Int64:
		for i := range dst {
			dst[i] = int64(binary.LittleEndian.Uint64(b[i*8:]))
		}
	case format.Int96:
		for i := range dst {
			dst[i] = instant(b[i*12:])
		}
	default: // fixed-length decimals: big-endian, two's complement
		for i := range dst {
			value := b[i*width : (i+1)*width]
			v := int64(int8(value[0])) >> 7 // 0 or -1
			for k, x := range value {
				if k < width-8 && int64(int8(x)) != v || k == width-8 && k > 0 && int64(int8(x))>>7 != v {
					return unsupported("a decimal past 64 bits")
				}
				v = v<<8 | int64(x)
			}
			dst[i] = v
		}
	}
	return nil
}

// julian1970 is the Julian day of 1970-01-01.
const julian1970 = 2440588

// instant gives an INT96 in microseconds since 1970, rounded down: nanoseconds of
// the day, then the Julian day, as Impala began to write times, and Hive and Spark
// still do. A day that no calendar reaches gives a time past all.
func instant(b []byte) int64 {
	nanos := int64(binary.LittleEndian.Uint64(b))
	day := int64(binary.LittleEndian.Uint32(b[8:])) - julian1970
	if day > 1e7 {
		return math.MaxInt64
	}
	micros := nanos / 1000
	if nanos%1000 < 0 {
		micros--
	}
	return day*86_400_000_000 + micros
}

func (d *decoder) bools(dst []int64) error {
	if d.encoding == format.RLE {
		var scratch [256]uint32
		for len(dst) > 0 {
			n := min(len(dst), len(scratch))
			if err := d.runs.read(scratch[:n]); err != nil {
				return err
			}
			for i, v := range scratch[:n] {
				dst[i] = int64(v)
			}
			dst = dst[n:]
		}
		return nil
	}
	if d.encoding != format.Plain || d.at+len(dst) > len(d.b)*8 {
		return malformed("%d bools where %d are left", len(dst), len(d.b)*8-d.at)
	}
	for i := range dst {
		dst[i] = int64(d.b[d.at>>3] >> (d.at & 7) & 1)
		d.at++
	}
	return nil
}

func (c *ColumnReader) readFloats(dst []float64) error {
	if typ := c.meta.Type; typ != format.Float && typ != format.Double {
		return unsupported("floats from %s", typ)
	}
	if len(dst) == 0 {
		return nil
	}
	if c.page.values.encoding == format.RLEDictionary {
		codes, err := c.lookup(len(dst))
		if err != nil {
			return err
		}
		return lookUp(dst, codes, c.dict.floats)
	}
	b, err := c.plain(len(dst))
	if err == nil {
		plainFloats(dst, b, c.meta.Type)
	}
	return err
}

func plainFloats(dst []float64, b []byte, typ format.Type) {
	if typ == format.Float {
		for i := range dst {
			dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i*4:])))
		}
		return
	}
	for i := range dst {
		dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[i*8:]))
	}
}
