package aggregate

import (
	"math/bits"
	"math/rand/v2"
)

// blocks are sets of the words of one width, a table for each 32 groups.
type blocks[W int32 | int64] struct{ tables []table[W] }

// table holds the words of a block of 32 groups, by open addressing: a cell stands
// for a word in all those groups that have it. The place of a word begins at the
// highest bits of its hash, so that tables of every size have one order.
type table[W int32 | int64] struct {
	cells []cell[W] // as many as a power of two, or none yet
	n     uint32    // cells that aren't free
	limit uint32    // how many may be taken
	shift uint8     // makes a place of a hash
	list  *list     // of the words by group, where it was asked for
}

type cell[W int32 | int64] struct {
	word W
	mask uint32 // the groups that have it; the cell is free if there are none
}

const (
	blockBits = 5
	blockSize = 1 << blockBits

	minCells   = 8
	smallTable = 32
	largeTable = 1 << 19
)

// Nobody outside can choose words that collide.
var seed, multiplier = int64(rand.Uint64()), rand.Uint64() | 1

func hashOf(word int64) uint32 {
	hi, lo := bits.Mul64(uint64(word^seed), multiplier)
	return uint32((hi ^ lo) >> 32)
}

// grow makes tables for n groups.
func (b *blocks[W]) grow(n int) {
	n = (n + blockSize - 1) / blockSize
	if n > cap(b.tables) {
		b.tables = append(b.tables, make([]table[W], n-len(b.tables))...)
	}
	b.tables = b.tables[:max(n, len(b.tables))] // what a reset left there is empty
}

func (b *blocks[W]) reset() {
	for i := range b.tables {
		b.tables[i].reset()
	}
	b.tables = b.tables[:0]
}

func (b *blocks[W]) len() (n int) {
	for i := range b.tables {
		n += int(b.tables[i].n)
	}
	return n
}

// add adds a batch of words to groups' sets, which count says the sizes of.
func (b *blocks[W]) add(groups []uint32, words []int64, count []uint32) (touched uint32) {
	words = words[:len(groups)]
	var hashes [batchSize]uint32
	for i, word := range words {
		hashes[i&(batchSize-1)] = hashOf(word)
	}
	touched = b.touch(groups, hashes[:len(groups)], count)
	for i, g := range groups {
		t := &b.tables[g>>blockBits]
		at, word := hashes[i&(batchSize-1)]>>(t.shift&31), W(words[i])
		c := &t.cells[at]
		if c.isAnother(word) {
			c = t.findAfter(at, word)
		}
		t.n += 1 - min(c.mask, 1)
		bit := g & (blockSize - 1)
		count[g] += ^c.mask >> bit & 1
		c.word = word
		c.mask |= 1 << bit
		if t.n > t.limit {
			t.enlarge()
		}
	}
	return touched
}

// touch reads the places of a batch.
func (b *blocks[W]) touch(groups, hashes, count []uint32) (touched uint32) {
	hashes = hashes[:len(groups)]
	for i, g := range groups {
		t := &b.tables[g>>blockBits]
		if len(t.cells) == 0 {
			t.enlarge()
		}
		touched += t.cells[hashes[i]>>(t.shift&31)].mask + count[g]
	}
	return touched
}

// find gives the cell of a word, or the free one that it may have.
func (t *table[W]) find(word W) *cell[W] {
	at := hashOf(int64(word)) >> (t.shift & 31)
	c := &t.cells[at]
	if c.isAnother(word) {
		return t.findAfter(at, word)
	}
	return c
}

// isAnother says whether the cell is neither free nor the word's, without a branch
// that the processor would guess wrong.
func (c *cell[W]) isAnother(word W) bool {
	return int64(c.word^word)&(-int64(c.mask)>>63) != 0
}

func (t *table[W]) findAfter(at uint32, word W) *cell[W] {
	last := uint32(len(t.cells) - 1)
	for {
		at = (at + 1) & last
		if c := &t.cells[at]; c.mask == 0 || c.word == word {
			return c
		}
	}
}

// put puts in a cell of a word that isn't there.
func (t *table[W]) put(c cell[W]) {
	if t.n >= t.limit {
		t.enlarge()
	}
	t.n++
	*t.find(c.word) = c
}

// enlarge makes the table larger: at a middling size by more than a small or a
// large one can afford, so that few words move often.
func (t *table[W]) enlarge() {
	n := max(minCells, 2*len(t.cells))
	if n > smallTable && n < largeTable {
		n *= 2
	}
	t.reserve(n)
}

// reserve makes the table one of n cells, if it has less. Both tables have the same
// order, so they're gone through from the beginning to the end.
func (t *table[W]) reserve(n int) {
	old := t.cells
	if n <= len(old) {
		return
	}
	t.size(make([]cell[W], n))
	for _, c := range old {
		if c.mask != 0 {
			*t.find(c.word) = c
		}
	}
}

// size makes empty cells those of the table.
func (t *table[W]) size(cells []cell[W]) {
	t.cells = cells
	t.limit = uint32(len(cells)) / 8 * 5
	t.shift = uint8(33 - bits.Len(uint(len(cells))))
}

// reset forgets all, and keeps the memory. A table that was much too large gets
// smaller: it costs time to clear.
func (t *table[W]) reset() {
	clear(t.cells)
	if n := len(t.cells) / 8; n >= minCells && t.n < uint32(n)/4 {
		t.size(t.cells[:n])
	}
	t.n = 0
}
