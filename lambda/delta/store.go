package delta

import "context"

// Store shares open deltas. For each view and partition it holds one record,
// which names the copy that readers take and the highest term seen, and the
// copies themselves.
//
// All methods are safe for concurrent use. They block until the store has
// answered or ctx ends. An error other than those named leaves open whether the
// call took effect; every call may then be made again with the same arguments,
// and a second time has no second effect. A call that its caller has given up
// may still take effect later.
type Store interface {
	// Raise makes the record's term at least term, at once, and returns the
	// record's copy with what it shows; nil if it names none. After Raise
	// returns, that copy takes no flush of an older term, so it shows no more
	// than returned, and no swap of an older term is taken. A new owner neither
	// swaps, nor seals a segment that ends, before it has reached Through.
	//
	// When the record's term is already higher, the error is ErrStaleTerm.
	// Copies of older terms that the record doesn't name are of no use after
	// this, and the store may free them.
	Raise(ctx context.Context, view string, partition int, term int64) (*Shown, error)

	// Flush brings c forward, all or nothing for each key: it is
	// compare-and-advance. It applies only when the copy's last flush is
	// f.Number-1, and flush 1 begins the copy, whether or not the record names
	// it. The flush that was applied last is accepted again, without a second
	// effect, when Number, Replaces and Through are the same; retries send the
	// same bytes. In every other case the error is ErrLostFlush.
	//
	// Where the record's term is higher than c's, the error is ErrStaleTerm. A
	// store must see to this for the copy that the record names; it may accept
	// flushes of other stale copies, as no reader will ever see them.
	//
	// Flush takes over f's memory, States with all its bytes and Watermark,
	// even when it fails: the caller may read it, and send it again, but never
	// write to it. So a store in memory copies nothing.
	Flush(ctx context.Context, c Copy, f Flush) error

	// Swap makes c the record's copy, and the record's term at least c's. The
	// error is ErrStaleTerm when the record's term is higher than c's, and
	// ErrLostFlush when the store has no flush of c. Within a term the last
	// swap stands. The copy that was shown before stays until it is dropped,
	// or freed with its term.
	Swap(ctx context.Context, c Copy) error

	// Read returns the record's copy, whole, or nil when the record names none.
	// It never mixes two copies, and never leaves a batch out: when a part of
	// the copy is gone, the error is ErrTorn.
	Read(ctx context.Context, view string, partition int) (*Open, error)

	// Drop removes c: its range was sealed, or another copy took over. Dropping
	// what isn't there is no error. When the record names c, it names no copy
	// afterwards, and keeps its term.
	Drop(ctx context.Context, c Copy) error
}
