package hll

import (
	"math"

	"github.com/axiomhq/hyperloglog"

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
	coupons   *statekit.Map[struct{}]
	dense     []*hyperloglog.Sketch // by group; nil while it has coupons
	spare     []*hyperloglog.Sketch // empty
	sorted    []uint64
	bytes     []byte
}

func newSketches(precision uint8, codec string) *sketches {
	// Here the coupons' memory comes up to the registers'.
	limit := max(4, 1<<precision/32)
	return &sketches{precision: precision, codec: codec, limit: limit, coupons: statekit.NewMap[struct{}]()}
}

func (s *sketches) grow(n int) {
	s.coupons.Grow(n)
	s.dense = statekit.Grow(s.dense, n)
}

func (s *sketches) reset() {
	s.coupons.Reset()
	for _, d := range s.dense {
		if d != nil {
			d.Reset()
			s.spare = append(s.spare, d)
		}
	}
	clear(s.dense)
	s.dense = s.dense[:0]
}

func (s *sketches) insert(group uint32, hash uint64) {
	if d := s.dense[group]; d != nil {
		d.InsertHash(hash)
		return
	}
	s.coupons.At(group, couponOf(hash))
	if s.coupons.Len(group) > s.limit {
		s.densify(group)
	}
}

// densify gives the group's registers, made of its coupons if there were none.
func (s *sketches) densify(group uint32) *hyperloglog.Sketch {
	if d := s.dense[group]; d != nil {
		return d
	}
	d := s.empty()
	for coupon := range s.coupons.All(group) {
		d.InsertHash(hashOf(coupon))
	}
	s.coupons.Drop(group)
	s.dense[group] = d
	return d
}

func (s *sketches) empty() *hyperloglog.Sketch {
	if n := len(s.spare) - 1; n >= 0 {
		d := s.spare[n]
		s.spare = s.spare[:n]
		return d
	}
	d, _ := hyperloglog.NewSketch(s.precision, false) // its error is a precision out of range
	return d
}

// merge folds group i of other, which has the same precision, into a group.
func (s *sketches) merge(group uint32, other *sketches, i uint32) {
	if d := other.dense[i]; d != nil {
		_ = s.densify(group).Merge(d) // its error is another precision
		return
	}
	for coupon := range other.coupons.All(i) {
		s.insert(group, hashOf(coupon))
	}
}

// count estimates how many values a group has.
func (s *sketches) count(group uint32) int64 {
	if d := s.dense[group]; d != nil {
		return int64(min(d.Estimate(), math.MaxInt64))
	}
	return int64(s.coupons.Len(group))
}

// registers gives a sketch's registers. They're good until the next call.
func (s *sketches) registers(d *hyperloglog.Sketch) []byte {
	const header = 8
	s.bytes, _ = d.AppendBinary(s.bytes[:0]) // its error is a precision out of range
	return s.bytes[header:]
}
