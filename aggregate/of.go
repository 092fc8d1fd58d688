package aggregate

import (
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/source"
)

// Monoid is a fold of the caller's own, one event at a time: a commutative
// monoid with a codec. E is the event, S the state of one group, R the result.
// It must depend on its arguments alone, since a replay must give the same.
// Methods are called by several goroutines, each with states of its own.
// Package aggregatetest checks its laws.
type Monoid[E, S, R any] interface {
	// Codec names the encoding of S with its version, such as "basket/1". A new
	// encoding needs a new name.
	Codec() string
	// Zero gives the identity, which shares no memory with another state.
	Zero() S
	// Add folds an event into s, which it may change, and gives the new state.
	// The event must be neither changed nor kept.
	Add(s S, event *E) S
	// Merge folds b into a, which it may change, and gives the new state. It
	// doesn't change b nor share its memory. Merge is associative and
	// commutative, and Zero changes nothing.
	Merge(a, b S) S
	// Result gives the result, and leaves s as it is.
	Result(s S) R
	// AppendState appends s, encoded, to dst. Equal states have equal bytes,
	// whatever the order in which events came.
	AppendState(dst []byte, s S) []byte
	// DecodeState reads a state, which is all of b, and keeps none of b. Bytes
	// may be damaged: what isn't a state is an error.
	DecodeState(b []byte) (S, error)
}

// Of makes an aggregate of the caller's own code. It reads whole events, so
// every column; prefer the built-in ones where they do. HasCode is true: a view
// with it must declare its version. A panic in Add passes through, and the frame
// knows the event; one in Result is ErrPanic; a panic or an error in DecodeState
// is ErrState. m must not be nil and must name its codec: else Bind gives
// ErrDefinition. If it's an [Invertible] too, its states can be taken away.
func Of[E, S, R any](m Monoid[E, S, R]) Aggregate[E, R] {
	switch {
	case m == nil:
		return unusable[E, R]{"nil monoid"}
	case m.Codec() == "":
		return unusable[E, R]{"a monoid without the name of its codec"}
	}
	return of[E, S, R]{m}
}

type of[E, S, R any] struct{ monoid Monoid[E, S, R] }

func (a of[E, S, R]) Codec() string  { return a.monoid.Codec() }
func (a of[E, S, R]) String() string { return fmt.Sprintf("of(%s)", a.monoid.Codec()) }
func (a of[E, S, R]) HasCode() bool  { return true }

func (a of[E, S, R]) Bind(b *source.Binder[E]) (Maker[E, R], error) {
	b.NeedRows()
	return func() Results[E, R] { return &ofStates[E, S, R]{codec: a.Codec(), monoid: a.monoid} }, nil
}

type ofStates[E, S, R any] struct {
	codec  string
	monoid Monoid[E, S, R]
	states []S
}

func (s *ofStates[E, S, R]) Grow(n int) {
	for len(s.states) < n {
		s.states = append(s.states, s.monoid.Zero())
	}
}

func (s *ofStates[E, S, R]) Reset() {
	clear(s.states) // what they point to can go
	s.states = s.states[:0]
}

func (s *ofStates[E, S, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	events := f.Chunk().Rows()
	for i, g := range groups {
		f.Visit(rows[i])
		s.states[g] = s.monoid.Add(s.states[g], &events[rows[i]])
	}
}

func (s *ofStates[E, S, R]) Merge(groups []uint32, other States[E]) {
	from := other.(*ofStates[E, S, R]).states
	for i, g := range groups {
		s.states[g] = s.monoid.Merge(s.states[g], from[i])
	}
}

// Invert implements [Inverter], if the monoid is an [Invertible].
func (s *ofStates[E, S, R]) Invert(group uint32) bool {
	m, ok := s.monoid.(Invertible[S])
	if ok {
		s.states[group] = m.Invert(s.states[group])
	}
	return ok
}

func (s *ofStates[E, S, R]) AppendState(dst []byte, group uint32) []byte {
	return s.monoid.AppendState(dst, s.states[group])
}

func (s *ofStates[E, S, R]) MergeState(group uint32, state []byte) error {
	decoded, err := s.decode(state)
	if err != nil {
		return err
	}
	s.states[group] = s.monoid.Merge(s.states[group], decoded)
	return nil
}

func (s *ofStates[E, S, R]) decode(state []byte) (decoded S, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = notState(s.codec, "the decoder panicked: %v", p)
		}
	}()
	decoded, err = s.monoid.DecodeState(state)
	if err != nil && !errors.Is(err, ErrState) {
		err = fmt.Errorf("%w: %s: %w", ErrState, s.codec, err)
	}
	return decoded, err
}

func (s *ofStates[E, S, R]) Read(groups []uint32, into []R) (n int, err error) {
	defer catch(&err, s.codec)
	for ; n < len(groups); n++ {
		into[n] = s.monoid.Result(s.states[groups[n]])
	}
	return n, nil
}
