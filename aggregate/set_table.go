package aggregate

import (
	"math/bits"
	"math/rand/v2"
)

// table holds words of a block, by open addressing: a cell stands for a word in all
// those groups that have it. The place of a word begins at the highest bits of its
// hash, so that tables of every size have one order.
type table[W int32 | int64] struct {
	cells []cell[W] // as many as a power of two, or none yet
	n     uint32    // cells that aren't free
	limit uint32    // how many may be taken
	shift uint8     // makes a place of a hash
	bits  uint8     // of the hash, which all the words share
}

type cell[W int32 | int64] struct {
	word W
	mask uint32 // the groups that have it; the cell is free if there are none
}

const (
	minCells   = 8
	smallTable = 32
)

// Nobody outside can choose words that collide.
var seed, multiplier = int64(rand.Uint64()), rand.Uint64() | 1

func hashOf(word int64) uint32 {
	hi, lo := bits.Mul64(uint64(word^seed), multiplier)
	return uint32((hi ^ lo) >> 32)
}

// find gives the cell of a word, or the free one that it may have.
func (t *table[W]) find(word W) *cell[W] {
	at := hashOf(int64(word)) >> (t.shift & 31) & uint32(len(t.cells)-1)
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
		t.double()
	}
	t.n++
	*t.find(c.word) = c
}

// enlarge makes the table larger: one that isn't small by more than a small one can
// afford, so that few words move often.
func (t *table[W]) enlarge() {
	n := max(minCells, 2*len(t.cells))
	if n > smallTable && n < mostCells {
		n *= 2
	}
	t.reserve(n)
}

func (t *table[W]) double() { t.reserve(max(minCells, 2*len(t.cells))) }

// reserve makes the table one of n cells, if it has less. Both tables have the same
// order, so they're gone through from the beginning to the end.
func (t *table[W]) reserve(n int) {
	old := t.cells
	if n <= len(old) {
		return
	}
	t.size(make([]cell[W], n))
	var taken [batchSize]cell[W]
	for len(old) > 0 {
		n := compact(&taken, old)
		for _, c := range taken[:n] {
			*t.find(c.word) = c
		}
		old = old[min(len(old), batchSize):]
	}
}

// compact copies the cells that aren't free, of the first ones, without a branch that
// the processor would guess wrong.
func compact[W int32 | int64](to *[batchSize]cell[W], cells []cell[W]) (n int) {
	for _, c := range cells[:min(len(cells), batchSize)] {
		to[n&(batchSize-1)] = c
		n += int(min(c.mask, 1))
	}
	return n
}

// size makes empty cells those of the table.
func (t *table[W]) size(cells []cell[W]) {
	t.cells = cells
	t.limit = uint32(len(cells)) / 8 * 5
	t.shift = uint8(33-bits.Len(uint(len(cells)))) - t.bits
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
