package source

import (
	"fmt"
	"slices"
	"strings"
)

// textNode decides once for each text of a dictionary.
type textNode[E, T any] struct {
	field       Field[E, T]
	description string
	code        bool
	listed      []string // the texts that it selects, sorted, if they are known: not nil
	test        func(string) bool
}

func (n *textNode[E, T]) String() string { return n.description }
func (n *textNode[E, T]) opaque() bool   { return n.code || n.field.HasCode() }

func (n *textNode[E, T]) bind(b *Binder[E]) (filter[E], error) {
	slot, err := n.field.Bind(b)
	return &textFilter[E]{slot: slot, test: n.test, listed: n.listed != nil}, err
}

type textFilter[E any] struct {
	slot    int
	test    func(string) bool
	listed  bool // test is ours
	dict    uint64
	decided []verdict // by code
	done    int       // of the codes, where test is ours
}

// verdict is what is known of a text. A dictionary may hold texts that no row
// has: the test never sees those.
type verdict uint8

const (
	undecided verdict = iota
	refused
	chosen
)

func (t *textFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	v := f.Vector(t.slot)
	if t.dict != v.Dict.ID {
		t.dict, t.decided, t.done = v.Dict.ID, t.decided[:0], 0
	}
	if missing := len(v.Dict.Values) - len(t.decided); missing > 0 {
		t.decided = append(t.decided, make([]verdict, missing)...)
	}
	// Rows are written before it's known whether they stay: no branch depends on the
	// data, and out, which may be rows, never overtakes them.
	from := len(out)
	out = slices.Grow(out, len(rows))[:from+len(rows)]
	n, codes := from, v.Codes
	if t.listed {
		t.decide(v.Dict.Values)
		decided := t.decided
		if len(rows) > 0 && rows[len(rows)-1] == int32(len(rows)-1) { // rows are all from 0 on, as they rise
			for row, code := range codes[:len(rows)] {
				out[n] = int32(row)
				n += int(decided[code] >> 1)
			}
			return keepValid(v, out[:n], from)
		}
		for _, row := range rows {
			out[n] = row
			n += int(decided[codes[row]] >> 1)
		}
		return keepValid(v, out[:n], from)
	}
	decided := t.decided
	for _, row := range rows {
		code := codes[row]
		what := decided[code]
		if what == undecided {
			if v.IsNull(row) {
				continue
			}
			f.Visit(row)
			what = t.decideOne(code, v.Dict.Values[code])
		}
		out[n] = row
		n += int(what >> 1)
	}
	return keepValid(v, out[:n], from)
}

// decide decides all texts at once: no code of the caller's sees those that no row
// has.
func (t *textFilter[E]) decide(texts []string) {
	for ; t.done < len(texts); t.done++ {
		t.decideOne(uint32(t.done), texts[t.done])
	}
}

func (t *textFilter[E]) decideOne(code uint32, text string) verdict {
	t.decided[code] = refused
	if t.test(text) {
		t.decided[code] = chosen
	}
	return t.decided[code]
}

// intNode selects by a closed range of integers, times in µs, bools as 0 and 1.
type intNode[E, T any] struct {
	field     Field[E, T]
	low, high int64
}

func (n *intNode[E, T]) String() string { return fmt.Sprintf("%s in %d..%d", n.field, n.low, n.high) }
func (n *intNode[E, T]) opaque() bool   { return n.field.HasCode() }

func (n *intNode[E, T]) bind(b *Binder[E]) (filter[E], error) {
	slot, err := n.field.Bind(b)
	return &intFilter[E]{slot, n.low, n.high}, err
}

type intFilter[E any] struct {
	slot      int
	low, high int64
}

func (t *intFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	v := f.Vector(t.slot)
	from := len(out)
	out = slices.Grow(out, len(rows))[:from+len(rows)]
	n, ints, width := from, v.Ints, uint64(t.high)-uint64(t.low)
	if t.low > t.high {
		return out[:from]
	}
	for _, row := range rows {
		in := 0
		if uint64(ints[row])-uint64(t.low) <= width {
			in = 1
		}
		out[n] = row
		n += in
	}
	return keepValid(v, out[:n], from)
}

// keepValid takes the rows that are null out of those after from.
func keepValid(v *Vector, out []int32, from int) []int32 {
	if v.Valid == nil {
		return out
	}
	kept := out[:from]
	for _, row := range out[from:] {
		if v.Valid[row] {
			kept = append(kept, row)
		}
	}
	return kept
}

type operator string

const (
	equal   operator = "="
	atLeast operator = ">="
	less    operator = "<"
)

// floatNode selects by a comparison. Nothing compares with NaN.
type floatNode[E, T any] struct {
	field Field[E, T]
	op    operator
	bound float64
}

