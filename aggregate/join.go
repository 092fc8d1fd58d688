package aggregate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// Join2 folds events into two aggregates at once, and makes one result of
// theirs, such as a struct, or a ratio: ratios are made here, from their parts,
// and never merged.
//
// result is called with one group's results at a time, each time a result is
// read. What it computes isn't stored, so changing it rebuilds nothing, and
// HasCode stays false: states are the parts' alone. A panic in it is an ErrPanic
// from Result; a part's error is Result's. It must not be nil, nor may a part:
// that is ErrDefinition from Bind.
func Join2[E, A, B, R any](a Aggregate[E, A], b Aggregate[E, B], result func(A, B) R) Aggregate[E, R] {
	a, b = usable(a, "a join"), usable(b, "a join")
	return newJoin(result == nil, []described{a, b}, func(p *joining[E]) func() joined[E, R] {
		ma, mb := part(p, a), part(p, b)
		return func() joined[E, R] {
			sa, sb := ma(), mb()
			return joined[E, R]{[]States[E]{sa, sb}, func(group uint32) (r R, err error) {
				va, vb := value(sa, group, &err), value(sb, group, &err)
				if err != nil {
					return r, err
				}
				return result(va, vb), nil
			}}
		}
	})
}

// Join3 is [Join2] for three aggregates.
func Join3[E, A, B, C, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C],
	result func(A, B, C) R) Aggregate[E, R] {
	a, b, c = usable(a, "a join"), usable(b, "a join"), usable(c, "a join")
	return newJoin(result == nil, []described{a, b, c}, func(p *joining[E]) func() joined[E, R] {
		ma, mb, mc := part(p, a), part(p, b), part(p, c)
		return func() joined[E, R] {
			sa, sb, sc := ma(), mb(), mc()
			return joined[E, R]{[]States[E]{sa, sb, sc}, func(group uint32) (r R, err error) {
				va, vb, vc := value(sa, group, &err), value(sb, group, &err), value(sc, group, &err)
				if err != nil {
					return r, err
				}
				return result(va, vb, vc), nil
			}}
		}
	})
}

// Join4 is [Join2] for four aggregates.
func Join4[E, A, B, C, D, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	result func(A, B, C, D) R) Aggregate[E, R] {
	a, b, c, d = usable(a, "a join"), usable(b, "a join"), usable(c, "a join"), usable(d, "a join")
	return newJoin(result == nil, []described{a, b, c, d}, func(p *joining[E]) func() joined[E, R] {
		ma, mb, mc, md := part(p, a), part(p, b), part(p, c), part(p, d)
		return func() joined[E, R] {
			sa, sb, sc, sd := ma(), mb(), mc(), md()
			return joined[E, R]{[]States[E]{sa, sb, sc, sd}, func(group uint32) (r R, err error) {
				va, vb := value(sa, group, &err), value(sb, group, &err)
				vc, vd := value(sc, group, &err), value(sd, group, &err)
				if err != nil {
					return r, err
				}
				return result(va, vb, vc, vd), nil
			}}
		}
	})
}

// Join5 is [Join2] for five aggregates.
func Join5[E, A, B, C, D, F, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	f Aggregate[E, F], result func(A, B, C, D, F) R) Aggregate[E, R] {
	a, b, c, d, f = usable(a, "a join"), usable(b, "a join"), usable(c, "a join"), usable(d, "a join"), usable(f, "a join")
	return newJoin(result == nil, []described{a, b, c, d, f}, func(p *joining[E]) func() joined[E, R] {
		ma, mb, mc, md, mf := part(p, a), part(p, b), part(p, c), part(p, d), part(p, f)
		return func() joined[E, R] {
			sa, sb, sc, sd, sf := ma(), mb(), mc(), md(), mf()
			return joined[E, R]{[]States[E]{sa, sb, sc, sd, sf}, func(group uint32) (r R, err error) {
				va, vb, vc := value(sa, group, &err), value(sb, group, &err), value(sc, group, &err)
				vd, vf := value(sd, group, &err), value(sf, group, &err)
				if err != nil {
					return r, err
				}
				return result(va, vb, vc, vd, vf), nil
			}}
		}
	})
}

