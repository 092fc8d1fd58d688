package aggregate

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// Part is an aggregate with the place that its result has in a larger one, R. It's
// made by [To].
type Part[E, R any] struct {
	described
	bind func(*source.Binder[E]) (func() placed[E, R], error)
	// extent gives the memory that the place takes in a result.
	extent func(*R) (from, to uintptr)
}

// To gives the result of a its place in an R, by a selector that returns its
// address:
//
//	aggregate.To(aggregate.Sum(cents), func(r *Sales) *int64 { return &r.Cents })
//
// The selector is called each time a result is read, and a panic in it is an
// ErrPanic from Read.
func To[E, R, T any](a Aggregate[E, T], place func(*R) *T) Part[E, R] {
	a = usable(a, "a join")
	if place == nil {
		a = unusable[E, T]{"nil place in a join"}
	}
	return Part[E, R]{
		described: a,
		bind: func(b *source.Binder[E]) (func() placed[E, R], error) {
			make, err := a.Bind(b)
			codec := a.Codec()
			return func() placed[E, R] {
				s := &placedStates[E, R, T]{Results: make(), place: place, codec: codec}
				return placed[E, R]{s.Results, s.write}
			}, err
		},
		extent: func(r *R) (from, to uintptr) {
			p := reflect.ValueOf(place(r))
			return p.Pointer(), p.Pointer() + reflect.TypeFor[T]().Size()
		},
	}
}

// Join folds events into any number of aggregates at once, each of which writes
// its result into a place of R:
//
//	aggregate.Join(
//		aggregate.To(aggregate.Sum(cents), func(r *Sales) *int64 { return &r.Cents }),
//		aggregate.To(aggregate.Count[Event](), func(r *Sales) *int64 { return &r.Orders }),
//	)
//
// What no part writes stays zero; [Map] can compute it. Codec and definition are
// those of the parts in their order: their places aren't in the states, so that
// moving one rebuilds nothing. A part's error is Read's. Places must lie within
// R and may not overlap, no selector may panic, and there must be a part: else
// Bind gives ErrDefinition.
func Join[E, R any](parts ...Part[E, R]) Aggregate[E, R] {
	if len(parts) == 0 {
		return unusable[E, R]{"a join of nothing"}
	}
	for i, p := range parts {
		if p.bind == nil {
			return unusable[E, R]{fmt.Sprintf("part %d of a join is the zero Part; make it with To", i+1)}
		}
	}
	return join[E, R]{slices.Clone(parts)}
}

// described is what an aggregate says of itself, whatever its result.
type described interface {
	Codec() string
	String() string
	HasCode() bool
}

// join sees its parts' states as vectors; only their closures know the types of
// their results.
type join[E, R any] struct{ parts []Part[E, R] }

// placed is a part's vector, and how it writes groups' results: see Results.Read.
type placed[E, R any] struct {
	States[E]
	write func(groups []uint32, into []R) (n int, err error)
}

// placedStates are a part's states with the type of their results.
type placedStates[E, R, T any] struct {
	Results[E, T]
	place   func(*R) *T
	codec   string
	results []T // scratch
}

func (s *placedStates[E, R, T]) write(groups []uint32, into []R) (n int, err error) {
	s.results = slices.Grow(s.results[:0], len(groups))[:len(groups)]
	defer clear(s.results) // what they point to can go
	defer catch(&err, s.codec)
	results, err := s.Read(groups, s.results)
	for ; n < results; n++ {
		*s.place(&into[n]) = s.results[n]
	}
	return n, err
}

func (a join[E, R]) Codec() string  { return a.list(described.Codec) }
func (a join[E, R]) String() string { return a.list(described.String) }
func (a join[E, R]) HasCode() bool  { return slices.ContainsFunc(a.parts, Part[E, R].HasCode) }

func (a join[E, R]) list(text func(described) string) string {
	texts := make([]string, len(a.parts))
	for i, p := range a.parts {
		texts[i] = text(p)
	}
	return "join(" + strings.Join(texts, ",") + ")"
}

