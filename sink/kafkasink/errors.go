package kafkasink

import "errors"

// Errors that callers branch on, besides those of package sink.
var (
	// ErrOptions says that options can't be used, or not for this sink.
	ErrOptions = errors.New("kafkasink: unusable options")
	// ErrBrokers says that no broker answers, or that they refuse the credentials.
	ErrBrokers = errors.New("kafkasink: the brokers can't be used")
	// ErrTopic says that there's no such topic, or that it may not be seen.
	ErrTopic = errors.New("kafkasink: the topic can't be written")
	// ErrTooLarge says that the topic doesn't take a row, for its size.
	ErrTooLarge = errors.New("kafkasink: a row is too large for the topic")
	// ErrUnacknowledged says that the brokers haven't acknowledged all rows in time.
	ErrUnacknowledged = errors.New("kafkasink: rows aren't acknowledged")
	// ErrClosed says that the sink was closed.
	ErrClosed = errors.New("kafkasink: sink closed")
)
