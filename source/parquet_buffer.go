package source

import (
	"slices"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// parquetBuffer collects a column until its row group ends.
type parquetBuffer struct {
	column *Column
	ints   []int64
	floats []float64
	codes  []uint32 // in texts
	valid  []bool   // of nullable columns, from the first null on
	n      int

	texts columnar.TextList
	rows  columnar.TextList // each row's text, in place of codes and texts
	each  bool              // whether it's so: few of the texts are alike
	dict  uint64            // the chunks' dictionary at present
	remap []uint32          // its codes -> ours, plus one; 0 where that isn't known yet
}

func (b *parquetBuffer) append(v *Vector, from, to int) {
	switch {
	case b.column.Kind.text():
		b.appendTexts(v, from, to)
	case b.column.Kind == Float:
		b.floats = append(room(b.floats, to-from), v.Floats[from:to]...)
	default:
		b.ints = append(room(b.ints, to-from), v.Ints[from:to]...)
	}
	if b.column.Nullable && v.Valid != nil && b.valid == nil {
		b.valid = make([]bool, b.n, max(b.n+to-from, parquetGroupRows/8))
		setAll(b.valid, true)
	}
	if b.valid != nil && v.Valid != nil {
		b.valid = append(b.valid, v.Valid[from:to]...)
	} else if b.valid != nil {
		b.valid = append(b.valid, make([]bool, to-from)...)
		setAll(b.valid[b.n:], true)
	}
	b.n += to - from
}

// distinctRows is how many rows of a row group show whether its texts repeat.
const distinctRows = 1 << 12

// appendTexts adds texts as codes, until distinctRows show that most differ: then
// as they are, since a dictionary of them saves nothing and is slow to make.
func (b *parquetBuffer) appendTexts(v *Vector, from, to int) {
	if b.n < distinctRows && b.n+to-from >= distinctRows {
		middle := from + distinctRows - b.n
		b.appendCodes(v, from, middle)
		if b.texts.Len() > distinctRows/4*3 {
			b.spell()
		}
		from = middle
	}
	if !b.each {
		b.appendCodes(v, from, to)
		return
	}
	for i, code := range v.Codes[from:to] {
		if b.column.Nullable && v.IsNull(int32(from+i)) {
			b.rows.Append("")
		} else {
			b.rows.Append(v.Dict.Values[code])
		}
	}
}

// spell goes over from codes to the texts themselves.
func (b *parquetBuffer) spell() {
	b.each = true
	for _, code := range b.codes {
		b.rows.Append(string(b.texts.At(int(code))))
	}
	b.codes = b.codes[:0]
	b.texts.Reset()
}

// appendCodes looks each text up once for each dictionary of the chunks and row
// group of ours.
func (b *parquetBuffer) appendCodes(v *Vector, from, to int) {
	if b.dict != v.Dict.ID || v.Dict.ID == 0 {
		b.dict = v.Dict.ID
		clear(b.remap)
	}
	if n := len(v.Dict.Values); n > len(b.remap) {
		b.remap = append(b.remap, make([]uint32, n-len(b.remap))...)
	}
	n := len(b.codes)
	b.codes = room(b.codes, to-from)[:n+to-from]
	dst, remap := b.codes[n:], b.remap
	skipNulls := b.column.Nullable && v.Valid != nil
	for i, code := range v.Codes[from:to] {
		if skipNulls && !v.Valid[from+i] {
			dst[i] = 0
			continue
		}
		ours := remap[code]
		if ours == 0 {
			ours = b.texts.Code(v.Dict.Values[code]) + 1
			remap[code] = ours
		}
		dst[i] = ours - 1
	}
}

func (b *parquetBuffer) size() int {
	return 8*len(b.ints) + 8*len(b.floats) + 4*len(b.codes) + b.texts.Size() + b.rows.Size()
}

func (b *parquetBuffer) data() columnar.Data {
	if b.each {
		return columnar.Data{Texts: &b.rows, Valid: b.valid}
	}
	return columnar.Data{Ints: b.ints, Floats: b.floats, Codes: b.codes, Texts: &b.texts, Valid: b.valid}
}

// reset begins a row group, whose dictionary is empty.
func (b *parquetBuffer) reset() {
	b.ints, b.floats, b.codes, b.valid, b.n = b.ints[:0], b.floats[:0], b.codes[:0], nil, 0
	b.texts.Reset()
	b.rows.Reset()
	clear(b.remap)
	b.each, b.dict = false, 0
}

// room makes room for n more values, by doubling: append's own growth would copy
// a row group five times over.
func room[T any](values []T, n int) []T {
	if cap(values)-len(values) < n {
		return slices.Grow(values, max(n, len(values)))
	}
	return values
}

func setAll[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}
