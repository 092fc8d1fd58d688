package aggregate

import (
	"fmt"
	"math"
)

// totals holds a number for each group: how many events there are, or the sum of
// what they have. One past 63 bits, which hardly any log comes to and states from
// elsewhere can add up to, keeps its upper half, so that neither the order of merging
// shows nor what's taken away is lost (see [Inverter]). Until there is one, none has
// an upper half, which would take as much of the caches again.
type totals struct {
	n    []int64
	high []int64 // as long as n, or empty: a group's number is n + high * 2^64
}

func (t *totals) grow(n int) {
	t.n = grow(t.n, n)
	if len(t.high) > 0 {
		t.high = grow(t.high, n)
	}
}

func (t *totals) reset() { t.n, t.high = t.n[:0], t.high[:0] }

// passes says whether a sum of two numbers went past 63 bits.
func passes(a, b, sum int64) bool { return (sum^a)&(sum^b) < 0 }

// carry mends the number of a group whose n has passed 63 bits, as the sum of two
// numbers of this sign.
func (t *totals) carry(group uint32, sign int64) {
	t.high = grow(t.high, len(t.n))
	t.high[group] += 1 | sign>>63
}

// count adds one to each group.
func (t *totals) count(groups []uint32) {
	n := t.n
	for _, g := range groups {
		if n[g]++; n[g] == math.MinInt64 {
			t.carry(g, +1)
		}
	}
}

// merge adds the numbers of other's groups.
func (t *totals) merge(groups []uint32, other *totals) {
	if len(other.high) > 0 {
		for i, g := range groups {
			t.add(g, other.value(uint32(i)))
		}
		return
	}
	n, from := t.n, other.n[:len(groups)]
	for i, g := range groups {
		old, more := n[g], from[i]
		n[g] = old + more
		if passes(old, more, old+more) {
			t.carry(g, old)
		}
	}
}

func (t *totals) value(group uint32) int128 {
	n := t.n[group]
	v := int128{n >> 63, uint64(n)}
	if len(t.high) > 0 {
		v.hi += t.high[group]
	}
	return v
}

func (t *totals) set(group uint32, v int128) {
	n := int64(v.lo)
	t.n[group] = n
	if high := v.hi - n>>63; high != 0 || len(t.high) > 0 {
		t.high = grow(t.high, len(t.n))
		t.high[group] = high
	}
}

func (t *totals) add(group uint32, more int128) {
	v := t.value(group)
	v.merge(more)
	t.set(group, v)
}

func (t *totals) invert(group uint32) {
	v := t.value(group)
	v.negate()
	t.set(group, v)
}

// read is Results.Read. A number that has an upper half is past what it may be.
func (t *totals) read(groups []uint32, into []int64, past string) (int, error) {
	n, into := t.n, into[:len(groups)]
	for i, g := range groups {
		into[i] = n[g]
		if len(t.high) > 0 && t.high[g] != 0 {
			return i, fmt.Errorf("%w: %s", ErrOverflow, past)
		}
	}
	return len(groups), nil
}
