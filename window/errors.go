package window

import "errors"

// Errors that callers branch on. What is returned wraps one of them and says
// what to do.
var (
	// ErrZero marks the zero Spec, which no constructor made.
	ErrZero = errors.New("window: no window given")
	// ErrSize marks a size, or a session's gap, that isn't a positive whole number
	// of microseconds, and sliding windows too far apart or of too many panes.
	ErrSize = errors.New("window: bad window size")
	// ErrLocation marks a calendar window without a location.
	ErrLocation = errors.New("window: no location")
	// ErrRollup marks windows that don't lie inside the coarser ones.
	ErrRollup = errors.New("window: windows don't roll up")
)
