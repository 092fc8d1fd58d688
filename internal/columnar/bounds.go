package columnar

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// pageBounds is what the page index says of one page.
type pageBounds struct {
	rows, nulls int
	known       bool   // whether min and max are; not so for pages of nulls or NaNs alone
	min, max    []byte // plain encoded
	low, high   uint64 // of texts, the beginnings of min and max
}

// pageIndex collects the pages of a column in one row group.
type pageIndex struct {
	locations []format.PageLocation
	pages     []pageBounds
}

func (x *pageIndex) add(location format.PageLocation, bounds pageBounds) {
	x.locations = append(x.locations, location)
	x.pages = append(x.pages, bounds)
}

func (b *pageBounds) ints(values []int64) {
	if len(values) == 0 {
		return
	}
	lo, hi := values[0], values[0]
	lo2, hi2 := lo, hi // two at a time, as the one needn't wait for the other
	for ; len(values) >= 2; values = values[2:] {
		lo, hi = min(lo, values[0]), max(hi, values[0])
		lo2, hi2 = min(lo2, values[1]), max(hi2, values[1])
	}
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	lo, hi = min(lo, lo2), max(hi, hi2)
	b.known = true
	b.min = binary.LittleEndian.AppendUint64(nil, uint64(lo))
	b.max = binary.LittleEndian.AppendUint64(nil, uint64(hi))
}

// floats leaves NaNs out, as the format wants, and signs a zero so that readers
// for whom -0 comes before 0 miss neither.
func (b *pageBounds) floats(values []float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v == v {
			lo, hi, b.known = min(lo, v), max(hi, v), true
		}
	}
	if !b.known {
		return
	}
	if lo == 0 {
		lo = math.Copysign(0, -1)
	}
	if hi == 0 {
		hi = 0
	}
	b.min = binary.LittleEndian.AppendUint64(nil, math.Float64bits(lo))
	b.max = binary.LittleEndian.AppendUint64(nil, math.Float64bits(hi))
}

// texts looks at each distinct text of the page once.
func (b *pageBounds) texts(codes []uint32, texts *TextList, s *scratch) {
	words := (texts.Len() + 31) / 32
	s.seen = slices.Grow(s.seen[:0], words)[:words]
	clear(s.seen)
	for _, code := range codes {
		bit := uint32(1) << (code & 31)
		if s.seen[code>>5]&bit == 0 {
			s.seen[code>>5] |= bit
			b.blob(texts.At(int(code)))
		}
	}
}

// blob keeps the values themselves; shorten copies. Most are neither the least
// nor the greatest by their first bytes.
func (b *pageBounds) blob(v []byte) {
	first := beginning(v)
	if b.known && b.low < first && first < b.high {
		return
	}
	if !b.known || bytes.Compare(v, b.min) < 0 {
		b.min, b.low = v, first
	}
	if !b.known || bytes.Compare(v, b.max) > 0 {
		b.max, b.high = v, first
	}
	b.known = true
}

// beginning gives a text's first eight bytes, so that they are in the texts'
// order; shorter ones as if zeros came after.
func beginning(v []byte) uint64 {
	if len(v) >= 8 {
		return binary.BigEndian.Uint64(v)
	}
	first := uint64(0)
	for i, c := range v {
		first |= uint64(c) << (56 - 8*i)
	}
	return first
}

// maxBound is the most bytes of a text in statistics.
const maxBound = 64

// shorten cuts long texts, keeping min below and max above the page's.
func (b *pageBounds) shorten() {
	b.min, b.max = slices.Clone(b.min), slices.Clone(b.max)
	if len(b.min) > maxBound {
		b.min = []byte(strings.ToValidUTF8(string(b.min[:maxBound]), ""))
	}
	if len(b.max) <= maxBound {
		return
	}
	// The text's beginning with its last ASCII letter raised by one comes after
	// the text, and stays valid UTF-8.
	for i := maxBound - 1; i >= 0; i-- {
		if b.max[i] < 0x7e {
			b.max = b.max[:i+1]
			b.max[i]++
			return
		}
	}
	b.known = false
}

