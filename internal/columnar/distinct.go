package columnar

import "math/bits"

// fewDistinct is how many different integers a dictionary may have before it must
// show that it's the smaller way to write the column.
const fewDistinct = 1 << 12

// distinct numbers the different integers of a column, up to a limit: by open
// addressing in a table that is at most half full.
type distinct struct {
	values []int64
	limit  int
	table  []uint32 // places in values, plus one
	shift  int      // leaves as many bits of a hash as the table has
}

func (d *distinct) reset() {
	d.values, d.limit = d.values[:0], fewDistinct
	d.resize(2 * fewDistinct)
}

// resize makes an empty table of a power of two.
func (d *distinct) resize(n int) {
	if cap(d.table) < n {
		d.table = make([]uint32, n)
	}
	d.table, d.shift = d.table[:n], 64-bits.Len(uint(n-1))
	clear(d.table)
}

// code gives an integer's number, and false where there are too many.
func (d *distinct) code(v int64) (uint32, bool) {
	table, values := d.table, d.values
	mask := uint64(len(table) - 1)
	for slot := hashInt(v) >> d.shift; ; slot++ {
		at := table[slot&mask]
		if at == 0 {
			return d.add(v, slot&mask)
		}
		if values[at-1] == v {
			return at - 1, true
		}
	}
}

func (d *distinct) add(v int64, slot uint64) (uint32, bool) {
	if len(d.values) == d.limit {
		return 0, false
	}
	d.values = append(d.values, v)
	d.table[slot] = uint32(len(d.values))
	if 2*len(d.values) > len(d.table) {
		d.resize(2 * len(d.table))
		mask := uint64(len(d.table) - 1)
		for i, v := range d.values {
			slot := hashInt(v) >> d.shift
			for d.table[slot&mask] > 0 {
				slot++
			}
			d.table[slot&mask] = uint32(i + 1)
		}
	}
	return uint32(len(d.values) - 1), true
}

func hashInt(v int64) uint64 { return uint64(v) * 0x9E3779B97F4A7C15 } // 2^64 over the golden ratio

// allow sets the limit to what a dictionary may have if it's to take a twentieth
// less than another way to write so many rows, whose bytes for a value are about
// those of an entry too. It's false where the rows seen so far promise more.
func (d *distinct) allow(seen, rows int, bytes float64) bool {
	for width := 1; width < 32; width++ {
		entries := float64(rows) * (0.95 - float64(width)/8/bytes)
		d.limit = max(d.limit, min(1<<width, int(entries)))
	}
	promised := float64(len(d.values)) / float64(seen) * float64(rows)
	return d.limit > len(d.values) && promised < 1.1*float64(d.limit)
}
