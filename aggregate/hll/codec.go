package hll

import (
	"encoding/binary"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
)

// A state begins with what form it has.
const (
	formValues  = iota // the values themselves, where the options ask for them
	formCoupons        // their number, the first, and how much more than one each next is above the one before
	formFew            // the registers that aren't 0: their number, and each with the zeros before it
	formAll            // all registers, 6 bits each
)

// few is how many registers may be listed one by one: there they take less.
func (s *sketches) few() int { return 1 << s.precision / 4 }

func (s *sketches) maxRegister() byte { return 64 - s.precision + 1 }

func (s *sketches) append(dst []byte, group uint32) []byte {
	if sk := s.of[group]; sk.size == isDense {
		return s.appendRegisters(dst, s.dense[sk.at])
	}
	s.sorted = s.sorted[:0]
	for _, coupon := range s.list(group) {
		if coupon != 0 {
			s.sorted = append(s.sorted, coupon)
		}
	}
	slices.Sort(s.sorted)
	dst = append(dst, formCoupons)
	dst = binary.AppendUvarint(dst, uint64(len(s.sorted)))
	var last uint32
	for _, coupon := range s.sorted { // none is 0
		dst = binary.AppendUvarint(dst, uint64(coupon-last-1))
		last = coupon
	}
	return dst
}

func (s *sketches) appendRegisters(dst []byte, registers registers) []byte {
	n := 0
	for _, r := range registers {
		if r != 0 {
			n++
		}
	}
	if n > s.few() {
		dst = append(dst, formAll)
		for i := 0; i < len(registers); i += 4 {
			four := uint32(registers[i]) | uint32(registers[i+1])<<6 | uint32(registers[i+2])<<12 | uint32(registers[i+3])<<18
			dst = append(dst, byte(four), byte(four>>8), byte(four>>16))
		}
		return dst
	}
	dst = append(dst, formFew)
	dst = binary.AppendUvarint(dst, uint64(n))
	zeros := uint64(0)
	for _, r := range registers {
		if r == 0 {
			zeros++
			continue
		}
		dst = binary.AppendUvarint(dst, zeros<<rankBits|uint64(r))
		zeros = 0
	}
	return dst
}

func (s *sketches) take(group uint32, state []byte) error {
	if len(state) == 0 {
		return statekit.NotState(s.codec, "no bytes")
	}
	switch form, rest := state[0], state[1:]; form {
	case formCoupons:
		return s.takeCoupons(group, rest)
	case formFew:
		return s.takeFew(group, rest)
	case formAll:
		return s.takeAll(group, rest)
	default:
		return statekit.NotState(s.codec, "form %d", form)
	}
}

func (s *sketches) takeCoupons(group uint32, b []byte) error {
	n, rest, ok := statekit.TakeUvarint(b)
	if !ok || n > uint64(s.limit) {
		return statekit.NotState(s.codec, "no number of coupons up to %d", s.limit)
	}
	var coupon, delta uint64
	for i := range n {
		if delta, rest, ok = statekit.TakeUvarint(rest); !ok {
			return statekit.NotState(s.codec, "coupon %d of %d ends early", i, n)
		}
		if coupon += min(delta, 1<<32) + 1; !isCoupon(coupon) {
			return statekit.NotState(s.codec, "coupon %d of %d is none", i, n)
		}
		s.insert(group, hashOf(uint32(coupon)))
	}
	return s.nothing(rest)
}

func (s *sketches) takeFew(group uint32, b []byte) error {
	n, rest, ok := statekit.TakeUvarint(b)
	if !ok || n > uint64(s.few()) {
		return statekit.NotState(s.codec, "no number of registers up to %d", s.few())
	}
	d := s.densify(group)
	var next, v uint64
	for i := range n {
		if v, rest, ok = statekit.TakeUvarint(rest); !ok {
			return statekit.NotState(s.codec, "register %d of %d ends early", i, n)
		}
		index, r := next+v>>rankBits, byte(v&(1<<rankBits-1))
		if index >= 1<<s.precision || r == 0 || r > s.maxRegister() {
			return statekit.NotState(s.codec, "register %d of %d is none", i, n)
		}
		d[index] = max(d[index], r)
		next = index + 1
	}
	return s.nothing(rest)
}

func (s *sketches) takeAll(group uint32, b []byte) error {
	if want := 3 << s.precision / 4; len(b) != want {
		return statekit.NotState(s.codec, "%d bytes of registers, not %d", len(b), want)
	}
	d := s.densify(group)
	n := 0
	for i := range 1 << s.precision {
		at := i / 4 * 3
		four := uint32(b[at]) | uint32(b[at+1])<<8 | uint32(b[at+2])<<16
		r := byte(four >> (i % 4 * 6) & (1<<rankBits - 1))
		if r > s.maxRegister() {
			return statekit.NotState(s.codec, "register %d is %d", i, r)
		}
		if r > 0 {
			n++
			d[i] = max(d[i], r)
		}
	}
	if n <= s.few() {
		return statekit.NotState(s.codec, "%d registers that should be listed", n)
	}
	return nil
}

func (s *sketches) nothing(rest []byte) error {
	if len(rest) > 0 {
		return statekit.NotState(s.codec, "%d bytes follow the last", len(rest))
	}
	return nil
}
