package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/anabranch-go/anabranch/source"
)

const sumFloatCodec = "sum.float/2"

// SumFloat adds up a float field. The sum is exact inside and rounded once, to
// the nearest, so that it's the same bits in whatever order and parts the events
// come. Nulls are skipped; the sum of none is 0. A NaN, or infinities of both
// signs, make it NaN; one infinity makes it that; a finite sum past the largest
// float is ErrOverflow. They are counted, so that taking one away (see
// [Inverter]) brings the sum of the others back; an infinity that was taken away
// and never came is one of the other sign. Errors of the field come from Bind.
func SumFloat[E any, N ~float32 | ~float64](f source.Field[E, N]) Aggregate[E, float64] {
	return sumFloat[E, N]{f}
}

type sumFloat[E any, N ~float32 | ~float64] struct{ field source.Field[E, N] }

func (a sumFloat[E, N]) Codec() string  { return sumFloatCodec }
func (a sumFloat[E, N]) String() string { return fmt.Sprintf("sumfloat(%s)", a.field) }
func (a sumFloat[E, N]) HasCode() bool  { return a.field.HasCode() }

func (a sumFloat[E, N]) Bind(b *source.Binder[E]) (Maker[E, float64], error) {
	slot, err := a.field.Bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return func() Results[E, float64] { return &floatStates[E]{slot: slot} }, nil
}

// specials counts what a group saw that isn't a number: NaN, and the infinities.
type specials [3]int64

const (
	sawNaN = iota
	sawPlus
	sawMinus
)

// exactSum is one group's sum. Its zero value is zero.
type exactSum struct {
	words   narrow
	base    int16  // the word that words begins at, or wideBase
	special uint32 // place of its specials plus one; 0 is none
}

type floatStates[E any] struct {
	slot  int
	sums  []exactSum
	wides []wide     // of the groups that need them
	saw   []specials // so
}

func (s *floatStates[E]) Grow(n int) { s.sums = grow(s.sums, n) }
func (s *floatStates[E]) Reset()     { s.sums, s.wides, s.saw = s.sums[:0], s.wides[:0], s.saw[:0] }

