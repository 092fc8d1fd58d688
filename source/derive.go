package source

import (
	"fmt"
	"reflect"
	"time"
	"unsafe"
)

// Map derives a column from one field. A null gives a null. Over a text column
// fn runs once for each text of a dictionary, so it must depend on its
// argument alone.
func Map[E, A, R any](a Field[E, A], fn func(A) R) Field[E, R] {
	if err := derivable[R](a.err, computable[A]()); err != nil {
		return Field[E, R]{err: err}
	}
	return Field[E, R]{expr: &map1[E, A, R]{a, fn}}
}

// Map2 derives a column from two fields, row by row. A null in either gives a
// null. It must depend on its arguments alone.
func Map2[E, A, B, R any](a Field[E, A], b Field[E, B], fn func(A, B) R) Field[E, R] {
	if err := derivable[R](a.err, b.err, computable[A](), computable[B]()); err != nil {
		return Field[E, R]{err: err}
	}
	return Field[E, R]{expr: &map2[E, A, B, R]{a, b, fn}}
}

// Derive makes a column by a closure over whole events. It reads every column;
// prefer Map and Map2 where they do.
func Derive[E, R any](fn func(*E) R) Field[E, R] {
	if err := derivable[R](); err != nil {
		return Field[E, R]{err: err}
	}
	return Field[E, R]{expr: &closure[E, R]{fn}}
}

func derivable[R any](errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if t := reflect.TypeFor[R](); goKind(t) == Invalid {
		return fmt.Errorf("%w: a derived column holds bools, integers, floats, strings or times, not a %s", ErrField, t)
	}
	return nil
}

type map1[E, A, R any] struct {
	a  Field[E, A]
	fn func(A) R
}

func (m *map1[E, A, R]) opaque() bool { return true }
func (m *map1[E, A, R]) String() string {
	return fmt.Sprintf("map(%s)%s", m.a, goKind(reflect.TypeFor[R]()))
}

func (m *map1[E, A, R]) bind(b *Binder[E]) (int, error) {
	a, err := m.a.Bind(b)
	if err != nil {
		return 0, err
	}
	return b.derive(m, func() derivation[E] { return &map1State[E, A, R]{map1: m, slot: a} }), nil
}

type map1State[E, A, R any] struct {
	*map1[E, A, R]
	slot int
	in   []A
	out  column[R]

	// Over texts: what fn gave, and where, by code. A dictionary may hold texts
	// that no row has; fn never sees those.
	dict    uint64
	results column[R]
	places  []uint32 // in results; 0, a null's, while fn hasn't run
}

func (s *map1State[E, A, R]) compute(f *Frame[E], into *Vector) {
	v := f.Vector(s.slot)
	if v.Kind == String {
		s.computeTexts(f, v, into)
		return
	}
	s.in = load(v, s.in)
	s.out.reset()
	for i, x := range s.in {
		if f.passes(i) || v.IsNull(int32(i)) {
			s.out.skip()
			continue
		}
		f.Visit(int32(i))
		s.out.add(s.fn(x))
	}
	*into = s.out.vector(v.Valid)
}

// computeTexts calls fn for the texts that it hasn't seen, then looks up rows
// by code.
func (s *map1State[E, A, R]) computeTexts(f *Frame[E], v *Vector, into *Vector) {
	if s.dict != v.Dict.ID {
		s.dict, s.places, s.results = v.Dict.ID, s.places[:0], column[R]{}
		s.results.skip() // what a null looks up
	}
	if missing := len(v.Dict.Values) - len(s.places); missing > 0 {
		s.places = append(s.places, make([]uint32, missing)...)
	}
	for i, code := range v.Codes {
		if s.places[code] != 0 || f.passes(i) || v.IsNull(int32(i)) {
			continue
		}
		f.Visit(int32(i))
		var x A
		*(*string)(unsafe.Pointer(&x)) = v.Dict.Values[code] // A is a string, by the column's kind
		s.results.add(s.fn(x))
		s.places[code] = uint32(s.results.n - 1)
	}
	results := s.results.vector(nil)
	*into = Vector{Kind: results.Kind, Dict: results.Dict, Valid: v.Valid,
		Ints: into.Ints[:0], Floats: into.Floats[:0], Codes: into.Codes[:0]}
	switch results.Kind {
	case String:
		into.Codes = gather(into.Codes, results.Codes, s.places, v.Codes)
	case Float:
		into.Floats = gather(into.Floats, results.Floats, s.places, v.Codes)
	default:
		into.Ints = gather(into.Ints, results.Ints, s.places, v.Codes)
	}
}

// gather appends what each code's place holds.
func gather[T any](dst, values []T, places, codes []uint32) []T {
	for _, code := range codes {
		dst = append(dst, values[places[code]])
	}
	return dst
}

type map2[E, A, B, R any] struct {
	a  Field[E, A]
	b  Field[E, B]
	fn func(A, B) R
}

