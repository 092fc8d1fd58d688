package parquettable

import "errors"

// Errors that callers branch on, besides those of package sink.
var (
	// ErrOptions says that the partitions don't fit the columns.
	ErrOptions = errors.New("parquettable: unusable options")
	// ErrTable says that the directory isn't a table, or that it's one of other
	// columns or partitions.
	ErrTable = errors.New("parquettable: not this table")
)