func (a join[E, R]) Bind(b *source.Binder[E]) (Maker[E, R], error) {
	makers := make([]func() placed[E, R], len(a.parts))
	for i, p := range a.parts {
		var err error
		if makers[i], err = p.bind(b); err != nil {
			return nil, err
		}
	}
	if err := a.checkPlaces(); err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	codec := a.Codec()
	return func() Results[E, R] {
		s := &joinStates[E, R]{codec: codec, parts: make([]placed[E, R], len(makers))}
		for i, maker := range makers {
			s.parts[i] = maker()
		}
		return s
	}, nil
}

// checkPlaces tries the selectors on a result that nobody will see.
func (a join[E, R]) checkPlaces() (err error) {
	at := 0
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the place of part %d of a join: its selector panicked: %v", ErrDefinition, at+1, p)
		}
	}()
	type extent struct{ from, to uintptr }
	r := new(R)
	begin := reflect.ValueOf(r).Pointer()
	end := begin + reflect.TypeFor[R]().Size()
	taken := make([]extent, len(a.parts))
	for i, p := range a.parts {
		at = i
		from, to := p.extent(r)
		if from < begin || to > end {
			return fmt.Errorf("%w: the place of part %d of a join isn't within the result", ErrDefinition, i+1)
		}
		for j, other := range taken[:i] {
			if from < other.to && other.from < to {
				return fmt.Errorf("%w: parts %d and %d of a join have one place", ErrDefinition, j+1, i+1)
			}
		}
		taken[i] = extent{from, to}
	}
	return nil
}

type joinStates[E, R any] struct {
	parts []placed[E, R]
	codec string
}

func (s *joinStates[E, R]) Grow(n int) {
	for _, p := range s.parts {
		p.Grow(n)
	}
}

func (s *joinStates[E, R]) Reset() {
	for _, p := range s.parts {
		p.Reset()
	}
}

func (s *joinStates[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	for _, p := range s.parts {
		p.Add(groups, rows, f)
	}
}

func (s *joinStates[E, R]) Merge(groups []uint32, other States[E]) {
	o := other.(*joinStates[E, R])
	for i, p := range s.parts {
		p.Merge(groups, o.parts[i].States)
	}
}

// Invert implements [Inverter], if all parts do.
func (s *joinStates[E, R]) Invert(group uint32) bool {
	for i, p := range s.parts {
		if !invert(p.States, group) {
			for _, before := range s.parts[:i] {
				invert(before.States, group) // the inverse of the inverse
			}
			return false
		}
	}
	return true
}

// A state is the parts' states in their order, each with its length before it.
func (s *joinStates[E, R]) AppendState(dst []byte, group uint32) []byte {
	for _, p := range s.parts {
		dst = appendSized(dst, p.States, group)
	}
	return dst
}

// appendSized appends a part's state after its length, for which one byte is
// mostly enough.
func appendSized[E any](dst []byte, p States[E], group uint32) []byte {
	at := len(dst)
	dst = p.AppendState(append(dst, 0), group)
	size := len(dst) - at - 1
	if size < 0x80 {
		dst[at] = byte(size)
		return dst
	}
	var prefix [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(prefix[:], uint64(size))
	return slices.Replace(dst, at, at+1, prefix[:n]...)
}

func (s *joinStates[E, R]) MergeState(group uint32, state []byte) error {
	rest := state
	for i, p := range s.parts {
		size, after, ok := takeUvarint(rest)
		if !ok || size > uint64(len(after)) {
			return notState(s.codec, "part %d of %d ends early", i+1, len(s.parts))
		}
		if err := p.MergeState(group, after[:size]); err != nil {
			return fmt.Errorf("part %d of %s: %w", i+1, s.codec, err)
		}
		rest = after[size:]
	}
	if len(rest) > 0 {
		return notState(s.codec, "%d bytes follow the last part", len(rest))
	}
	return nil
}

func (s *joinStates[E, R]) Read(groups []uint32, into []R) (n int, err error) {
	n = len(groups)
	clear(into[:n])
	for _, p := range s.parts {
		// Groups from the first on that a part has no result of are of no use.
		written, wrong := p.write(groups[:n], into[:n])
		if wrong != nil {
			n, err = written, wrong
		}
	}
	return n, err
}
