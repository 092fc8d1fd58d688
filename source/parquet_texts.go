package source

import "strings"

// texts is a column's dictionary in one row group: the file's own, if it has one, and
// the texts that are stored outside it. Another writer's file may have a text twice,
// or texts that aren't valid UTF-8 and become one, which a [Dictionary] may have, too.
//
// Texts outside the file's dictionary are looked up where they repeat. Where most
// differ, each gets a code of its own, since whoever needs to know which are alike
// has to look them up anyway; the dictionary begins anew then from time to time, as
// a row group may have very many.
type texts struct {
	id      uint64
	values  []string
	entries int               // how many of the values are the file's dictionary
	codes   map[string]uint32 // of texts outside it, while they are looked up
	seen    int               // so many were, of the last textSample
	added   int               // and so many of these were new
	each    bool              // they aren't looked up
	arena   strings.Builder   // holds many texts in one piece of memory
}

const (
	textBlock  = 16 << 10 // the memory that is allocated for texts at once
	textSample = 1 << 10  // texts that show whether they repeat
	fewTexts   = 1 << 12  // a dictionary of each text begins anew past them
)

// Entry adds a text of the file's dictionary.
func (t *texts) Entry(text []byte) uint32 {
	t.entries++
	return t.add(CanonicalText(t.own(text)))
}

// Code gives the code of any other text.
func (t *texts) Code(text []byte) uint32 {
	if t.each {
		if last := len(t.values) - 1; last >= t.entries && t.values[last] == string(text) {
			return uint32(last)
		}
		return t.add(CanonicalText(t.own(text)))
	}
	code, ok := t.codes[string(text)]
	if !ok {
		code = t.find(CanonicalText(t.own(text)))
		t.added++
	}
	if t.seen++; t.seen == textSample {
		t.each = t.added > textSample/4
		t.seen, t.added = 0, 0
	}
	return code
}

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

// find gives the code of a valid text, and adds it if need be.
func (t *texts) find(text string) uint32 {
	if t.each {
		return t.add(text)
	}
	code, ok := t.codes[text]
	if !ok {
		if t.codes == nil {
			t.codes = map[string]uint32{}
		}
		code = t.add(text)
		t.codes[text] = code
	}
	return code
}

func (t *texts) add(text string) uint32 {
	t.values = append(t.values, text)
	return uint32(len(t.values) - 1)
}

// begin makes room for the texts of a chunk: codes from before mean nothing then if
// the dictionary is a new one. One that begins anew for every so many texts as the
// file's dictionary has copies each of these for one of them.
func (t *texts) begin(n int) {
	if !t.each || len(t.values)-t.entries+n <= max(fewTexts, n, t.entries) && t.codes == nil {
		return
	}
	t.id, t.codes = 0, nil
	t.values = append(make([]string, 0, t.entries+max(fewTexts, n, t.entries)), t.values[:t.entries]...)
}

func (t *texts) dictionary() Dictionary {
	if t.id == 0 {
		t.id = NewDictionaryID()
	}
	return Dictionary{ID: t.id, Values: t.values[:len(t.values):len(t.values)]}
}
