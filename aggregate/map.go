package aggregate

import (
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// Map makes another result from the states of a, such as a name for a number, or
// a share in percent. fn is called each time a result is read. What it computes
// isn't stored, so changing it rebuilds nothing, and HasCode stays a's: states,
// codec and definition are a's alone. A panic in fn is an ErrPanic from Read; an
// error of a's is Read's. Neither may be nil: that is ErrDefinition from Bind.
func Map[E, R, S any](a Aggregate[E, R], fn func(R) S) Aggregate[E, S] {
	switch {
	case a == nil:
		return unusable[E, S]{"nil aggregate in a Map"}
	case fn == nil:
		return unusable[E, S]{"nil function in a Map"}
	}
	return mapped[E, R, S]{described: a, a: a, fn: fn}
}

type mapped[E, R, S any] struct {
	described
	a  Aggregate[E, R]
	fn func(R) S
}

func (m mapped[E, R, S]) Bind(b *source.Binder[E]) (Maker[E, S], error) {
	make, err := m.a.Bind(b)
	if err != nil {
		return nil, err
	}
	codec := m.Codec()
	return func() Results[E, S] {
		s := make()
		return &mappedStates[E, R, S]{States: s, of: s, fn: m.fn, codec: codec}
	}, nil
}

type mappedStates[E, R, S any] struct {
	States[E] // of, without its Read
	of        Results[E, R]
	fn        func(R) S
	codec     string
	results   []R // scratch: of's
}

func (s *mappedStates[E, R, S]) Merge(groups []uint32, other States[E]) {
	s.of.Merge(groups, other.(*mappedStates[E, R, S]).of)
}

// Invert implements [Inverter], if the inner aggregate does.
func (s *mappedStates[E, R, S]) Invert(group uint32) bool { return invert(s.States, group) }

func (s *mappedStates[E, R, S]) Read(groups []uint32, into []S) (n int, err error) {
	s.results = slices.Grow(s.results[:0], len(groups))[:len(groups)]
	defer clear(s.results) // what they point to can go
	results, err := s.of.Read(groups, s.results)
	defer catch(&err, s.codec)
	for ; n < results; n++ {
		into[n] = s.fn(s.results[n])
	}
	return n, err
}