func (s *floatStates[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v := f.Vector(s.slot)
	floats, rows := v.Floats, rows[:len(groups)]
	if v.Valid == nil {
		for i, g := range groups {
			s.add(g, floats[rows[i]])
		}
		return
	}
	for i, g := range groups {
		if row := rows[i]; v.Valid[row] {
			s.add(g, floats[row])
		}
	}
}

func (s *floatStates[E]) add(group uint32, x float64) {
	if x-x != 0 { // NaN or an infinity
		s.special(group)[special(x)]++
		return
	}
	n, base := split(x)
	s.addNarrow(group, n, base)
}

func special(x float64) int {
	switch {
	case math.IsNaN(x):
		return sawNaN
	case x > 0:
		return sawPlus
	}
	return sawMinus
}

// special gives a group's specials, to change.
func (s *floatStates[E]) special(group uint32) *specials {
	sum := &s.sums[group]
	if sum.special == 0 {
		s.saw = append(s.saw, specials{})
		sum.special = uint32(len(s.saw))
	}
	return &s.saw[sum.special-1]
}

// specials gives a group's specials, to read.
func (s *floatStates[E]) specials(group uint32) (saw specials) {
	if at := s.sums[group].special; at != 0 {
		saw = s.saw[at-1]
	}
	return saw
}

func (s *floatStates[E]) addSpecials(group uint32, more specials) {
	if more == (specials{}) {
		return
	}
	saw := s.special(group)
	for i, n := range more {
		saw[i] += n
	}
}

// addNarrow adds a number that begins at a word.
func (s *floatStates[E]) addNarrow(group uint32, n narrow, base int) {
	sum := &s.sums[group]
	moved, ok := n, base == int(sum.base)
	if base == int(sum.base)+1 && sum.base != wideBase {
		moved, ok = n.lower() // values often straddle a boundary of words
	}
	if ok {
		if moved, ok = sum.words.plus(moved); ok {
			sum.words = moved
			return
		}
	}
	s.addFar(group, n, base)
}

// addFar adds a number for which the sum's words must move, or don't do.
func (s *floatStates[E]) addFar(group uint32, n narrow, base int) {
	sum := &s.sums[group]
	switch {
	case n == narrow{}:
	case sum.base == wideBase:
		s.wides[sum.words.lo].add(n, base)
	case sum.words == narrow{}:
		sum.words, sum.base = n, int16(base)
	default:
		low := min(int(sum.base), base)
		old, okOld := sum.words.lowerBy(int(sum.base) - low)
		moved, ok := n.lowerBy(base - low)
		total, fits := old.plus(moved)
		if okOld && ok && fits {
			sum.words, sum.base = total, int16(low)
			return
		}
		s.widen(group).add(n, base)
	}
}

// widen gives a group all the bits.
func (s *floatStates[E]) widen(group uint32) *wide {
	sum := &s.sums[group]
	if sum.base != wideBase {
		var w wide
		w.add(sum.words, int(sum.base))
		sum.words.lo, sum.base = uint64(len(s.wides)), wideBase
		s.wides = append(s.wides, w)
	}
	return &s.wides[sum.words.lo]
}

func (s *floatStates[E]) Merge(groups []uint32, other States[E]) {
	o := other.(*floatStates[E])
	for i, g := range groups {
		from := &o.sums[i]
		if from.special != 0 {
			s.addSpecials(g, o.saw[from.special-1])
		}
		if from.base == wideBase {
			s.widen(g).words().merge(o.wides[from.words.lo].words())
			continue
		}
		s.addNarrow(g, from.words, int(from.base))
	}
}

// exact gives a group's sum with all the bits.
func (s *floatStates[E]) exact(group uint32) (w wide) {
	sum := &s.sums[group]
	if sum.base == wideBase {
		return s.wides[sum.words.lo]
	}
	w.add(sum.words, int(sum.base))
	return w
}

// Invert implements [Inverter].
func (s *floatStates[E]) Invert(group uint32) bool {
	sum := &s.sums[group]
	if sum.special != 0 {
		saw := &s.saw[sum.special-1]
		for i := range saw {
			saw[i] = -saw[i]
		}
	}
	if sum.base != wideBase {
		if words, ok := sum.words.minus(); ok {
			sum.words = words
			return true
		}
	}
	s.widen(group).words().negate()
	return true
}

// The flags of a state: which specials follow, and the sign.
const (
	hasSpecial = 1 // shifted by the special
	isNegative = 1 << len(specials{})
	flagsEnd   = isNegative << 1
)

// A state is a byte of flags, the counts of the specials that there are, as
// zigzag varints, and the magnitude of the finite values' sum. Many states of one
// event or few take about ten bytes.
func (s *floatStates[E]) AppendState(dst []byte, group uint32) []byte {
	w, at := s.exact(group), len(dst)
	dst = append(dst, 0)
	if w.words().magnitude() {
		dst[at] |= isNegative
	}
	for i, n := range s.specials(group) {
		if n != 0 {
			dst[at] |= hasSpecial << i
			dst = binary.AppendUvarint(dst, zigzag(n))
		}
	}
	return w.appendMagnitude(dst)
}

func (s *floatStates[E]) MergeState(group uint32, state []byte) error {
	if len(state) == 0 || state[0] >= flagsEnd {
		return notState(sumFloatCodec, "it doesn't begin with flags")
	}
	flags, rest := state[0], state[1:]
	var saw specials
	for i := range saw {
		if flags&(hasSpecial<<i) == 0 {
			continue
		}
		n, after, ok := takeUvarint(rest)
		if !ok || n == 0 {
			return notState(sumFloatCodec, "no count where the flags promise one")
		}
		saw[i], rest = unzigzag(n), after
	}
	var w wide
	if !w.setMagnitude(rest) {
		return notState(sumFloatCodec, "it ends in %d bytes that aren't a magnitude", len(rest))
	}
	negative := flags&isNegative != 0
	if negative {
		w.words().negate()
	}
	if w.words().negative() != negative {
		return notState(sumFloatCodec, "the sign doesn't fit the magnitude")
	}
	s.addSpecials(group, saw)
	s.mergeWide(group, &w)
	return nil
}

// mergeWide adds a number, in its narrow form where it has one.
func (s *floatStates[E]) mergeWide(group uint32, w *wide) {
	base := 0
	for base < exactWords-narrowWords && w[base] == 0 {
		base++
	}
	n := narrow{w[base], w[base+1], w[base+2]}
	for _, word := range w[base+narrowWords:] {
		if word != n.sign() {
			s.widen(group).words().merge(w.words())
			return
		}
	}
	s.addNarrow(group, n, base)
}

func (s *floatStates[E]) Read(groups []uint32, into []float64) (int, error) {
	return readEach(groups, into, s.result)
}

func (s *floatStates[E]) result(group uint32) (float64, error) {
	saw := s.specials(group)
	up, down := saw[sawPlus] > 0 || saw[sawMinus] < 0, saw[sawPlus] < 0 || saw[sawMinus] > 0
	switch {
	case saw[sawNaN] != 0, up && down:
		return math.NaN(), nil
	case up:
		return math.Inf(1), nil
	case down:
		return math.Inf(-1), nil
	}
	var x float64
	var negative bool
	if sum := &s.sums[group]; sum.base == wideBase {
		w := s.wides[sum.words.lo]
		negative, x = w.words().magnitude(), w.words().round(0)
	} else {
		w := [narrowWords]uint64{sum.words.lo, sum.words.mid, sum.words.hi}
		negative, x = words(w[:]).magnitude(), words(w[:]).round(64*int(sum.base))
	}
	if math.IsInf(x, 0) {
		return 0, fmt.Errorf("%w: a sum past the largest float", ErrOverflow)
	}
	if negative {
		x = -x
	}
	return x, nil
}
