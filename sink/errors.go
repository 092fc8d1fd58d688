package sink

import "errors"

// Errors that callers branch on. Each is wrapped with what was wrong.
var (
	// ErrNames says that two columns of a row would have one name.
	ErrNames = errors.New("sink: two columns have one name")
	// ErrType says that a key's or a value's type can't be written.
	ErrType = errors.New("sink: type can't be written")
)
