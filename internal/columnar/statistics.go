package columnar

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// IntBounds gives what the file says of a column of integers in a row group: no
// value is less than low or more than high. Not all columns have it.
func (f *File) IntBounds(group, leaf int) (low, high int64, ok bool) {
	meta := &f.meta.RowGroups[group].Columns[leaf].MetaData
	s := &meta.Statistics
	least, most := s.MinValue, s.MaxValue
	if len(least) == 0 && len(most) == 0 {
		least, most = s.Min, s.Max // of older writers, and signed
	}
	switch {
	case meta.Type == format.Int32 && len(least) == 4 && len(most) == 4:
		low, high = int64(int32(binary.LittleEndian.Uint32(least))), int64(int32(binary.LittleEndian.Uint32(most)))
	case meta.Type == format.Int64 && len(least) == 8 && len(most) == 8:
		low, high = int64(binary.LittleEndian.Uint64(least)), int64(binary.LittleEndian.Uint64(most))
	default:
		return 0, 0, false
	}
	return low, high, low <= high
}

// TextBounds is IntBounds for texts, by their bytes. A bound may be shorter than
// any value.
func (f *File) TextBounds(group, leaf int) (low, high string, ok bool) {
	meta := &f.meta.RowGroups[group].Columns[leaf].MetaData
	low, high = string(meta.Statistics.MinValue), string(meta.Statistics.MaxValue)
	return low, high, meta.Type == format.ByteArray && high != "" && low <= high
}
