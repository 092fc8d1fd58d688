package aggregate

import (
	"fmt"

	"github.com/anabranch-go/anabranch/source"
)

// unusable stands for an aggregate that can't be made, so that the reason comes
// from Bind, as all others do, and not as a panic where it was declared.
type unusable[E, R any] struct{ reason string }

func (u unusable[E, R]) Codec() string  { return "unusable" }
func (u unusable[E, R]) String() string { return "unusable" }
func (u unusable[E, R]) HasCode() bool  { return false }

func (u unusable[E, R]) Bind(*source.Binder[E]) (Maker[E, R], error) {
	return nil, fmt.Errorf("%w: %s", ErrDefinition, u.reason)
}

// usable gives a itself, or what stands for nil.
func usable[E, R any](a Aggregate[E, R], where string) Aggregate[E, R] {
	if a == nil {
		return unusable[E, R]{"nil aggregate in " + where}
	}
	return a
}

// catch turns a panic of the caller's code into an error.
func catch(err *error, codec string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: making a result of %s: %v", ErrPanic, codec, p)
	}
}
