package aggregate

// Inverter is what [States] are besides where what was folded can be taken away
// again: merging is a commutative group then, not only a monoid. [Net] needs it.
//
// [Count], [CountOf], [Sum], [SumFloat], [Mean], [Variance], [Covariance] and
// [Regression] have it; [Where], [Map], [Net] and joins have it if all their parts do,
// and [Of] if the caller's monoid is an [Invertible]. A least value or a set of
// distinct ones hasn't: what one event brought, another may have brought too.
type Inverter interface {
	// Invert turns a group's state into its inverse, so that merging it takes away
	// what merging the state adds: both together are the identity, byte for byte.
	// It's false, with nothing changed, where the states have no inverses; that's
	// the same for all states of an aggregate.
	Invert(group uint32) bool
}

// Invertible is what a [Monoid] is besides where its states have inverses.
// Package aggregatetest checks its laws.
type Invertible[S any] interface {
	// Invert gives the inverse of s, which it may change: merged with s it's Zero.
	Invert(s S) S
}

// invert inverts a group of states that may be an Inverter.
func invert[E any](s States[E], group uint32) bool {
	i, ok := s.(Inverter)
	return ok && i.Invert(group)
}

// canInvert asks states that hold nothing yet.
func canInvert[E, R any](make Maker[E, R]) bool {
	s := make()
	s.Grow(1)
	return invert[E](s, 0)
}
