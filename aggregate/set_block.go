package aggregate

// blocks are sets of the words of one width, a block for each 32 groups.
type blocks[W int32 | int64] struct{ blocks []block[W] }

// block holds the words of 32 groups, in one table while that is small, and then in
// parts.
type block[W int32 | int64] struct {
	one  [1]table[W]
	many *parts[W] // or nil
	list *list     // of the words by group, where it was asked for
}

const (
	blockBits = 5
	blockSize = 1 << blockBits
)

// grow makes blocks for n groups.
func (b *blocks[W]) grow(n int) {
	n = (n + blockSize - 1) / blockSize
	if n > cap(b.blocks) {
		b.blocks = append(b.blocks, make([]block[W], n-len(b.blocks))...)
	}
	b.blocks = b.blocks[:max(n, len(b.blocks))] // what a reset left there is empty
}

func (b *blocks[W]) reset() {
	for i := range b.blocks {
		b.blocks[i].reset()
	}
	b.blocks = b.blocks[:0]
}

func (b *blocks[W]) len() (n int) {
	for i := range b.blocks {
		n += b.blocks[i].len()
	}
	return n
}

// add adds a batch of words to groups' sets, which count says the sizes of once they
// are settled.
func (b *blocks[W]) add(groups []uint32, words []int64, count []uint32) (touched uint32) {
	if len(b.blocks) == 1 && b.blocks[0].many != nil {
		b.blocks[0].many.add(groups, words, count)
		return 0
	}
	words = words[:len(groups)]
	var hashes [batchSize]uint32
	for i, word := range words {
		hashes[i&(batchSize-1)] = hashOf(word)
	}
	touched = b.touch(groups, hashes[:len(groups)], count)
	for i, g := range groups {
		block := &b.blocks[g>>blockBits]
		bit := g & (blockSize - 1)
		if block.many != nil {
			block.many.add(groups[i:i+1], words[i:i+1], count[g-bit:])
			continue
		}
		t := &block.one[0]
		at, word := hashes[i&(batchSize-1)]>>(t.shift&31), W(words[i])
		c := &t.cells[at]
		if c.isAnother(word) {
			c = t.findAfter(at, word)
		}
		t.n += 1 - min(c.mask, 1)
		count[g] += ^c.mask >> bit & 1
		c.word = word
		c.mask |= 1 << bit
		if t.n > t.limit {
			block.enlarge()
		}
	}
	return touched
}

// touch reads the places of a batch.
func (b *blocks[W]) touch(groups, hashes, count []uint32) (touched uint32) {
	hashes = hashes[:len(groups)]
	for i, g := range groups {
		block := &b.blocks[g>>blockBits]
		t := &block.one[0]
		if len(t.cells) == 0 {
			if block.many != nil {
				continue
			}
			t.enlarge()
		}
		touched += t.cells[hashes[i]>>(t.shift&31)].mask + count[g]
	}
	return touched
}

// enlarge makes the block's one table larger, or parts of it.
func (b *block[W]) enlarge() {
	if t := &b.one[0]; len(t.cells) < mostCells {
		t.enlarge()
	} else {
		b.split(2 * len(t.cells))
	}
}

// reserve makes room for so many cells.
func (b *block[W]) reserve(cells int) {
	switch {
	case b.many != nil:
		b.many.reserve(cells)
	case cells <= mostCells:
		b.one[0].reserve(cells)
	default:
		b.split(cells)
	}
}

// split makes parts of the one table, of so many cells together.
func (b *block[W]) split(cells int) {
	b.many = newParts[W](cells)
	b.many.take(b.one[0].cells)
	b.one[0] = table[W]{}
}

// put puts in a cell of a word that isn't there, where none waits.
func (b *block[W]) put(c cell[W]) {
	if b.many != nil {
		b.many.put(c)
		return
	}
	t := &b.one[0]
	if t.n >= t.limit {
		b.enlarge()
		b.put(c)
		return
	}
	t.put(c)
}

// tables are what holds the words, in the order of their hashes.
func (b *block[W]) tables() []table[W] {
	if b.many != nil {
		return b.many.tables
	}
	return b.one[:]
}

// waiting are the cells that have yet to find their places.
func (b *block[W]) waiting(part int) []cell[W] {
	if b.many == nil {
		return nil
	}
	return b.many.waiting(part)
}

// cells is how many there are, free or not.
func (b *block[W]) cells() (n int) {
	for _, t := range b.tables() {
		n += len(t.cells)
	}
	return n
}

// len is how many words there are.
func (b *block[W]) len() (n int) {
	for _, t := range b.tables() {
		n += int(t.n)
	}
	return n
}

// settle makes the tables and their groups' counts what they are to be.
func (b *block[W]) settle(count []uint32) {
	if b.many != nil {
		b.many.settle(count)
	}
}

func (b *block[W]) reset() {
	b.one[0].reset()
	if b.many != nil && !b.many.reset() {
		b.many = nil
	}
}
