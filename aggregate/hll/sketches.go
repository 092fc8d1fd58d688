package hll

import (
	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
)

// sketches are a vector of sketches: of each group either coupons or registers.
// Which of the two depends on the group's set of values alone, so that no order of
// merging shows. The library's own sparse sketches switch by what they've been
// through, cost several allocations each, and are left alone.
type sketches struct {
	precision uint8
	codec     string
	limit     int // coupons that a group has at most
	of        []sketch
	coupons   coupons
	dense     []registers
	spare     []registers // of none
	sorted    []uint32
	touched   uint32 // keeps the compiler from leaving out what insertAll reads ahead
}

// sketch says what a group has: coupons or registers, or neither yet.
type sketch struct {
	at   uint32 // place of the coupons' table, or of the registers in dense
	n    uint16 // coupons
	size uint8  // of the table, or isDense, or 0 where there's none
}

const isDense = 0xff

func newSketches(precision uint8, codec string) *sketches {
	// Here the coupons' memory comes up to the registers'.
	limit := max(4, 1<<precision/32)
	return &sketches{precision: precision, codec: codec, limit: limit}
}

func (s *sketches) grow(n int) { s.of = statekit.Grow(s.of, n) }

func (s *sketches) reset() {
	s.of = s.of[:0]
	s.coupons.reset()
	s.spare = append(s.spare, s.dense...)
	s.dense = s.dense[:0]
}

// batchSize is how many hashes are inserted together: first each of their places
// in memory is read, so that the processor waits for all of them at once, and not
// for one after the other.
const batchSize = 64

// insertAll inserts hashes into groups.
func (s *sketches) insertAll(groups []uint32, hashes []uint64) {
	hashes = hashes[:len(groups)]
	for len(groups) > 0 {
		n := min(len(groups), batchSize)
		if len(s.dense) < len(s.of) {
			s.touch(groups[:n], hashes[:n])
		}
		precision, of, dense := s.precision, s.of, s.dense
		for i, g := range groups[:n] {
			if sk := of[g]; sk.size == isDense {
				dense[sk.at].put(precision, hashes[i])
				continue
			}
			s.insertCoupon(g, couponOf(hashes[i]))
			dense = s.dense
		}
		groups, hashes = groups[n:], hashes[n:]
	}
}

func (s *sketches) touch(groups []uint32, hashes []uint64) {
	touched, of, places := uint32(0), s.of, s.coupons.places
	for i, g := range groups {
		sk := of[g]
		if sk.size-1 < maxTable {
			touched += places[uint64(sk.at)+hashes[i]>>(64-sk.size)&(1<<maxTable-1)]
		}
	}
	s.touched = touched
}

func (s *sketches) insert(group uint32, hash uint64) {
	sk := &s.of[group]
	if sk.size == isDense {
		s.dense[sk.at].put(s.precision, hash)
		return
	}
	s.insertCoupon(group, couponOf(hash))
}

func (s *sketches) insertCoupon(group, coupon uint32) {
	sk := &s.of[group]
	switch {
	case sk.size == 0:
		*sk = sketch{at: s.coupons.take(minTable), size: minTable}
	case 4*int(sk.n) >= 3<<sk.size:
		s.enlarge(sk)
	}
	if !enter(s.coupons.table(sk.at, sk.size), sk.size, coupon) {
		return
	}
	if sk.n++; int(sk.n) > s.limit {
		s.densify(group)
	}
}

// enlarge gives a sketch a table of twice the size.
func (s *sketches) enlarge(sk *sketch) {
	size := sk.size + 1
	at := s.coupons.take(size)
	to := s.coupons.table(at, size)
	for _, coupon := range s.coupons.table(sk.at, sk.size) {
		if coupon != 0 {
			enter(to, size, coupon)
		}
	}
	s.coupons.give(sk.at, sk.size)
	sk.at, sk.size = at, size
}

// list gives a group's coupons, in no order, with zeros between them.
func (s *sketches) list(group uint32) []uint32 {
	sk := s.of[group]
	if sk.size == 0 {
		return nil
	}
	return s.coupons.table(sk.at, sk.size)
}

// densify gives the group's registers, made of its coupons if there were none.
func (s *sketches) densify(group uint32) registers {
	sk := &s.of[group]
	if sk.size == isDense {
		return s.dense[sk.at]
	}
	r := s.empty()
	for _, coupon := range s.list(group) {
		if coupon != 0 {
			r.put(s.precision, hashOf(coupon))
		}
	}
	if sk.size > 0 {
		s.coupons.give(sk.at, sk.size)
	}
	*sk = sketch{at: uint32(len(s.dense)), size: isDense}
	s.dense = append(s.dense, r)
	return r
}

func (s *sketches) empty() registers {
	if n := len(s.spare) - 1; n >= 0 {
		r := s.spare[n]
		s.spare = s.spare[:n]
		clear(r)
		return r
	}
	return make(registers, 1<<s.precision)
}

// merge folds group i of other, which has the same precision, into a group.
func (s *sketches) merge(group uint32, other *sketches, i uint32) {
	if sk := other.of[i]; sk.size == isDense {
		s.densify(group).merge(other.dense[sk.at])
		return
	}
	for _, coupon := range other.list(i) {
		if coupon != 0 {
			s.insert(group, hashOf(coupon))
		}
	}
}

// count estimates how many values a group has.
func (s *sketches) count(group uint32) int64 {
	sk := s.of[group]
	if sk.size == isDense {
		return s.dense[sk.at].count(s.precision)
	}
	return int64(sk.n)
}
