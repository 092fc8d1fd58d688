package redissink

import "errors"

// Errors that callers branch on, besides those of package sink.
var (
	// ErrOptions says that the prefix or the options can't be used.
	ErrOptions = errors.New("redissink: unusable options")
	// ErrServer says that Open found no Redis that would have it: nobody is at the
	// address, TLS fails, or the password is wrong.
	ErrServer = errors.New("redissink: no Redis to write to")
)
