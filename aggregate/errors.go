package aggregate

import "errors"

// Errors that callers branch on.
var (
	// ErrState says that bytes aren't a state of the aggregate's codec.
	ErrState = errors.New("aggregate: not a state of this codec")
	// ErrOverflow says that a result has no place in its type.
	ErrOverflow = errors.New("aggregate: result overflows")
	// ErrKind says that a field's kind can't be aggregated so.
	ErrKind = errors.New("aggregate: field of the wrong kind")
	// ErrDefinition says that an aggregate can't be used at all: a part of it, or
	// its function, is nil.
	ErrDefinition = errors.New("aggregate: unusable definition")
	// ErrPanic says that code of the caller's panicked while it made a result.
	ErrPanic = errors.New("aggregate: the caller's code panicked")
)
