package aggregate

import (
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// Number is what [Mean], [Variance], [Covariance] and [Regression] are of.
type Number interface{ Integer | ~float32 | ~float64 }

// columnOf is a field of numbers, whatever its type.
type columnOf[E any] interface {
	Bind(*source.Binder[E]) (int, error)
	String() string
	HasCode() bool
	Kind() source.Kind
}

// moments is the aggregates whose state is a count and sums of powers of one
// column or two. Their sums are linear in the events, so they have inverses.
type moments[E, R any] struct {
	name    string
	codec   string // its first part: aggregates of the same sums share it
	columns []columnOf[E]
	sums    int // how many of the sums below
	result  func(exactMoments) (R, error)
}

// The sums of a group, in their order: of one column the first or the first two,
// of two columns all.
const (
	sumX = iota
	sumXX
	sumY
	sumYY
	sumXY
	allSums
)

// exactMoments is what a group's result is made from. n is positive.
type exactMoments struct {
	n    int64
	sums [allSums]scaled
}

func (a moments[E, R]) Codec() string {
	var kinds strings.Builder
	for _, c := range a.columns {
		kinds.WriteString("." + c.Kind().String())
	}
	return a.codec + kinds.String() + "/1"
}

func (a moments[E, R]) String() string {
	texts := make([]string, len(a.columns))
	for i, c := range a.columns {
		texts[i] = c.String()
	}
	return a.name + "(" + strings.Join(texts, ",") + ")"
}

func (a moments[E, R]) HasCode() bool {
	for _, c := range a.columns {
		if c.HasCode() {
			return true
		}
	}
	return false
}

func (a moments[E, R]) Bind(b *source.Binder[E]) (Maker[E, R], error) {
	slots, floats := make([]int, len(a.columns)), make([]bool, len(a.columns))
	for i, c := range a.columns {
		var err error
		if slots[i], err = c.Bind(b); err != nil {
			return nil, fmt.Errorf("cannot bind %s: %w", a, err)
		}
		floats[i] = c.Kind() == source.Float
	}
	units := unitsOf(floats)
	codec := a.Codec()
	return func() Results[E, R] {
		return &momentStates[E, R]{slots: slots, units: units, codec: codec, width: a.sums, result: a.result}
	}, nil
}

// unitsOf gives the exponents of the sums' units.
func unitsOf(floats []bool) (units [allSums]int) {
	var unit [2]int
	for i, float := range floats {
		if float {
			unit[i] = exactUnit
		}
	}
	x, y := unit[0], unit[1]
	return [allSums]int{sumX: x, sumXX: 2 * x, sumY: y, sumYY: 2 * y, sumXY: x + y}
}

type momentStates[E, R any] struct {
	slots  []int
	units  [allSums]int
	codec  string
	width  int // sums of a group
	result func(exactMoments) (R, error)

	n    totals
	sums fixeds

	groups []uint32 // of a chunk's rows that have numbers
	rows   []int32
	x, y   []number // theirs
}

func (s *momentStates[E, R]) Grow(n int) {
	s.n.grow(n)
	s.sums.grow(n * s.width)
}

func (s *momentStates[E, R]) Reset() {
	s.n.reset()
	s.sums.reset()
}

func (s *momentStates[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	for _, slot := range s.slots {
		groups, rows = s.keep(f.Vector(slot), groups, rows)
	}
	s.x = numbersOf(s.x[:0], f.Vector(s.slots[0]), rows)
	if len(s.slots) > 1 {
		s.y = numbersOf(s.y[:0], f.Vector(s.slots[1]), rows)
	}
	s.n.count(groups)
	switch s.width {
	case sumX + 1:
		s.addX(groups)
	case sumXX + 1:
		s.addXX(groups)
	default:
		s.addXY(groups)
	}
}

// keep leaves out the rows that are null or no number. Mostly there are none:
// then it copies nothing.
func (s *momentStates[E, R]) keep(v *source.Vector, groups []uint32, rows []int32) ([]uint32, []int32) {
	at := 0
	for at < len(rows) && isNumber(v, rows[at]) {
		at++
	}
	if at == len(rows) {
		return groups, rows
	}
	keptGroups, keptRows := append(s.groups[:0], groups[:at]...), append(s.rows[:0], rows[:at]...)
	for ; at < len(rows); at++ { // what's appended to may be what's read, further on
		if isNumber(v, rows[at]) {
			keptGroups, keptRows = append(keptGroups, groups[at]), append(keptRows, rows[at])
		}
	}
	s.groups, s.rows = keptGroups, keptRows
	return keptGroups, keptRows
}

func isNumber(v *source.Vector, row int32) bool {
	if v.IsNull(row) {
		return false
	}
	return v.Kind != source.Float || v.Floats[row]-v.Floats[row] == 0
}

func numbersOf(dst []number, v *source.Vector, rows []int32) []number {
	if v.Kind == source.Float {
		for _, row := range rows {
			dst = append(dst, floatNumber(v.Floats[row]))
		}
		return dst
	}
	for _, row := range rows {
		dst = append(dst, number{m: v.Ints[row]})
	}
	return dst
}

func (s *momentStates[E, R]) addX(groups []uint32) {
	for i, g := range groups {
		q, base := s.x[i].quad()
		s.sums.add(int(g), q, base)
	}
}

func (s *momentStates[E, R]) addXX(groups []uint32) {
	for i, g := range groups {
		x, at := s.x[i], 2*int(g)
		q, base := x.quad()
		s.sums.add(at+sumX, q, base)
		q, base = x.times(x)
		s.sums.add(at+sumXX, q, base)
	}
}

func (s *momentStates[E, R]) addXY(groups []uint32) {
	for i, g := range groups {
		x, y, at := s.x[i], s.y[i], allSums*int(g)
		q, base := x.quad()
		s.sums.add(at+sumX, q, base)
		q, base = x.times(x)
		s.sums.add(at+sumXX, q, base)
		q, base = y.quad()
		s.sums.add(at+sumY, q, base)
		q, base = y.times(y)
		s.sums.add(at+sumYY, q, base)
		q, base = x.times(y)
		s.sums.add(at+sumXY, q, base)
	}
}

func (s *momentStates[E, R]) Merge(groups []uint32, other States[E]) {
	o := other.(*momentStates[E, R])
	s.n.merge(groups, &o.n)
	for i, g := range groups {
		for j := range s.width {
			s.sums.merge(int(g)*s.width+j, &o.sums, i*s.width+j)
		}
	}
}

// Invert implements [Inverter].
func (s *momentStates[E, R]) Invert(group uint32) bool {
	s.n.invert(group)
	for j := range s.width {
		s.sums.invert(int(group)*s.width + j)
	}
	return true
}

// A state is the count, as a zigzag varint of 128 bits, and the sums.
func (s *momentStates[E, R]) AppendState(dst []byte, group uint32) []byte {
	dst = s.n.value(group).appendTo(dst)
	for j := range s.width {
		dst = s.sums.appendTo(dst, int(group)*s.width+j)
	}
	return dst
}

func (s *momentStates[E, R]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeInt128(state)
	if !ok {
		return notState(s.codec, "it doesn't begin with a count")
	}
	for j := range s.width {
		if rest, ok = s.sums.mergeState(int(group)*s.width+j, rest); !ok {
			return notState(s.codec, "part %d of %d isn't a sum", j+1, s.width)
		}
	}
	if len(rest) > 0 {
		return notState(s.codec, "%d bytes follow the last sum", len(rest))
	}
	s.n.add(group, n)
	return nil
}

func (s *momentStates[E, R]) Read(groups []uint32, into []R) (int, error) {
	return readEach(groups, into, s.of)
}

func (s *momentStates[E, R]) of(group uint32) (r R, err error) {
	n, ok := s.n.value(group).narrow()
	if !ok {
		return r, fmt.Errorf("%w: a count past 63 bits", ErrOverflow)
	}
	if n <= 0 {
		return s.result(exactMoments{n: n})
	}
	m := exactMoments{n: n}
	for j := range s.width {
		m.sums[j] = s.sums.value(int(group)*s.width+j, s.units[j])
	}
	if r, err = s.result(m); err != nil {
		var none R
		return none, err
	}
	return r, nil
}
