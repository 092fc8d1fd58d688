package source

import (
	"hash/maphash"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"unsafe"
)

// Interner builds a dictionary. It's not safe for concurrent use, but what
// Dictionary returns may be read while the interner grows.
type Interner struct {
	id     uint64
	values []string
	keys   []textKey // of the values
	slots  []slot    // a power of two
	arena  arena

	touched byte // keeps the compiler from leaving out what touch reads
}

// slot is a text's place in the table: that of its hash, or the next that was free.
type slot struct {
	hash uint32
	next uint32 // 1 + the code; 0 where the slot is free
}

// textKey stands for a text in the table. One of up to 16 bytes is in it whole,
// so that two are compared as words; a longer one's hash is.
type textKey struct {
	lo, hi uint64
	length uint32
}

const (
	shortText   = 16 // bytes that a key holds
	fewestSlots = 16
)

// Nobody can know which texts collide in a process.
var (
	seedLow, seedHigh = rand.Uint64(), rand.Uint64()
	seedLong          = maphash.MakeSeed()
)

func keyOf(text string) textKey {
	n := len(text)
	k := textKey{length: uint32(min(n, math.MaxUint32))}
	switch {
	case n > shortText:
		k.lo = maphash.String(seedLong, text)
	case n == 8:
		k.lo = wordAt(text, 0)
	case n > 8:
		k.lo, k.hi = wordAt(text, 0), wordAt(text, n-8)>>(8*(shortText-n))
	default:
		for i := range n {
			k.lo |= uint64(text[i]) << (8 * i)
		}
	}
	return k
}

func wordAt(s string, at int) uint64 {
	_ = s[at+7]
	return uint64(s[at]) | uint64(s[at+1])<<8 | uint64(s[at+2])<<16 | uint64(s[at+3])<<24 |
		uint64(s[at+4])<<32 | uint64(s[at+5])<<40 | uint64(s[at+6])<<48 | uint64(s[at+7])<<56
}

// hash folds the product of both words, as wyhash does.
func (k textKey) hash() uint32 {
	high, low := bits.Mul64(k.lo^seedLow, k.hi^seedHigh)
	return uint32(high ^ low)
}

// ascii says whether all that the key holds of a text is.
func (k textKey) ascii() bool { return (k.lo|k.hi)&high == 0 }

// NewInterner makes an empty dictionary.
func NewInterner() *Interner {
	return &Interner{id: NewDictionaryID(), slots: make([]slot, fewestSlots)}
}

// Code gives a text's code, a new one for a new text, of which a copy is kept.
func (d *Interner) Code(text string) uint32 {
	return d.code(keyOf(text), text)
}

func (d *Interner) code(k textKey, text string) uint32 {
	hash := k.hash()
	at, found := d.find(k, hash, text)
	if !found {
		return d.add(k, hash, at, d.arena.own(text))
	}
	return d.slots[at].next - 1
}

// CodeBytes is Code for a text in a buffer that the caller will use again.
func (d *Interner) CodeBytes(text []byte) uint32 { return d.Code(viewText(text)) }

// viewText is a text in the memory of bytes, good for as long as they don't change.
func viewText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// lookup gives the code of a text that has one.
func (d *Interner) lookup(k textKey, text string) (uint32, bool) {
	at, found := d.find(k, k.hash(), text)
	if !found {
		return 0, false
	}
	return d.slots[at].next - 1, true
}

// find gives the slot of a text, or the free one that would be its.
func (d *Interner) find(k textKey, hash uint32, text string) (at int, found bool) {
	last := len(d.slots) - 1
	for at = int(hash) & last; ; at = (at + 1) & last {
		s := d.slots[at]
		switch {
		case s.next == 0:
			return at, false
		case s.hash == hash && d.keys[s.next-1] == k && (len(text) <= shortText || d.values[s.next-1] == text):
			return at, true
		}
	}
}

// add gives a new text, which it keeps, a code, and the free slot that find gave.
func (d *Interner) add(k textKey, hash uint32, at int, text string) uint32 {
	if n := len(d.values); n == cap(d.values) {
		d.values = slices.Grow(d.values, max(n, fewestSlots))
		d.keys = slices.Grow(d.keys, max(n, fewestSlots))
	}
	d.values, d.keys = append(d.values, text), append(d.keys, k)
	d.slots[at] = slot{hash, uint32(len(d.values))}
	if 4*len(d.values) > 3*len(d.slots) {
		d.spread()
	}
	return uint32(len(d.values) - 1)
}

// spread doubles the table.
func (d *Interner) spread() {
	old := d.slots
	d.slots = make([]slot, 2*len(old))
	last := len(d.slots) - 1
	for _, s := range old {
		if s.next == 0 {
			continue
		}
		at := int(s.hash) & last
		for d.slots[at].next != 0 {
			at = (at + 1) & last
		}
		d.slots[at] = s
	}
}

// restart begins a new dictionary, with room for as many texts as the one before
// had. Who has that may go on reading it.
func (d *Interner) restart() {
	clear(d.slots)
	*d = Interner{id: NewDictionaryID(), values: make([]string, 0, len(d.values)), keys: d.keys[:0], slots: d.slots}
}

// Len is the number of texts.
func (d *Interner) Len() int { return len(d.values) }

// Dictionary is the texts so far.
func (d *Interner) Dictionary() Dictionary {
	return Dictionary{ID: d.id, Values: d.values[:len(d.values):len(d.values)]}
}