// Join6 is [Join2] for six aggregates.
func Join6[E, A, B, C, D, F, G, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	f Aggregate[E, F], g Aggregate[E, G], result func(A, B, C, D, F, G) R) Aggregate[E, R] {
	a, b, c = usable(a, "a join"), usable(b, "a join"), usable(c, "a join")
	d, f, g = usable(d, "a join"), usable(f, "a join"), usable(g, "a join")
	return newJoin(result == nil, []described{a, b, c, d, f, g}, func(p *joining[E]) func() joined[E, R] {
		ma, mb, mc, md, mf, mg := part(p, a), part(p, b), part(p, c), part(p, d), part(p, f), part(p, g)
		return func() joined[E, R] {
			sa, sb, sc, sd, sf, sg := ma(), mb(), mc(), md(), mf(), mg()
			return joined[E, R]{[]States[E]{sa, sb, sc, sd, sf, sg}, func(group uint32) (r R, err error) {
				va, vb, vc := value(sa, group, &err), value(sb, group, &err), value(sc, group, &err)
				vd, vf, vg := value(sd, group, &err), value(sf, group, &err), value(sg, group, &err)
				if err != nil {
					return r, err
				}
				return result(va, vb, vc, vd, vf, vg), nil
			}}
		}
	})
}

// described is what an aggregate says of itself, whatever its result.
type described interface {
	Codec() string
	String() string
	HasCode() bool
}

// join is all the joins. It sees its parts' states as vectors; only bind's
// closures know the types of their results.
type join[E, R any] struct {
	parts []described
	bind  func(*joining[E]) func() joined[E, R]
}

// joined is one vector of a join: the parts' vectors, and the result of a group.
type joined[E, R any] struct {
	parts  []States[E]
	result func(group uint32) (R, error)
}

func newJoin[E, R any](noResult bool, parts []described, bind func(*joining[E]) func() joined[E, R]) Aggregate[E, R] {
	if noResult {
		return unusable[E, R]{"nil result function in a join"}
	}
	return join[E, R]{parts, bind}
}

// joining binds parts and keeps the first error.
type joining[E any] struct {
	binder *source.Binder[E]
	err    error
}

func part[E, R any](p *joining[E], a Aggregate[E, R]) Maker[E, R] {
	if p.err != nil {
		return nil
	}
	make, err := a.Bind(p.binder)
	p.err = err
	return make
}

// value gives a part's result, and keeps the first error.
func value[E, R any](s Results[E, R], group uint32, err *error) R {
	r, e := s.Result(group)
	if *err == nil {
		*err = e
	}
	return r
}

func (a join[E, R]) Codec() string  { return a.list(described.Codec) }
func (a join[E, R]) String() string { return a.list(described.String) }
func (a join[E, R]) HasCode() bool  { return slices.ContainsFunc(a.parts, described.HasCode) }

func (a join[E, R]) list(text func(described) string) string {
	texts := make([]string, len(a.parts))
	for i, p := range a.parts {
		texts[i] = text(p)
	}
	return "join(" + strings.Join(texts, ",") + ")"
}

func (a join[E, R]) Bind(b *source.Binder[E]) (Maker[E, R], error) {
	p := &joining[E]{binder: b}
	make := a.bind(p)
	if p.err != nil {
		return nil, p.err
	}
	return func() Results[E, R] { return &joinStates[E, R]{joined: make(), codec: a.Codec()} }, nil
}

type joinStates[E, R any] struct {
	joined[E, R]
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
		p.Merge(groups, o.parts[i])
	}
}

// A state is the parts' states in their order, each with its length before it.
func (s *joinStates[E, R]) AppendState(dst []byte, group uint32) []byte {
	for _, p := range s.parts {
		dst = appendSized(dst, p, group)
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

func (s *joinStates[E, R]) Result(group uint32) (r R, err error) {
	defer catch(&err, s.codec)
	return s.result(group)
}
