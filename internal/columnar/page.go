package columnar

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/format"
)

// page is a data page, decompressed, at some place in its values.
type page struct {
	left   int // rows not read yet
	levels hybrid
	values decoder
}

// nextPage enters the next data page. A dictionary before it is read on the way.
func (c *ColumnReader) nextPage() error {
	if c.passed != nil {
		dictionary, body := c.passed, c.passedBody
		c.passed, c.passedBody = nil, nil
		if _, err := c.readPage(dictionary, body); err != nil {
			return err
		}
	}
	for {
		header, body, size, err := c.peek()
		if err != nil {
			return err
		}
		c.pages = c.pages[size:]
		entered, err := c.readPage(header, body)
		if entered || err != nil {
			return err
		}
	}
}

// Skip passes over whole pages of no more than n rows in all, without decompressing
// them, if what was read last ends a page. It gives the number of rows.
func (c *ColumnReader) Skip(n int64) (skipped int64, err error) {
	defer guard(c.name, &err)
	for c.page.left == 0 && skipped < n {
		header, body, size, err := c.peek()
		if err != nil {
			return skipped, err
		}
		rows := int64(-1)
		switch {
		case header.Type == format.DataPage && header.DataPageHeader.Valid:
			rows = int64(header.DataPageHeader.V.NumValues)
		case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
			rows = int64(header.DataPageHeaderV2.V.NumValues)
		case header.Type == format.IndexPage:
			c.pages = c.pages[size:]
			continue
		default: // a dictionary, which what follows may need
			if c.passed != nil {
				return skipped, malformed("a second page that holds no rows")
			}
			c.passed, c.passedBody = header, body
			c.pages = c.pages[size:]
			continue
		}
		if rows < 0 || rows > c.rows {
			return skipped, malformed("a page of %d rows where %d are left", rows, c.rows)
		}
		if rows > n-skipped {
			break
		}
		c.pages = c.pages[size:]
		c.rows -= rows
		skipped += rows
	}
	return skipped, nil
}

// Left is how many rows of the page that was entered aren't read yet.
func (c *ColumnReader) Left() int { return c.page.left }

// peek reads the next page's header. size is that of the header and the body.
func (c *ColumnReader) peek() (header *format.PageHeader, body []byte, size int, err error) {
	if c.rows == 0 {
		return nil, nil, 0, malformed("it has more rows than its row group")
	}
	header = new(format.PageHeader)
	n, err := unmarshal(c.pages, header)
	if err != nil {
		return nil, nil, 0, err
	}
	bytes := int(header.CompressedPageSize)
	if bytes < 0 || bytes > len(c.pages)-n {
		return nil, nil, 0, malformed("a page of %d bytes where %d are left", bytes, len(c.pages)-n)
	}
	return header, c.pages[n : n+bytes], n + bytes, nil
}

// readPage reads a page, and says whether it was a data page, which is entered.
func (c *ColumnReader) readPage(header *format.PageHeader, body []byte) (entered bool, err error) {
	// No checksum is stored as none, so one of zero goes unchecked.
	if header.CRC != 0 && uint32(header.CRC) != crc32.ChecksumIEEE(body) {
		return false, malformed("a page's checksum is wrong")
	}
	if err := checkPage(len(body), int(header.UncompressedPageSize)); err != nil {
		return false, err
	}
	switch {
	case header.Type == format.DictionaryPage && header.DictionaryPageHeader.Valid:
		return false, c.readDictionary(header, body)
	case header.Type == format.DataPage && header.DataPageHeader.Valid:
		if err := c.readV1(header, body); err != nil {
			return false, err
		}
		return true, c.enter()
	case header.Type == format.DataPageV2 && header.DataPageHeaderV2.Valid:
		if err := c.readV2(header, body); err != nil {
			return false, err
		}
		return true, c.enter()
	case header.Type != format.IndexPage:
		return false, malformed("a page of type %s without its header", header.Type)
	}
	return false, nil
}

// enter checks a page's rows against those that the row group has left.
func (c *ColumnReader) enter() error {
	if c.page.left < 0 || int64(c.page.left) > c.rows {
		return malformed("a page of %d rows where %d are left", c.page.left, c.rows)
	}
	c.rows -= int64(c.page.left)
	return nil
}

func (c *ColumnReader) unpack(body []byte, size int) ([]byte, error) {
	if c.keep {
		c.buffer = nil
	}
	out, err := decompress(c.meta.Codec, c.buffer, body, size)
	if err == nil && c.meta.Codec != format.Uncompressed {
		c.buffer = out
	}
	return out, err
}

func (c *ColumnReader) readV1(header *format.PageHeader, body []byte) error {
	h := &header.DataPageHeader.V
	b, err := c.unpack(body, int(header.UncompressedPageSize))
	if err != nil {
		return err
	}
	c.page.left = int(h.NumValues)
	if c.leaf.maxLevel > 0 {
		if h.DefinitionLevelEncoding != format.RLE {
			return unsupported("levels as %s", h.DefinitionLevelEncoding)
		}
		if len(b) < 4 {
			return malformed("a page is cut off")
		}
		n := binary.LittleEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			return malformed("levels of %d bytes where %d are left", n, len(b))
		}
		if c.page.levels, err = newHybrid(b[:n], width(c.leaf.maxLevel)); err != nil {
			return err
		}
		b = b[n:]
	}
	c.page.values, err = c.newDecoder(h.Encoding, b)
	return err
}

func (c *ColumnReader) readV2(header *format.PageHeader, body []byte) (err error) {
	h := &header.DataPageHeaderV2.V
	repetition, definition := int(h.RepetitionLevelsByteLength), int(h.DefinitionLevelsByteLength)
	if repetition < 0 || definition < 0 || repetition+definition > len(body) {
		return malformed("levels of %d and %d bytes in a page of %d", repetition, definition, len(body))
	}
	levels, values := body[repetition:repetition+definition], body[repetition+definition:]
	// A page of nulls alone has no values, and nothing to decompress.
	if (h.IsCompressed.V || !h.IsCompressed.Valid) && len(values) > 0 {
		if values, err = c.unpack(values, int(header.UncompressedPageSize)-repetition-definition); err != nil {
			return err
		}
	}
	c.page.left = int(h.NumValues)
	if c.leaf.maxLevel > 0 {
		if c.page.levels, err = newHybrid(levels, width(c.leaf.maxLevel)); err != nil {
			return err
		}
	}
	c.page.values, err = c.newDecoder(h.Encoding, values)
	return err
}

func (c *ColumnReader) readDictionary(header *format.PageHeader, body []byte) error {
	h := &header.DictionaryPageHeader.V
	if c.dict.loaded {
		return malformed("a second dictionary")
	}
	//lint:ignore SA1019 version 1 files have it
	if h.Encoding != format.Plain && h.Encoding != format.PlainDictionary {
		return unsupported("a dictionary as %s", h.Encoding)
	}
	b, err := c.unpack(body, int(header.UncompressedPageSize))
	if err != nil {
		return err
	}
	// Every entry takes a byte at least; bools have no dictionary.
	if h.NumValues < 0 || int(h.NumValues) > len(b) {
		return malformed("a dictionary of %d entries in %d bytes", h.NumValues, len(b))
	}
	c.dict.loaded, c.dict.n = true, int(h.NumValues)
	return c.loadDictionary(b)
}