func (n *floatNode[E, T]) String() string { return fmt.Sprintf("%s %s %g", n.field, n.op, n.bound) }
func (n *floatNode[E, T]) opaque() bool   { return n.field.HasCode() }

func (n *floatNode[E, T]) bind(b *Binder[E]) (filter[E], error) {
	slot, err := n.field.Bind(b)
	return &floatFilter[E]{slot, n.op, n.bound}, err
}

type floatFilter[E any] struct {
	slot  int
	op    operator
	bound float64
}

func (t *floatFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	v := f.Vector(t.slot)
	for _, row := range rows {
		x := v.Floats[row]
		selected := x == t.bound
		switch t.op {
		case atLeast:
			selected = x >= t.bound
		case less:
			selected = x < t.bound
		}
		if selected && !v.IsNull(row) {
			out = append(out, row)
		}
	}
	return out
}

type nullNode[E, T any] struct{ field Field[E, T] }

func (n *nullNode[E, T]) String() string { return fmt.Sprintf("%s is null", n.field) }
func (n *nullNode[E, T]) opaque() bool   { return n.field.HasCode() }

func (n *nullNode[E, T]) bind(b *Binder[E]) (filter[E], error) {
	slot, err := n.field.Bind(b)
	return &nullFilter[E]{slot}, err
}

type nullFilter[E any] struct{ slot int }

func (t *nullFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	v := f.Vector(t.slot)
	for _, row := range rows {
		if v.IsNull(row) {
			out = append(out, row)
		}
	}
	return out
}

type funcNode[E any] struct{ test func(*E) bool }

func (n *funcNode[E]) String() string { return "func" }
func (n *funcNode[E]) opaque() bool   { return true }

func (n *funcNode[E]) bind(b *Binder[E]) (filter[E], error) {
	b.NeedRows()
	return &funcFilter[E]{n.test}, nil
}

type funcFilter[E any] struct{ test func(*E) bool }

func (t *funcFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	events := f.Chunk().Rows()
	for _, row := range rows {
		f.Visit(row)
		if t.test(&events[row]) {
			out = append(out, row)
		}
	}
	return out
}

// joinNode is And or Or.
type joinNode[E any] struct {
	parts []Predicate[E]
	all   bool
}

func (n *joinNode[E]) String() string {
	word := "or"
	if n.all {
		word = "and"
	}
	texts := make([]string, len(n.parts))
	for i, p := range n.parts {
		texts[i] = p.String()
	}
	return word + "(" + strings.Join(texts, ";") + ")"
}

func (n *joinNode[E]) opaque() bool { return slices.ContainsFunc(n.parts, Predicate[E].HasCode) }

func (n *joinNode[E]) bind(b *Binder[E]) (filter[E], error) {
	parts := make([]*Filter[E], len(n.parts))
	for i, p := range n.parts {
		var err error
		if parts[i], err = p.Bind(b); err != nil {
			return nil, err
		}
	}
	if n.all {
		return &andFilter[E]{parts: parts}, nil
	}
	return &orFilter[E]{parts: parts}, nil
}

type andFilter[E any] struct {
	parts   []*Filter[E]
	scratch []int32
}

func (t *andFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	t.scratch = append(t.scratch[:0], rows...)
	for _, part := range t.parts {
		t.scratch = part.Keep(f, t.scratch, t.scratch[:0])
	}
	return append(out, t.scratch...)
}

type orFilter[E any] struct {
	parts   []*Filter[E]
	marks   []bool // by row
	scratch []int32
}

func (t *orFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	t.marks = slices.Grow(t.marks[:0], f.Chunk().Len())[:f.Chunk().Len()]
	clear(t.marks)
	for _, part := range t.parts {
		t.scratch = part.Keep(f, rows, t.scratch[:0])
		for _, row := range t.scratch {
			t.marks[row] = true
		}
	}
	for _, row := range rows {
		if t.marks[row] {
			out = append(out, row)
		}
	}
	return out
}

type notNode[E any] struct{ part Predicate[E] }

func (n *notNode[E]) String() string { return "not(" + n.part.String() + ")" }
func (n *notNode[E]) opaque() bool   { return n.part.HasCode() }

func (n *notNode[E]) bind(b *Binder[E]) (filter[E], error) {
	part, err := n.part.Bind(b)
	return &notFilter[E]{part: part}, err
}

type notFilter[E any] struct {
	part    *Filter[E]
	scratch []int32
}

func (t *notFilter[E]) keep(f *Frame[E], rows, out []int32) []int32 {
	t.scratch = t.part.Keep(f, rows, t.scratch[:0])
	selected := t.scratch
	for _, row := range rows {
		if len(selected) > 0 && selected[0] == row {
			selected = selected[1:]
			continue
		}
		out = append(out, row)
	}
	return out
}
