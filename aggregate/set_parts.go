package aggregate

import "math/bits"

// parts are what a large block is made of: the first bits of a word's hash say which
// of the tables it belongs to. So large a block lies in no cache. Therefore a pair
// first waits with others of its part, and when they are so many that several go into
// each line of the part's memory, this is brought into the cache once for them all.
type parts[W int32 | int64] struct {
	tables  []table[W]
	cells   []cell[W] // that wait: room for as many of each part
	ends    []uint32  // where each part's end
	room    uint32    // a power of two
	shift   uint8     // makes a part of a hash
	touched uint32    // keeps the compiler from leaving out what is read ahead
}

// Tests make them smaller.
var (
	mostCells = 1 << 19 // of a block in one table
	partBits  = 8
)

// waitShare is what part of the cells there may be waiting.
const waitShare = 2

// newParts makes parts of so many cells together.
func newParts[W int32 | int64](cells int) *parts[W] {
	n := 1 << partBits
	each := max(minCells, powerOfTwo(cells/n))
	p := &parts[W]{tables: make([]table[W], n), ends: make([]uint32, n), shift: uint8(32 - partBits)}
	all := make([]cell[W], n*each)
	for i := range p.tables {
		p.tables[i].bits = uint8(partBits)
		p.tables[i].size(all[i*each:][:each:each])
	}
	p.makeRoom(each / waitShare)
	return p
}

// makeRoom lets so many wait of each part. None waits now.
func (p *parts[W]) makeRoom(room int) {
	p.room = uint32(room)
	if n := int(p.room) * len(p.tables); n > len(p.cells) {
		p.cells = make([]cell[W], n)
	}
	for i := range p.ends {
		p.ends[i] = uint32(i) * p.room
	}
}

// add lets pairs wait, whose groups are all of the block.
func (p *parts[W]) add(groups []uint32, words []int64, count []uint32) {
	cells, ends, last := p.cells, p.ends, p.room-1
	words = words[:len(groups)]
	for i, g := range groups {
		part := hashOf(words[i]) >> (p.shift & 31)
		end := ends[part]
		cells[end] = cell[W]{W(words[i]), 1 << (g & (blockSize - 1))}
		end++
		ends[part] = end
		if end&last == 0 {
			p.settlePart(int(part), count)
			if len(p.tables[part].cells)/waitShare >= 2*int(p.room) {
				p.settle(count)
				p.makeRoom(len(p.tables[part].cells) / waitShare)
			}
			cells, last = p.cells, p.room-1
		}
	}
}

func (p *parts[W]) waiting(part int) []cell[W] {
	return p.cells[uint32(part)*p.room : p.ends[part]]
}

// settlePart brings the cells that wait to their places.
func (p *parts[W]) settlePart(part int, count []uint32) {
	t := &p.tables[part]
	waiting := p.waiting(part)
	if len(waiting) > len(t.cells)/8 {
		p.touched = t.sweep()
	}
	for len(waiting) > 0 {
		batch := waiting[:min(len(waiting), batchSize)]
		t.addNew(batch)
		for i := range batch {
			mask := batch[i].mask
			count[bits.TrailingZeros32(mask)&(blockSize-1)] += min(mask, 1)
		}
		waiting = waiting[len(batch):]
	}
	p.ends[part] = uint32(part) * p.room
}

// settle brings all that wait to their places.
func (p *parts[W]) settle(count []uint32) {
	for i := range p.tables {
		p.settlePart(i, count)
	}
}

// take puts in the cells of a table that is in order, none of which is there.
func (p *parts[W]) take(cells []cell[W]) {
	for _, c := range cells {
		if c.mask != 0 {
			p.put(c)
		}
	}
}

func (p *parts[W]) put(c cell[W]) { p.tables[hashOf(int64(c.word))>>(p.shift&31)].put(c) }

func (p *parts[W]) reserve(cells int) {
	for i := range p.tables {
		p.tables[i].reserve(powerOfTwo(cells / len(p.tables)))
	}
}

// powerOfTwo is the largest that isn't larger than n: parts may differ in size.
func powerOfTwo(n int) int { return 1 << bits.Len(uint(n)) >> 1 }

// reset forgets all. False says that the memory isn't worth keeping.
func (p *parts[W]) reset() bool {
	cells, n := 0, 0
	for i := range p.tables {
		t := &p.tables[i]
		cells, n = cells+len(t.cells), n+int(t.n)+len(p.waiting(i))
		p.ends[i] = uint32(i) * p.room
	}
	if n < cells/32 {
		return false
	}
	for i := range p.tables {
		p.tables[i].reset()
	}
	return true
}

// sweep reads the whole table, for the processor to have it at hand.
func (t *table[W]) sweep() (touched uint32) {
	for i := 0; i < len(t.cells); i += 8 {
		touched += t.cells[i].mask
	}
	return touched
}

// addNew adds a batch of cells, and leaves in them the groups that hadn't the words.
func (t *table[W]) addNew(cells []cell[W]) (touched uint32) {
	cells = cells[:min(len(cells), batchSize)]
	var places [batchSize]uint32
	last := uint32(len(t.cells) - 1)
	for i := range cells {
		at := hashOf(int64(cells[i].word)) >> (t.shift & 31) & last
		places[i&(batchSize-1)] = at
		touched += t.cells[at].mask
	}
	for i := range cells {
		word, mask := cells[i].word, cells[i].mask
		at := places[i&(batchSize-1)]
		c := &t.cells[at]
		if c.isAnother(word) {
			c = t.findAfter(at, word)
		}
		t.n += 1 - min(c.mask, 1)
		cells[i].mask = mask &^ c.mask
		c.word = word
		c.mask |= mask
		if t.n > t.limit {
			t.double()
			return t.addNew(cells[i+1:])
		}
	}
	return touched
}
