package delta

import "errors"

var (
	// ErrStaleTerm says that a newer owner has raised the record's term: the
	// caller has lost the partition and can't show anything any more.
	ErrStaleTerm = errors.New("delta: a newer term owns the partition")

	// ErrLostFlush says that the store doesn't hold what the copy's earlier
	// flushes brought. The copy is of no use; its owner starts a fresh one.
	ErrLostFlush = errors.New("delta: earlier flushes of the copy are lost")

	// ErrTorn says that the record's copy is there only in part. To a reader
	// that is the same as no copy; it is an error so that it can be counted.
	ErrTorn = errors.New("delta: the copy is torn")

	// ErrInvalidFlush says that the flush contradicts itself or the ones before
	// it: a mistake of the caller, not a loss. Nothing was changed.
	ErrInvalidFlush = errors.New("delta: the flush is invalid")
)
