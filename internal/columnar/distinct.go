package columnar

// maxDistinct is the most integers of a dictionary.
const maxDistinct = 1 << 12

// distinct numbers the different integers of a column, up to maxDistinct: by
// open addressing in a table that is at most half full.
type distinct struct {
	values []int64
	table  []uint16 // places in values, plus one
}

func (d *distinct) reset() {
	if d.table == nil {
		d.table = make([]uint16, 2*maxDistinct)
	}
	clear(d.table)
	d.values = d.values[:0]
}

// code gives an integer's number, and false where there are too many.
func (d *distinct) code(v int64) (uint32, bool) {
	const mask = 2*maxDistinct - 1
	hash := uint64(v) * 0x9E3779B97F4A7C15 // 2^64 over the golden ratio
	for slot := hash >> 40; ; slot++ {
		at := d.table[slot&mask]
		switch {
		case at > 0 && d.values[at-1] == v:
			return uint32(at - 1), true
		case at > 0:
			continue
		case len(d.values) == maxDistinct:
			return 0, false
		}
		d.values = append(d.values, v)
		d.table[slot&mask] = uint16(len(d.values))
		return uint32(len(d.values) - 1), true
	}
}
