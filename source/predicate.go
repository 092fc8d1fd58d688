package source

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Predicate selects events of E. The zero Predicate selects all. It's made by
// Equal, In, AtLeast, Less, IsNull, Match, Func, And, Or and Not. A null equals
// nothing and is in no range; Not turns that around. The values to compare with
// are normalised like events: a time is rounded down to the microsecond.
type Predicate[E any] struct {
	node node[E]
	err  error
}

// node is a predicate's definition.
type node[E any] interface {
	bind(*Binder[E]) (filter[E], error)
	String() string
	opaque() bool
}

// filter is a node bound to slots; it may keep what it worked out for a
// dictionary.
type filter[E any] interface {
	// keep appends to out those of rows that the predicate selects, in order.
	// out may share rows' memory, from the beginning.
	keep(f *Frame[E], rows, out []int32) []int32
}

// String is the definition, for a view's fingerprint.
func (p Predicate[E]) String() string {
	switch {
	case p.err != nil:
		return "unusable"
	case p.node == nil:
		return "all"
	}
	return p.node.String()
}

// HasCode says whether the predicate holds code of the caller's, which can't be
// compared.
func (p Predicate[E]) HasCode() bool { return p.node != nil && p.node.opaque() }

// Bind makes the predicate ready for frames. The filter isn't safe for
// concurrent use.
func (p Predicate[E]) Bind(b *Binder[E]) (*Filter[E], error) {
	if p.err != nil || p.node == nil {
		return &Filter[E]{}, p.err
	}
	bound, err := p.node.bind(b)
	return &Filter[E]{bound}, err
}

// Filter is a predicate that was bound.
type Filter[E any] struct{ filter filter[E] }

// All says whether the filter selects every row without a look.
func (f *Filter[E]) All() bool { return f.filter == nil }

// Keep appends to out those of rows, places in the frame's chunk, that the
// predicate selects, in order. out may be rows[:0].
func (f *Filter[E]) Keep(frame *Frame[E], rows, out []int32) []int32 {
	if f.filter == nil {
		return append(out, rows...)
	}
	return f.filter.keep(frame, rows, out)
}

// Equal selects events whose field is v.
func Equal[E any, T comparable](field Field[E, T], v T) Predicate[E] { return In(field, v) }

// In selects events whose field is one of vs.
func In[E any, T comparable](field Field[E, T], vs ...T) Predicate[E] {
	values, err := valuesOf(vs)
	if err == nil {
		err = errors.Join(computable[T](), field.check()) // without values nothing would bind it
	}
	if err != nil {
		return Predicate[E]{err: fmt.Errorf("predicate on %s: %w", field, err)}
	}
	switch field.Kind() {
	case String:
		wanted := map[string]bool{}
		for _, v := range values {
			wanted[v.Text] = true
		}
		listed := slices.AppendSeq(make([]string, 0, len(wanted)), maps.Keys(wanted))
		slices.Sort(listed)
		return Predicate[E]{node: &textNode[E, T]{field, describeIn(field, values), false, listed, func(s string) bool { return wanted[s] }}}
	case Float:
		return Or(each(values, func(v Value) node[E] { return &floatNode[E, T]{field, equal, v.Float} })...)
	}
	return Or(each(values, func(v Value) node[E] { return &intNode[E, T]{field, v.Int, v.Int} })...)
}

func each[E any](values []Value, make func(Value) node[E]) []Predicate[E] {
	var out []Predicate[E]
	for _, v := range values {
		out = append(out, Predicate[E]{node: make(v)})
	}
	return out
}

// AtLeast selects events whose field is v or more.
func AtLeast[E, T any](field Field[E, T], v T) Predicate[E] {
	return bounded(field, v, atLeast, func(i int64) (int64, int64) { return i, math.MaxInt64 })
}

// Less selects events whose field is less than v.
func Less[E, T any](field Field[E, T], v T) Predicate[E] {
	return bounded(field, v, less, func(i int64) (int64, int64) {
		if i == math.MinInt64 {
			return 0, -1 // nothing is less
		}
		return math.MinInt64, i - 1
	})
}

func bounded[E, T any](field Field[E, T], bound T, op operator, ints func(int64) (int64, int64)) Predicate[E] {
	v, err := ValueOf(bound)
	if err == nil {
		err = computable[T]()
	}
	if err != nil {
		return Predicate[E]{err: fmt.Errorf("predicate on %s: %w", field, err)}
	}
	switch v.Kind {
	case String:
		return Predicate[E]{node: &textNode[E, T]{field, fmt.Sprintf("%s %s %q", field, op, v.Text), false, nil,
			func(s string) bool { return (s >= v.Text) == (op == atLeast) }}}
	case Float:
		return Predicate[E]{node: &floatNode[E, T]{field, op, v.Float}}
	}
	low, high := ints(v.Int)
	return Predicate[E]{node: &intNode[E, T]{field, low, high}}
}

func describeIn[E, T any](field Field[E, T], values []Value) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprintf("%q", v.Text)
	}
	slices.Sort(texts)
	return fmt.Sprintf("%s in [%s]", field, strings.Join(texts, ","))
}

func valuesOf[T any](vs []T) ([]Value, error) {
	out := make([]Value, len(vs))
	for i, v := range vs {
		var err error
		if out[i], err = ValueOf(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// IsNull selects events whose optional field is nil.
func IsNull[E, T any](field Field[E, T]) Predicate[E] {
	return Predicate[E]{node: &nullNode[E, T]{field}}
}

// Match selects events by a test of a text field. The test runs once for each text
// of a dictionary, not for each event, so it must depend on its argument alone.
func Match[E any, T ~string](field Field[E, T], test func(string) bool) Predicate[E] {
	return Predicate[E]{node: &textNode[E, T]{field, fmt.Sprintf("%s matches", field), true, nil, test}}
}

// Func selects events by a closure over the whole event. It reads every column;
// prefer the others where they do.
func Func[E any](test func(*E) bool) Predicate[E] {
	return Predicate[E]{node: &funcNode[E]{test}}
}

// And selects what all of ps select; Or what any does; Not what p doesn't.
func And[E any](ps ...Predicate[E]) Predicate[E] { return join(ps, true) }

// Or selects what any of ps selects: nothing, if there are none.
func Or[E any](ps ...Predicate[E]) Predicate[E] { return join(ps, false) }

// Not selects what p doesn't.
func Not[E any](p Predicate[E]) Predicate[E] {
	if p.err != nil {
		return p
	}
	return Predicate[E]{node: &notNode[E]{p}}
}

func join[E any](ps []Predicate[E], all bool) Predicate[E] {
	for _, p := range ps {
		if p.err != nil {
			return p
		}
	}
	if len(ps) == 1 {
		return ps[0]
	}
	return Predicate[E]{node: &joinNode[E]{slices.Clone(ps), all}}
}
