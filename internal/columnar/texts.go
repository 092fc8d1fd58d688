package columnar

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// dictionary is the distinct values of a column in one row group.
type dictionary struct {
	loaded bool
	n      int
	ints   []int64
	floats []float64
	texts  [][]byte // for Blobs
	table  []uint32 // for Codes: what Texts gave; nil where that's the place itself
}

func (c *ColumnReader) loadDictionary(b []byte) error {
	d := &c.dict
	switch typ := c.meta.Type; typ {
	case format.ByteArray:
		return c.loadTexts(b)
	case format.Float, format.Double, format.Int32, format.Int64, format.Int96, format.FixedLenByteArray:
		if c.width() == 0 || d.n > len(b)/c.width() {
			return malformed("a dictionary of %d entries in %d bytes", d.n, len(b))
		}
		if typ == format.Float || typ == format.Double {
			d.floats = make([]float64, d.n)
			plainFloats(d.floats, b, typ)
			return nil
		}
		d.ints = make([]int64, d.n)
		return plainInts(d.ints, b, typ, c.width())
	default:
		return unsupported("a dictionary of %s", typ)
	}
}

func (c *ColumnReader) loadTexts(b []byte) error {
	d := &c.dict
	if d.n > len(b)/4 {
		return malformed("a dictionary of %d entries in %d bytes", d.n, len(b))
	}
	entries := decoder{encoding: format.Plain, b: b}
	if c.texts == nil {
		d.texts = make([][]byte, d.n)
		return entries.plainTexts(d.texts)
	}
	d.table = make([]uint32, d.n)
	same := true
	for i := range d.table {
		text, err := entries.text()
		if err != nil {
			return err
		}
		d.table[i] = c.texts.Entry(text)
		same = same && d.table[i] == uint32(i)
	}
	if same {
		d.table = nil
	}
	return nil
}

// text gives the next plain byte array.
func (d *decoder) text() ([]byte, error) {
	if len(d.b)-d.at < 4 {
		return nil, malformed("a text is cut off")
	}
	n := binary.LittleEndian.Uint32(d.b[d.at:])
	d.at += 4
	if uint64(n) > uint64(len(d.b)-d.at) {
		return nil, malformed("a text of %d bytes where %d are left", n, len(d.b)-d.at)
	}
	text := d.b[d.at : d.at+int(n) : d.at+int(n)]
	d.at += int(n)
	return text, nil
}

func (d *decoder) plainTexts(dst [][]byte) (err error) {
	for i := range dst {
		if dst[i], err = d.text(); err != nil {
			return err
		}
	}
	return nil
}

// deltaText gives the next byte array of a page that has their lengths first.
func (d *decoder) deltaText() ([]byte, error) {
	if len(d.lengths) == 0 {
		return nil, malformed("texts are missing")
	}
	n := d.lengths[0]
	d.lengths = d.lengths[1:]
	if n < 0 || n > int64(len(d.b)-d.at) {
		return nil, malformed("a text of %d bytes where %d are left", n, len(d.b)-d.at)
	}
	text := d.b[d.at : d.at+int(n) : d.at+int(n)]
	d.at += int(n)
	if d.shared == nil {
		return text, nil
	}
	shared := d.shared[0]
	d.shared = d.shared[1:]
	if shared < 0 || shared > int64(len(d.last)) {
		return nil, malformed("a prefix of %d bytes of a text of %d", shared, len(d.last))
	}
	whole := make([]byte, 0, int(shared)+len(text))
	d.last = append(append(whole, d.last[:shared]...), text...)
	return d.last, nil
}

func (c *ColumnReader) readCodes(dst []uint32) error {
	if c.meta.Type != format.ByteArray {
		return unsupported("texts from %s", c.meta.Type)
	}
	d := &c.page.values
	if d.encoding == format.RLEDictionary && len(dst) > 0 {
		if err := d.runs.read(dst); err != nil {
			return err
		}
		if c.dict.table != nil {
			return lookUp(dst, dst, c.dict.table)
		}
		return checkCodes(dst, c.dict.n)
	}
	for i := range dst {
		text, err := c.nextText()
		if err != nil {
			return err
		}
		dst[i] = c.texts.Code(text)
	}
	return nil
}

func (c *ColumnReader) nextText() ([]byte, error) {
	if c.page.values.encoding == format.Plain {
		return c.page.values.text()
	}
	return c.page.values.deltaText()
}

func (c *ColumnReader) readBlobs(dst [][]byte) (err error) {
	if c.meta.Type != format.ByteArray {
		return unsupported("bytes from %s", c.meta.Type)
	}
	if c.page.values.encoding == format.RLEDictionary {
		codes, err := c.lookup(len(dst))
		if err != nil {
			return err
		}
		return lookUp(dst, codes, c.dict.texts)
	}
	for i := range dst {
		if dst[i], err = c.nextText(); err != nil {
			return err
		}
	}
	return nil
}
