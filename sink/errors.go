package sink

import "errors"

// Errors that callers branch on. Each is wrapped with what was wrong.
var (
	// ErrNames says that two columns of a row would have one name, or that
	// options speak of a column that isn't there.
	ErrNames = errors.New("sink: names of columns don't fit")
	// ErrType says that a key's or a value's type can't be columns.
	ErrType = errors.New("sink: type can't be written")
	// ErrValue says that a row has a value that no column can hold: a time
	// outside the years 1 to 9999, an integer past 63 bits, a list whose own
	// methods fail.
	ErrValue = errors.New("sink: value can't be written")
)
