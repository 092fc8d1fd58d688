package source

import "errors"

// Errors that callers branch on. Each is wrapped with what was wrong and where.
var (
	// ErrSchema says that E can't be an event: not a struct, a repeated column
	// name, a tag that can't be read.
	ErrSchema = errors.New("source: not an event type")
	// ErrNames says, besides ErrSchema, that two columns would have one name.
	ErrNames = errors.New("source: two columns have one name")
	// ErrField says that a field can't be used as one: the selector doesn't
	// return the address of a field of its argument, the field is a list or a
	// map, or it has no column.
	ErrField = errors.New("source: not a field")
	// ErrValue says that a value has no place in its column: a time outside the
	// years 1 to 9999, an integer past 64 bits, a text that isn't a number. The
	// event goes to quarantine.
	ErrValue = errors.New("source: unfit value")
	// ErrOffset says that the log doesn't have the position any more, or doesn't
	// have it yet. Nothing is skipped: a reader stops here.
	ErrOffset = errors.New("source: offset not in the log")
	// ErrChunk says that a source gave a chunk whose columns aren't those of its
	// schema and its rows.
	ErrChunk = errors.New("source: not a chunk")
	// ErrClosed says that the log has ended and takes no more events.
	ErrClosed = errors.New("source: log closed")
	// ErrOptions says that options contradict each other or the event type.
	ErrOptions = errors.New("source: unusable options")
)
