package clickhousesink

import (
	"math"
	"math/bits"

	"github.com/anabranch-go/anabranch/source"
)

// newest gives the places of the rows that hold among n: of each identity the one
// of the highest version, and of one version the last. Nil says that all do, as in
// most batches. Within a chunk equal texts have equal codes, so identities are
// compared as integers.
func newest(columns []source.Vector, identity, version, n int) []int32 {
	table := make([]int32, 1<<bits.Len(uint(2*n))) // by hash: a row, plus one; the next place where that's taken
	mask := uint64(len(table) - 1)
	hashes := hash(columns[:identity], n)
	versions := columns[version].Ints
	beaten := make([]bool, n)
	held := n
	for row := range n {
		at := hashes[row] & mask
		for ; table[at] != 0; at = (at + 1) & mask {
			other := int(table[at] - 1)
			if hashes[other] != hashes[row] || !same(columns[:identity], other, row) {
				continue
			}
			held--
			if versions[row] < versions[other] {
				beaten[row] = true
			} else {
				beaten[other] = true
			}
			break
		}
		if !beaten[row] {
			table[at] = int32(row + 1)
		}
	}
	if held == n {
		return nil
	}
	places := make([]int32, 0, held)
	for row := range n {
		if !beaten[row] {
			places = append(places, int32(row))
		}
	}
	return places
}

// hash mixes the values of each row, column by column.
func hash(columns []source.Vector, n int) []uint64 {
	out := make([]uint64, n)
	for i := range columns {
		v := &columns[i]
		for row := range out {
			high, low := bits.Mul64(out[row]^cell(v, row), 0x9e3779b97f4a7c15)
			out[row] = high ^ low + 0x632be59bd9b4e019
		}
	}
	return out
}

func same(columns []source.Vector, a, b int) bool {
	for i := range columns {
		v := &columns[i]
		if cell(v, a) != cell(v, b) || v.IsNull(int32(a)) != v.IsNull(int32(b)) {
			return false
		}
	}
	return true
}

// cell is a value as an integer. A null's is that of its place, which holds a zero.
func cell(v *source.Vector, row int) uint64 {
	switch v.Kind {
	case source.String, source.Opaque:
		return uint64(v.Codes[row])
	case source.Float:
		return math.Float64bits(v.Floats[row])
	}
	return uint64(v.Ints[row])
}
