package lambda

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"github.com/anabranch-go/anabranch/source"
)

// textWords numbers the texts of one part of a key: the dictionary that all who
// share a space have. Texts are spread over shards, so that workers who meet many
// new ones seldom wait for each other. To code is safe for concurrent use; to read
// texts is while none is new.
type textWords struct {
	id     uint64
	seed   maphash.Seed
	bits   int // the low ones of a word choose its shard
	shards []textShard
}

type textShard struct {
	sync.Mutex
	*source.Interner
	_ [48]byte // a cache line each
}

// newTextWords makes a dictionary of a power of two of shards.
func newTextWords(shards int) *textWords {
	t := &textWords{id: source.NewDictionaryID(), seed: maphash.MakeSeed(), bits: bits.TrailingZeros(uint(shards)), shards: make([]textShard, shards)}
	for i := range t.shards {
		t.shards[i].Interner = source.NewInterner()
	}
	return t
}

// code gives a text's number, a new one for a new text.
func (t *textWords) code(text string) uint32 {
	at := uint32(0)
	if t.bits > 0 {
		at = uint32(maphash.String(t.seed, text)) & (1<<t.bits - 1)
	}
	shard := &t.shards[at]
	shard.Lock()
	defer shard.Unlock()
	return shard.Code(text)<<t.bits | at
}

// text gives the text of a word.
func (t *textWords) text(word uint64) string {
	return t.shards[word&(1<<t.bits-1)].Dictionary().Values[word>>t.bits]
}

// len is more than every word.
func (t *textWords) len() (n int) {
	for i := range t.shards {
		n = max(n, t.shards[i].Len()<<t.bits)
	}
	return n
}

// keyTexts is what one goroutine knows of a part's texts.
type keyTexts struct {
	*textWords          // nil where the part isn't a text
	from       uint64   // the dictionary that ours belongs to
	ours       []uint32 // by that dictionary's code: our word, +1; 0 where it isn't known
}

// use makes room for a dictionary's codes. They are filled in at first use: of a
// large dictionary a filter may select few.
func (t *keyTexts) use(id uint64, codes int) {
	if t.from != id {
		t.from = id
		t.ours = t.ours[:0]
	}
	if grow := codes - len(t.ours); grow > 0 {
		t.ours = append(t.ours, make([]uint32, grow)...)
	}
}

// add gives one more than our word of a dictionary's code.
func (t *keyTexts) add(code uint32, text string) uint32 {
	t.ours[code] = t.code(text) + 1
	return t.ours[code]
}

// load makes the words of some rows' texts.
func (t *keyTexts) load(into []uint64, v *source.Vector, rows []int32) {
	t.use(v.Dict.ID, len(v.Dict.Values))
	ours := t.ours
	for i, row := range rows {
		code := v.Codes[row]
		word := ours[code]
		if word == 0 {
			word = t.add(code, v.Dict.Values[code])
		}
		into[i] = uint64(word - 1)
	}
}

// translate turns another dictionary's words into ours.
func (t *keyTexts) translate(words []uint64, other *textWords) {
	if t.textWords == nil || t.textWords == other {
		return
	}
	t.use(other.id, other.len())
	for i, theirs := range words {
		word := t.ours[theirs]
		if word == 0 {
			word = t.add(uint32(theirs), other.text(theirs))
		}
		words[i] = uint64(word - 1)
	}
}
