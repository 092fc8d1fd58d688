package hll

import "slices"

// coupons holds the coupons of many groups in one memory: each group has a small
// table there, by open addressing. A group of one value takes 16 bytes.
type coupons struct {
	places []uint32
	spare  [maxTable + 1][]uint32 // where tables are that nobody has any more, by size
}

// A table's size is a logarithm. That of a group that gets registers is the
// largest: see newSketches.
const (
	minTable = 2
	maxTable = 14
)

// table gives the table at a place.
func (c *coupons) table(at uint32, size uint8) []uint32 { return c.places[at:][:1<<(size&31)] }

// take gives the place of an empty table.
func (c *coupons) take(size uint8) uint32 {
	if spare := c.spare[size]; len(spare) > 0 {
		at := spare[len(spare)-1]
		c.spare[size] = spare[:len(spare)-1]
		clear(c.table(at, size))
		return at
	}
	at, n := len(c.places), 1<<size
	c.places = slices.Grow(c.places, n)[:at+n]
	clear(c.places[at:])
	return uint32(at)
}

func (c *coupons) give(at uint32, size uint8) { c.spare[size] = append(c.spare[size], at) }

// reset takes all tables back, and keeps the memory.
func (c *coupons) reset() {
	c.places = c.places[:0]
	for i := range c.spare {
		c.spare[i] = c.spare[i][:0]
	}
}

// enter puts a coupon in a table that has a free place, and says whether it's new.
// No coupon is 0, and the first bits of one are as good as random.
func enter(table []uint32, size uint8, coupon uint32) bool {
	last := uint32(len(table) - 1)
	for at := coupon >> ((32 - size) & 31); ; at++ {
		switch p := &table[at&last]; *p {
		case coupon:
			return false
		case 0:
			*p = coupon
			return true
		}
	}
}
