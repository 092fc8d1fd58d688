package aggregate

import "math/bits"

// merge adds other's group i to group groups[i], for every i. The words are the
// same here, or what translate makes of them, if it isn't nil.
func (s *set) merge(groups []uint32, other *set, translate func(word int64) int64) {
	m := merging{into: s, groups: groups, translate: translate}
	for i := range other.narrow.tables {
		mergeTable(&m, &other.narrow.tables[i], uint32(i)<<blockBits)
	}
	for i := range other.wide.tables {
		mergeTable(&m, &other.wide.tables[i], uint32(i)<<blockBits)
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

// mergeTable merges the table of some groups, by runs that lie far apart: in the
// table's own order, which is that of the one it goes into, it would fill one end
// of that first.
func mergeTable[W int32 | int64](m *merging, t *table[W], first uint32) {
	m.reserve(first, len(t.cells))
	const run = 64
	runs := len(t.cells) / run
	if runs == 0 {
		mergeCells(m, t.cells, first)
	}
	stride := runs*5/8 | 1 // odd, so that it comes to each
	for i := range runs {
		at := i * stride & (runs - 1) * run
		mergeCells(m, t.cells[at:][:run], first)
	}
}

// reserve makes the table that a block's groups go into as large as theirs, if it's
// one: so it is where groups have the same numbers in both.
func (m *merging) reserve(first uint32, cells int) {
	groups := m.groups[first:min(int(first)+blockSize, len(m.groups))]
	block := groups[0] >> blockBits
	for _, g := range groups {
		if g>>blockBits != block {
			return
		}
	}
	if m.into.isWide {
		m.into.wide.tables[block].reserve(cells)
	} else {
		m.into.narrow.tables[block].reserve(cells)
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
