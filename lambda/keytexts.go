package lambda

import (
	"hash/maphash"
	"math/bits"
	"slices"
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
	at := t.shard(text)
	shard := &t.shards[at]
	shard.Lock()
	defer shard.Unlock()
	return shard.Code(text)<<t.bits | at
}

// shard says which shard has a text.
func (t *textWords) shard(text string) uint32 {
	if t.bits == 0 {
		return 0
	}
	return uint32(maphash.String(t.seed, text)) & (1<<t.bits - 1)
}

// codes appends the numbers of many texts to words, a shard at a time.
func (t *textWords) codes(words []uint32, texts []string, s *sortedTexts) []uint32 {
	words = slices.Grow(words, len(texts))[:len(texts)]
	if t.bits == 0 {
		shard := &t.shards[0]
		shard.Lock()
		defer shard.Unlock()
		shard.Codes(words, texts)
		return words
	}
	s.hashes = s.hashes[:0]
	for _, text := range texts {
		s.hashes = append(s.hashes, uint64(t.shard(text)))
	}
	s.sort(s.hashes, 0, len(t.shards))
	s.texts = gather(s.texts[:0], texts, s.places)
	s.words = slices.Grow(s.words[:0], len(texts))[:len(texts)]
	from := 0
	for i := range t.shards {
		to := from + len(s.lot(i))
		if from == to {
			continue
		}
		shard := &t.shards[i]
		shard.Lock()
		shard.Codes(s.words[from:to], s.texts[from:to])
		shard.Unlock()
		for at := from; at < to; at++ {
			words[s.places[at]] = s.words[at]<<t.bits | uint32(i)
		}
		from = to
	}
	clear(s.texts)
	return words
}

// sortedTexts is texts in the order of their shards, and their words.
type sortedTexts struct {
	sortedLots
	hashes []uint64
	texts  []string
	words  []uint32
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

	// Scratch: the rows of texts that aren't known, these, and their words.
	places []int32
	texts  []string
	words  []uint32
	sorted sortedTexts
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

// load makes the words of some rows' texts.
func (t *keyTexts) load(into []uint64, v *source.Vector, rows []int32) {
	t.use(v.Dict.ID, len(v.Dict.Values))
	t.places = slices.Grow(t.places[:0], len(rows))[:len(rows)]
	ours, codes, news := t.ours, v.Codes, 0
	into = into[:len(rows)]
	for i, row := range rows {
		word := ours[codes[row]]
		into[i] = uint64(word) - 1
		t.places[news] = int32(i)
		news += int(1 - min(word, 1))
	}
	if news == 0 {
		return
	}
	t.places = t.places[:news]
	t.texts = t.texts[:0]
	for _, at := range t.places {
		t.texts = append(t.texts, v.Dict.Values[codes[rows[at]]])
	}
	t.words = t.codes(t.words[:0], t.texts, &t.sorted)
	for i, at := range t.places {
		ours[codes[rows[at]]] = t.words[i] + 1
		into[at] = uint64(t.words[i])
	}
	clear(t.texts) // their memory may go
}

// translate turns another dictionary's words into ours.
func (t *keyTexts) translate(words []uint64, other *textWords) {
	if t.textWords == nil || t.textWords == other {
		return
	}
	t.use(other.id, other.len())
	for i, theirs := range words {
		if t.ours[theirs] == 0 {
			t.ours[theirs] = t.code(other.text(theirs)) + 1
		}
		words[i] = uint64(t.ours[theirs] - 1)
	}
}
