package statefile

import "errors"

var (
	// ErrOrder says that the states to encode aren't sorted, or hold a group
	// twice.
	ErrOrder = errors.New("statefile: states out of order")
	// ErrFile says that the bytes aren't a sound file of states.
	ErrFile = errors.New("statefile: not a file of states")
)
