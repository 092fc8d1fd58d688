package aggregate

// mergeBlock merges a block that has parts into one that has them too, part by part:
// a word is in the same part of both. False says that it can't be done so: the groups
// go into several blocks, say, or the words are others here.
func mergeBlock[W int32 | int64](m *merging, into *blocks[W], from *block[W], first uint32) bool {
	to, ok := m.block(first)
	if !ok || m.translate != nil || from.many == nil {
		return false
	}
	block, count := &into.blocks[to], m.into.count[to<<blockBits:]
	if block.reserve(powerOfTwo(from.cells())); block.many == nil {
		return false
	}
	masks := newRegrouping(m.groups[first:min(int(first)+blockSize, len(m.groups))])
	var counted tally
	for i := range from.many.tables {
		t := &block.many.tables[i]
		t.reserve(len(from.many.tables[i].cells))
		add := func(run []cell[W]) {
			var batch [batchSize]cell[W]
			some := batch[:compact(&batch, run)]
			for i := range some {
				some[i].mask = masks.of(some[i].mask)
			}
			t.addNew(some)
			counted.room(len(some), count)
			for _, c := range some {
				counted.add(c.mask)
			}
		}
		inRuns(from.many.tables[i].cells, add)
		for waiting := from.many.waiting(i); len(waiting) > 0; {
			n := min(len(waiting), batchSize)
			add(waiting[:n])
			waiting = waiting[n:]
		}
	}
	counted.flush(count)
	return true
}

// regrouping makes masks of a block's groups those of the groups that they go into,
// a byte at a time.
type regrouping [4][256]uint32

func newRegrouping(groups []uint32) *regrouping {
	var r regrouping
	for i, g := range groups {
		bytes, bit := &r[i>>3], 1<<(i&7)
		for b := range bytes {
			if b&bit != 0 {
				bytes[b] |= 1 << (g & (blockSize - 1))
			}
		}
	}
	return &r
}

func (r *regrouping) of(mask uint32) uint32 {
	return r[0][uint8(mask)] | r[1][uint8(mask>>8)] | r[2][uint8(mask>>16)] | r[3][mask>>24]
}
