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
	// ErrTopic marks a topic's name that Kafka wouldn't take, topics that can't
	// be told apart, and a type of event without a topic.
	ErrTopic = errors.New("partition: bad topic")
	// ErrShards marks shards that can't be declared.
	ErrShards = errors.New("partition: bad shards")
	// ErrTable marks a table that can't be declared, or that a database's kind
	// of partitions doesn't allow.
	ErrTable = errors.New("partition: bad table")
	// ErrEscape marks text with a broken escape.
	ErrEscape = errors.New("partition: bad escape")
)
