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

// Results are states that know their result.
type Results[E, R any] interface {
	States[E]
	// Result gives a group's result. A sum past 64 bits is ErrOverflow.
	Result(group uint32) (R, error)
}
