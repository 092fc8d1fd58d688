package columnar

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// Bounds are what a file says of the values of a column, in a row group or a page.
type Bounds struct {
	typ         format.Type
	least, most []byte
}

// Ints gives bounds of integers: no value is less than low or more than high. Not
// all columns have them.
func (b Bounds) Ints() (low, high int64, ok bool) {
	switch {
	case b.typ == format.Int32 && len(b.least) == 4 && len(b.most) == 4:
		low, high = int64(int32(binary.LittleEndian.Uint32(b.least))), int64(int32(binary.LittleEndian.Uint32(b.most)))
	case b.typ == format.Int64 && len(b.least) == 8 && len(b.most) == 8:
		low, high = int64(binary.LittleEndian.Uint64(b.least)), int64(binary.LittleEndian.Uint64(b.most))
	default:
		return 0, 0, false
	}
	return low, high, low <= high
}

// Texts is Ints for texts, by their bytes. A bound may be shorter than any value.
func (b Bounds) Texts() (low, high string, ok bool) {
	low, high = string(b.least), string(b.most)
	return low, high, b.typ == format.ByteArray && high != "" && low <= high
}

// Bounds gives those of a column in a row group.
func (f *File) Bounds(group, leaf int) Bounds {
	meta := &f.meta.RowGroups[group].Columns[leaf].MetaData
	s := &meta.Statistics
	if len(s.MinValue) == 0 && len(s.MaxValue) == 0 && meta.Type != format.ByteArray {
		return Bounds{meta.Type, s.Min, s.Max} // of older writers, and signed
	}
	return Bounds{meta.Type, s.MinValue, s.MaxValue}
}

// Page is a page of a column, as the file's index has it.
type Page struct {
	FirstRow int64 // in the row group
	Bounds
}

// Pages gives the pages of a column in a row group; none where the file has no
// index of them.
func (f *File) Pages(group, leaf int) (_ []Page, err error) {
	defer guard(f.Name, &err)
	chunk := &f.meta.RowGroups[group].Columns[leaf]
	if chunk.OffsetIndexLength <= 0 || chunk.ColumnIndexLength <= 0 {
		return nil, nil
	}
	var offsets format.OffsetIndex
	if err := f.index(chunk.OffsetIndexOffset, chunk.OffsetIndexLength, &offsets); err != nil {
		return nil, err
	}
	var bounds format.ColumnIndex
	if err := f.index(chunk.ColumnIndexOffset, chunk.ColumnIndexLength, &bounds); err != nil {
		return nil, err
	}
	locations := offsets.PageLocations
	least, most, nulls := bounds.MinValues, bounds.MaxValues, bounds.NullPages
	if len(least) != len(locations) || len(most) != len(locations) || len(nulls) != len(locations) {
		return nil, malformed("an index of %d pages has the bounds of %d", len(locations), len(least))
	}
	pages := make([]Page, len(locations))
	for i := range pages {
		first := locations[i].FirstRowIndex
		if first >= f.GroupRows(group) || i == 0 && first != 0 || i > 0 && first <= pages[i-1].FirstRow {
			return nil, malformed("an index has page %d at row %d", i, first)
		}
		pages[i] = Page{FirstRow: first}
		if !nulls[i] {
			pages[i].Bounds = Bounds{chunk.MetaData.Type, least[i], most[i]}
		}
	}
	return pages, nil
}

// index reads a part of the page index.
func (f *File) index(at int64, size int32, into any) error {
	if at < int64(len(magic)) || at > f.end || int64(size) > f.end-at {
		return malformed("an index of %d bytes at %d", size, at)
	}
	b, err := f.bytes(at, int64(size))
	if err != nil {
		return err
	}
	_, err = unmarshal(b, into)
	return err
}
