package arrowsource

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/anabranch-go/anabranch/source"
)

// maxTexts is the number of texts past which a column begins a new dictionary with
// the next record batch, so that a column of unique texts doesn't grow one for
// ever.
const maxTexts = 1 << 16

// texts is a column's dictionary, over the record batches of a file.
type texts struct {
	*source.Interner
	file  arrow.ArrayData // the file's dictionary that places is of
	place []uint32        // its codes -> ours, plus one; 0 where that isn't known yet
}

// begin makes the dictionary, or a new one.
func (t *texts) begin() {
	if t.Interner == nil || t.Len() > maxTexts {
		*t = texts{Interner: source.NewInterner()}
	}
}

// Dictionary is the texts so far.
func (t *texts) Dictionary() source.Dictionary {
	t.begin()
	return t.Interner.Dictionary()
}

// code gives a text's code. The text points into the batch: it's copied if it's
// new.
func (t *texts) code(text string) uint32 {
	if t.Interner == nil {
		t.begin()
	}
	if utf8.ValidString(text) {
		return t.CodeBytes(unsafe.Slice(unsafe.StringData(text), len(text)))
	}
	return t.Code(strings.Clone(source.CanonicalText(text)))
}

// codes gives the codes of an array's texts. Nulls are left alone.
func (t *texts) codes(dst []uint32, values arrow.Array, valid []bool) error {
	t.begin()
	if d, ok := values.(*array.Dictionary); ok {
		return t.dictionary(dst, d, valid)
	}
	text, err := reader(values)
	if err != nil {
		return err
	}
	last, code := "", uint32(0)
	for i := range dst {
		if valid != nil && !valid[i] {
			continue
		}
		if s := text(i); i == 0 || code == 0 || s != last {
			last, code = s, t.code(s)+1
		}
		dst[i] = code - 1
	}
	return nil
}

// dictionary looks each text up once for each dictionary of the file.
func (t *texts) dictionary(dst []uint32, d *array.Dictionary, valid []bool) error {
	entries := unwrap(d.Dictionary())
	text, err := reader(entries)
	if err != nil {
		return err
	}
	if t.file != entries.Data() || len(t.place) != entries.Len() {
		t.file, t.place = entries.Data(), make([]uint32, entries.Len())
	}
	switch codes := d.Indices().(type) {
	case *array.Int8:
		return lookup(t, dst, codes.Int8Values(), text, valid)
	case *array.Int16:
		return lookup(t, dst, codes.Int16Values(), text, valid)
	case *array.Int32:
		return lookup(t, dst, codes.Int32Values(), text, valid)
	case *array.Int64:
		return lookup(t, dst, codes.Int64Values(), text, valid)
	case *array.Uint8:
		return lookup(t, dst, codes.Uint8Values(), text, valid)
	case *array.Uint16:
		return lookup(t, dst, codes.Uint16Values(), text, valid)
	case *array.Uint32:
		return lookup(t, dst, codes.Uint32Values(), text, valid)
	case *array.Uint64:
		return lookup(t, dst, codes.Uint64Values(), text, valid)
	}
	return malformed("codes in a %T", d.Indices())
}

// lookup brings a file's codes to ours.
func lookup[T integer](t *texts, dst []uint32, codes []T, text func(int) string, valid []bool) error {
	for i, code := range codes[:len(dst)] {
		if valid != nil && !valid[i] {
			continue
		}
		at := uint64(code) // one below zero is past all
		if at >= uint64(len(t.place)) {
			return malformed("code %d of a dictionary of %d", code, len(t.place))
		}
		if t.place[at] == 0 {
			t.place[at] = t.code(text(int(at))) + 1
		}
		dst[i] = t.place[at] - 1
	}
	return nil
}

// reader gives the texts of an array, in its memory.
func reader(values arrow.Array) (func(i int) string, error) {
	switch a := values.(type) {
	case *array.String:
		return a.Value, nil
	case *array.LargeString:
		return a.Value, nil
	case *array.StringView:
		return a.Value, nil
	case *array.Binary:
		return a.ValueString, nil
	case *array.LargeBinary:
		return a.ValueString, nil
	case *array.BinaryView:
		return a.ValueString, nil
	}
	return nil, malformed("texts in a %T", values)
}