// total gives the statistics of all pages. Bounds are left out where a page
// that has values hasn't got them.
func (x *pageIndex) total(c *Column) format.Statistics {
	var all pageBounds
	compare := comparison(c.Type)
	for i := range x.pages {
		p := &x.pages[i]
		if c.Type == format.ByteArray && p.known {
			p.shorten()
		}
		all.nulls += p.nulls
		if !p.known {
			continue
		}
		if !all.known || compare(p.min, all.min) < 0 {
			all.min = p.min
		}
		if !all.known || compare(p.max, all.max) > 0 {
			all.max = p.max
		}
		all.known = true
	}
	out := format.Statistics{NullCount: int64(all.nulls)}
	if all.known && x.complete() {
		out.MinValue, out.MaxValue = stored(all.min, c.Type), stored(all.max, c.Type)
	}
	return out
}

// complete says whether every page that has values has bounds.
func (x *pageIndex) complete() bool {
	return !slices.ContainsFunc(x.pages, func(p pageBounds) bool { return !p.known && p.nulls < p.rows })
}

func comparison(typ format.Type) func(a, b []byte) int {
	switch typ {
	case format.ByteArray:
		return bytes.Compare
	case format.Double:
		return func(a, b []byte) int {
			x, y := math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b))
			return int(b2i(x > y) - b2i(x < y))
		}
	}
	return func(a, b []byte) int {
		x, y := int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b))
		return int(b2i(x > y) - b2i(x < y))
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// stored cuts an integer's eight bytes to its type's.
func stored(b []byte, typ format.Type) []byte {
	switch typ {
	case format.Boolean:
		return b[:1]
	case format.Int32:
		return b[:4]
	}
	return b
}

// writeIndexes writes every column index, then every offset index, as readers
// expect them: after the last row group.
func (w *Writer) writeIndexes() error {
	for g := range w.indexes {
		for leaf := range w.indexes[g] {
			x, typ := &w.indexes[g][leaf], w.columns[w.order[leaf]].Type
			if !x.complete() {
				continue
			}
			chunk := &w.meta.RowGroups[g].Columns[leaf]
			chunk.ColumnIndexOffset = int64(w.out.size)
			size, err := w.append(x.columnIndex(typ))
			if err != nil {
				return err
			}
			chunk.ColumnIndexLength = int32(size)
		}
	}
	for g := range w.indexes {
		for leaf := range w.indexes[g] {
			chunk := &w.meta.RowGroups[g].Columns[leaf]
			chunk.OffsetIndexOffset = int64(w.out.size)
			size, err := w.append(&format.OffsetIndex{PageLocations: w.indexes[g][leaf].locations})
			if err != nil {
				return err
			}
			chunk.OffsetIndexLength = int32(size)
		}
	}
	return nil
}

func (x *pageIndex) columnIndex(typ format.Type) *format.ColumnIndex {
	out := &format.ColumnIndex{BoundaryOrder: x.order(comparison(typ))}
	for _, p := range x.pages {
		lo, hi := []byte{}, []byte{}
		if p.known {
			lo, hi = stored(p.min, typ), stored(p.max, typ)
		}
		out.NullPages = append(out.NullPages, !p.known)
		out.MinValues = append(out.MinValues, lo)
		out.MaxValues = append(out.MaxValues, hi)
		out.NullCounts = append(out.NullCounts, int64(p.nulls))
	}
	return out
}

// order says whether the pages' bounds rise, so that readers can search them.
func (x *pageIndex) order(compare func(a, b []byte) int) format.BoundaryOrder {
	var last *pageBounds
	for i := range x.pages {
		p := &x.pages[i]
		if !p.known {
			continue
		}
		if last != nil && (compare(p.min, last.min) < 0 || compare(p.max, last.max) < 0) {
			return format.Unordered
		}
		last = p
	}
	return format.Ascending
}
