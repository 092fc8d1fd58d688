package aggregate

import (
	"fmt"
	"math"
)

// counts holds a number of events for each group. It's below zero where more
// were taken away than came (see [Inverter]). No log has 2^63 events, but states
// from elsewhere can add up to more: those counts keep their upper half apart,
// so that neither the order of merging shows nor what's taken away is lost.
type counts struct {
	n    []int64
	high map[uint32]int64 // a group's count is n + high * 2^64
}

func (c *counts) grow(n int) { c.n = grow(c.n, n) }

func (c *counts) reset() {
	c.n = c.n[:0]
	clear(c.high)
}

// carry mends the count of a group whose n just went past 63 bits by one.
func (c *counts) carry(group uint32) { c.addHigh(group, 1) }

func (c *counts) addHigh(group uint32, by int64) {
	if by == 0 {
		return
	}
	if c.high == nil {
		c.high = map[uint32]int64{}
	}
	c.high[group] += by
}

func (c *counts) add(group uint32, v int128) {
	old, low := c.n[group], int64(v.lo)
	sum := old + low
	c.n[group] = sum
	high := v.hi - low>>63
	if (sum^old)&(sum^low) < 0 {
		high += 1 | old>>63 // up for a sum past 63 bits, down for one below
	}
	c.addHigh(group, high)
}

// merge adds the counts of other's groups.
func (c *counts) merge(groups []uint32, other *counts) {
	if len(c.high)+len(other.high) > 0 {
		for i, g := range groups {
			c.add(g, other.value(uint32(i)))
		}
		return
	}
	for i, g := range groups {
		old, n := c.n[g], other.n[i]
		sum := old + n
		c.n[g] = sum
		if (sum^old)&(sum^n) < 0 {
			c.addHigh(g, 1|old>>63)
		}
	}
}

func (c *counts) value(group uint32) int128 {
	n := c.n[group]
	return int128{c.high[group] + n>>63, uint64(n)}
}

// narrow gives a group's count where it fits 64 bits.
func (c *counts) narrow(group uint32) (int64, error) {
	n, ok := c.value(group).narrow()
	if !ok {
		return 0, fmt.Errorf("%w: a count past 63 bits", ErrOverflow)
	}
	return n, nil
}

func (c *counts) invert(group uint32) {
	if n := c.n[group]; n != math.MinInt64 && len(c.high) == 0 {
		c.n[group] = -n
		return
	}
	v := c.value(group)
	v.negate()
	c.n[group] = 0
	delete(c.high, group)
	c.add(group, v)
}
