package source

import "strings"

// texts is a column's dictionary in one row group. Another writer's file may have
// a text twice, or texts that aren't valid UTF-8 and become one; ours are looked
// through only when there are texts outside the file's dictionary.
type texts struct {
	trusted bool
	id      uint64
	values  []string
	codes   map[string]uint32 // nil until it's needed
	indexed int               // how many of the values are in codes
	arena   strings.Builder   // holds many texts in one piece of memory
}

// Entry adds a text of the file's dictionary.
func (t *texts) Entry(text []byte) uint32 {
	if !t.trusted {
		return t.Code(text)
	}
	t.values = append(t.values, t.own(text))
	return uint32(len(t.values) - 1)
}

// textBlock is the memory that is allocated for texts at once.
const textBlock = 16 << 10

// own copies a text.
func (t *texts) own(text []byte) string {
	if t.arena.Cap()-t.arena.Len() < len(text) {
		t.arena.Reset() // the block before stays as long as its texts do
		t.arena.Grow(max(textBlock, len(text)))
	}
	from := t.arena.Len()
	t.arena.Write(text)
	return t.arena.String()[from:]
}

// Code gives the code of any other text.
func (t *texts) Code(text []byte) uint32 {
	t.index()
	if code, ok := t.codes[string(text)]; ok {
		return code
	}
	return t.find(CanonicalText(t.own(text)))
}

// find gives the code of a valid text, and adds it if need be.
func (t *texts) find(text string) uint32 {
	t.index()
	code, ok := t.codes[text]
	if !ok {
		code = uint32(len(t.values))
		t.values = append(t.values, text)
		t.index()
	}
	return code
}

// index brings codes up to values.
func (t *texts) index() {
	if t.codes == nil {
		t.codes = make(map[string]uint32, len(t.values))
	}
	for ; t.indexed < len(t.values); t.indexed++ {
		t.codes[t.values[t.indexed]] = uint32(t.indexed)
	}
}

func (t *texts) dictionary() Dictionary {
	if t.id == 0 {
		t.id = NewDictionaryID()
	}
	return Dictionary{ID: t.id, Values: t.values[:len(t.values):len(t.values)]}
}