func (m *map2[E, A, B, R]) opaque() bool { return true }
func (m *map2[E, A, B, R]) String() string {
	return fmt.Sprintf("map2(%s,%s)%s", m.a, m.b, goKind(reflect.TypeFor[R]()))
}

func (m *map2[E, A, B, R]) bind(b *Binder[E]) (int, error) {
	a, err := m.a.Bind(b)
	if err != nil {
		return 0, err
	}
	other, err := m.b.Bind(b)
	if err != nil {
		return 0, err
	}
	return b.derive(m, func() derivation[E] { return &map2State[E, A, B, R]{map2: m, a: a, b: other} }), nil
}

type map2State[E, A, B, R any] struct {
	*map2[E, A, B, R]
	a, b  int
	ins   []A
	inb   []B
	out   column[R]
	valid []bool
}

func (s *map2State[E, A, B, R]) compute(f *Frame[E], into *Vector) {
	a, b := f.Vector(s.a), f.Vector(s.b)
	s.ins, s.inb = load(a, s.ins), load(b, s.inb)
	s.out.reset()
	valid := s.valid[:0]
	for i := range s.ins {
		if a.IsNull(int32(i)) || b.IsNull(int32(i)) {
			s.out.skip()
			valid = append(valid, false)
			continue
		}
		if f.passes(i) {
			s.out.skip()
			valid = append(valid, true)
			continue
		}
		f.Visit(int32(i))
		s.out.add(s.map2.fn(s.ins[i], s.inb[i]))
		valid = append(valid, true)
	}
	s.valid = valid
	if a.Valid == nil && b.Valid == nil {
		valid = nil
	}
	*into = s.out.vector(valid)
}

type closure[E, R any] struct{ fn func(*E) R }

func (c *closure[E, R]) opaque() bool   { return true }
func (c *closure[E, R]) String() string { return "derive()" + goKind(reflect.TypeFor[R]()).String() }

func (c *closure[E, R]) bind(b *Binder[E]) (int, error) {
	b.NeedRows()
	return b.derive(c, func() derivation[E] { return &closureState[E, R]{closure: c} }), nil
}

type closureState[E, R any] struct {
	*closure[E, R]
	out column[R]
}

func (s *closureState[E, R]) compute(f *Frame[E], into *Vector) {
	rows := f.chunk.Rows()
	s.out.reset()
	for i := range rows {
		if f.passes(i) {
			s.out.skip()
			continue
		}
		f.Visit(int32(i))
		s.out.add(s.fn(&rows[i]))
	}
	*into = s.out.vector(nil)
}

// column collects values of a Go type in column representation.
type column[T any] struct {
	columnBuilder
	started bool
	value   T // the one being added: it's read through a pointer, which mustn't cost memory each time
}

func (c *column[T]) reset() {
	if c.started {
		c.truncate(0)
		if c.dict != nil && c.dict.Len() > maxDictionary {
			c.dict.restart()
		}
		return
	}
	typ := reflect.TypeFor[T]()
	c.columnBuilder = columnBuilder{Column: &Column{Kind: goKind(typ), typ: typ}}
	c.columnBuilder.reset(0)
	c.started = true
}

func (c *column[T]) add(x T) {
	if !c.started {
		c.reset()
	}
	c.value = x
	if err := appendCell(&c.columnBuilder, c.Column, unsafe.Pointer(&c.value)); err != nil {
		panic(err) // the view's own code made the value: it stops, like any panic in it
	}
}

// skip adds what stands in a null's place.
func (c *column[T]) skip() {
	if !c.started {
		c.reset()
	}
	c.zero()
}

func (c *column[T]) vector(valid []bool) Vector {
	if !c.started {
		c.reset()
	}
	v := c.columnBuilder.vector()
	v.Valid = valid
	return v
}

// load gives a vector's values as the field's Go type. Nulls are zero values.
func load[T any](v *Vector, dst []T) []T {
	n := len(v.Ints) + len(v.Floats) + len(v.Codes)
	if cap(dst) < n {
		dst = make([]T, n)
	}
	dst = dst[:n]
	if n == 0 {
		return dst
	}
	p := unsafe.Pointer(&dst[0])
	kind := reflect.TypeFor[T]().Kind()
	switch {
	case v.Kind == String:
		texts := unsafe.Slice((*string)(p), n)
		for i := range texts {
			texts[i] = v.Dict.Values[v.Codes[i]]
		}
	case v.Kind == Time:
		times := unsafe.Slice((*time.Time)(p), n)
		for i := range times {
			times[i] = FromMicros(v.Ints[i])
		}
	case v.Kind == Float && kind == reflect.Float32:
		floats := unsafe.Slice((*float32)(p), n)
		for i := range floats {
			floats[i] = float32(v.Floats[i])
		}
	case v.Kind == Float:
		copy(unsafe.Slice((*float64)(p), n), v.Floats)
	case kind == reflect.Int64:
		copy(unsafe.Slice((*int64)(p), n), v.Ints)
	default:
		for i := range dst {
			writeInt(kind, unsafe.Pointer(&dst[i]), v.Ints[i])
		}
	}
	return dst
}
