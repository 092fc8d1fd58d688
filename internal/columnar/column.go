package columnar

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// ColumnReader reads a column of one row group, from its first row to its last.
// Use one of Ints, Floats, Codes and Blobs, always the same.
type ColumnReader struct {
	name  string
	leaf  *Leaf
	meta  *format.ColumnMetaData
	pages []byte // not read yet
	rows  int64  // not in a page yet
	page  page
	dict  dictionary
	keep  bool // pages, since what was read points into them

	// The dictionary's page, where it was passed over.
	passed     *format.PageHeader
	passedBody []byte

	texts  Texts
	buffer []byte   // of pages
	codes  []uint32 // of dictionary pages
}

// Column makes a reader.
func (f *File) Column(group, leaf int) (_ *ColumnReader, err error) {
	c := &ColumnReader{leaf: &f.Leaves[leaf], rows: f.GroupRows(group)}
	c.name = fmt.Sprintf("%s: column %s", f.Name, strings.Join(c.leaf.Path, "."))
	defer guard(c.name, &err)
	if c.leaf.Repeated {
		return nil, unsupported("a list")
	}
	if c.rows == 0 { // Arrow leaves an empty table's columns without a place in the file
		return c, nil
	}
	c.meta, c.pages, err = f.span(group, leaf)
	return c, err
}

// Ints reads the next len(dst) rows of a column of bools, integers, fixed-length
// decimals or INT96 times, which become microseconds since 1970. A null's place
// gets a zero. Where there's a null, which nulls says, valid, of the same
// length, says which rows hold a value; else it may hold
// anything. It may be nil where the column isn't optional.
func (c *ColumnReader) Ints(dst []int64, valid []bool) (nulls bool, err error) {
	defer guard(c.name, &err)
	return read(c, dst, valid, (*ColumnReader).readInts)
}

// Floats is Ints for a column of floats or doubles.
func (c *ColumnReader) Floats(dst []float64, valid []bool) (nulls bool, err error) {
	defer guard(c.name, &err)
	return read(c, dst, valid, (*ColumnReader).readFloats)
}

// Texts gives codes to the texts of a column. The bytes are the reader's, and
// will be used again.
type Texts interface {
	// Entry gives the code of a text of the column's dictionary. It's called once
	// for each, before any of them is read.
	Entry(text []byte) uint32
	// Code gives the code of a text that is stored outside the dictionary. It's
	// called for every value.
	Code(text []byte) uint32
}

// Codes is Ints for a column of byte arrays, read as the codes that texts gives
// them. A null's place gets code 0, whatever that is.
func (c *ColumnReader) Codes(dst []uint32, valid []bool, texts Texts) (nulls bool, err error) {
	defer guard(c.name, &err)
	c.texts = texts
	return read(c, dst, valid, (*ColumnReader).readCodes)
}

// Blobs is Ints for a column of byte arrays, as they are. They point into
// memory that is the file's or made for them, so they stay.
func (c *ColumnReader) Blobs(dst [][]byte, valid []bool) (nulls bool, err error) {
	defer guard(c.name, &err)
	c.keep = true
	return read(c, dst, valid, (*ColumnReader).readBlobs)
}

// read fills dst page by page; values reads those that aren't null. valid is written
// only where there's a null.
func read[T any](c *ColumnReader, dst []T, valid []bool, values func(*ColumnReader, []T) error) (nulls bool, err error) {
	filled := false // valid, up to at
	for at := 0; at < len(dst); {
		if c.page.left == 0 {
			if err := c.nextPage(); err != nil {
				return nulls, err
			}
			continue
		}
		n := min(c.page.left, len(dst)-at)
		part, count, whole := dst[at:at+n], n, true
		if c.leaf.maxLevel > 0 {
			if whole, err = c.page.levels.all(n, c.leaf.maxLevel); err != nil {
				return nulls, err
			}
		}
		if !whole && !filled {
			fill(valid[:at], true)
			filled = true
		}
		switch {
		case !whole:
			if count, err = c.page.levels.levels(valid[at:at+n], c.leaf.maxLevel); err != nil {
				return nulls, err
			}
		case filled:
			fill(valid[at:at+n], true)
		}
		if err := values(c, part[:count]); err != nil {
			return nulls, err
		}
		if count < n {
			nulls = true
			spread(part, valid[at:at+n], count)
		}
		c.page.left -= n
		at += n
	}
	return nulls, nil
}

// spread moves the first count places of dst to where valid says, from the last
// on, so that none is overwritten before it's moved.
func spread[T any](dst []T, valid []bool, count int) {
	var zero T
	for i := len(dst) - 1; i >= 0; i-- {
		if valid[i] {
			count--
			dst[i] = dst[count]
		} else {
			dst[i] = zero
		}
	}
}
