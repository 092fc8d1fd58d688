package partition

import "errors"

// Errors that callers branch on. What is returned wraps one of them and says
// what to do.
var (
	// ErrScheme marks a declaration that can't be used.
	ErrScheme = errors.New("partition: bad scheme")
	// ErrValue marks values that don't fit the scheme: their number, a kind
	// that a dimension doesn't take, a time out of range, too long a text.
	ErrValue = errors.New("partition: bad value")
	// ErrPath marks a path that the scheme can't have written.
	ErrPath = errors.New("partition: bad path")
	// ErrEscape marks text with a broken escape.
	ErrEscape = errors.New("partition: bad escape")
)
