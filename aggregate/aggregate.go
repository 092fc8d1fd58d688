package aggregate

import "github.com/anabranch-go/anabranch/source"

// Aggregate declares a mergeable fold of events of E into a result R: a
// commutative monoid with a codec. Callers use the built-in ones, or make their
// own with [Of].
type Aggregate[E, R any] interface {
	// Codec names the states' encoding with its version, such as "sum.int/1".
	// States of another codec are refused, never guessed at.
	Codec() string
	// String is the definition, fields included, for a view's fingerprint.
	String() string
	// HasCode says whether it holds code of the caller's, which can't be
	// compared: a view with it must declare its version.
	HasCode() bool
	// Bind resolves the fields against E's schema. The maker that it returns
	// makes empty states; those of one maker share its binder's frames.
	Bind(b *source.Binder[E]) (Maker[E, R], error)
}

// Maker makes empty states.
type Maker[E, R any] func() Results[E, R]

// States is the engine's level: a vector of states, one for each group, folded a
// chunk at a time. Groups are numbered from 0. Not safe for concurrent use.
type States[E any] interface {
	// Grow makes groups up to n, each the identity. It never shrinks.
	Grow(n int)
	// Reset forgets every group, and keeps the memory.
	Reset()
	// Add folds row rows[i] of the frame's chunk into group groups[i]. Both have
	// the same length; rows rise. Neither is kept or changed.
	Add(groups []uint32, rows []int32, f *source.Frame[E])
	// Merge folds group i of other into group groups[i], for every i; several may
	// go into one. other was made by the same aggregate, and isn't changed.
	Merge(groups []uint32, other States[E])
	// AppendState appends a group's encoded state. Equal states have equal bytes.
	AppendState(dst []byte, group uint32) []byte
	// MergeState folds an encoded state, all of it, into a group. What isn't a
	// state is ErrState, and may leave the group changed.
	MergeState(group uint32, state []byte) error
}

// Results are states that know their results.
type Results[E, R any] interface {
	States[E]
	// Read sets into[i] to the result of groups[i], for every i; into is as long as
	// groups, in any order and with repeats, which aren't kept or changed. n is how
	// many it has set: all, or those before the first that has none, of which err
	// is. What's in into from there on means nothing. A sum past 64 bits is
	// ErrOverflow.
	Read(groups []uint32, into []R) (n int, err error)
}

// readEach is Read by a function that gives one result.
func readEach[R any](groups []uint32, into []R, result func(group uint32) (R, error)) (n int, err error) {
	for i, g := range groups {
		if into[i], err = result(g); err != nil {
			return i, err
		}
	}
	return len(groups), nil
}
