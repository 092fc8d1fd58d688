package aggregate

import "math/bits"

// merge adds other's group i to group groups[i], for every i. The words are the
// same here, or what translate makes of them, if it isn't nil.
func (s *set) merge(groups []uint32, other *set, translate func(word int64) int64) {
	s.version++
	m := merging{into: s, groups: groups, translate: translate}
	for i := range other.narrow.blocks {
		if s.isWide || !mergeBlock(&m, &s.narrow, &other.narrow.blocks[i], uint32(i)<<blockBits) {
			mergePairs(&m, &other.narrow.blocks[i], uint32(i)<<blockBits)
		}
	}
	for i := range other.wide.blocks {
		if !s.isWide || !mergeBlock(&m, &s.wide, &other.wide.blocks[i], uint32(i)<<blockBits) {
			mergePairs(&m, &other.wide.blocks[i], uint32(i)<<blockBits)
		}
	}
	m.flush()
}

// merging gathers what goes into a set.
type merging struct {
	into      *set
	groups    []uint32
	translate func(word int64) int64
	n         int
	to        [batchSize]uint32
	words     [batchSize]int64
}

// mergePairs merges a block, pair by pair.
func mergePairs[W int32 | int64](m *merging, from *block[W], first uint32) {
	if to, ok := m.block(first); ok {
		m.reserve(to, powerOfTwo(from.cells()))
	}
	for i, t := range from.tables() {
		inRuns(t.cells, func(run []cell[W]) { mergeCells(m, run, first) })
		mergeCells(m, from.waiting(i), first)
	}
}

// block is the one that all groups of a block go into, if it's one: so it is where
// groups have the same numbers in both.
func (m *merging) block(first uint32) (block uint32, ok bool) {
	groups := m.groups[first:min(int(first)+blockSize, len(m.groups))]
	block = groups[0] >> blockBits
	for _, g := range groups {
		if g>>blockBits != block {
			return 0, false
		}
	}
	return block, true
}

func (m *merging) reserve(block uint32, cells int) {
	if m.into.isWide {
		m.into.wide.blocks[block].reserve(cells)
	} else {
		m.into.narrow.blocks[block].reserve(cells)
	}
}

// inRuns goes through a table's cells by runs that lie far apart: in the table's own
// order, which is that of the one they go into, it would fill one end of that first.
func inRuns[W int32 | int64](cells []cell[W], take func([]cell[W])) {
	const run = batchSize
	runs := len(cells) / run
	if runs == 0 {
		take(cells)
	}
	stride := runs*5/8 | 1 // odd, so that it comes to each
	for i := range runs {
		at := i * stride & (runs - 1) * run
		take(cells[at:][:run])
	}
}

func mergeCells[W int32 | int64](m *merging, cells []cell[W], first uint32) {
	for i := range cells {
		c := &cells[i]
		if c.mask == 0 {
			continue
		}
		word := int64(c.word)
		if m.translate != nil {
			word = m.translate(word)
		}
		for mask := c.mask; mask != 0; mask &= mask - 1 {
			m.add(m.groups[first+uint32(bits.TrailingZeros32(mask))], word)
		}
	}
}

func (m *merging) add(group uint32, word int64) {
	if m.n == batchSize {
		m.flush()
	}
	m.to[m.n&(batchSize-1)], m.words[m.n&(batchSize-1)] = group, word
	m.n++
}

func (m *merging) flush() {
	m.into.add(m.to[:m.n], m.words[:m.n])
	m.n = 0
}
