package delta

import (
	"fmt"
	"time"
)

// Copy names one copy of one open delta. Each owner makes its own, and a fresh
// one whenever it starts again; two copies are never mixed. It is comparable.
type Copy struct {
	View      string // the view's fingerprint
	Partition int
	From      int64  // the first offset of the delta's range
	Term      int64  // the owner's term
	Nonce     string // tells apart the copies of one term; never used again
}

// State is the encoded state of one group, a key in a window.
type State struct {
	Key    []byte // in the engine's order-preserving key encoding
	Window int64  // the window's start, in µs since 1970 UTC
	State  []byte // as the view's aggregate encodes it
}

// Flush brings a copy forward. It carries the states of everything that came
// since the flushes that it keeps, and nothing of what those hold: merged with
// them, it gives the delta over [Copy.From, Through).
//
// An owner that only appends sets Replaces to Number. To leave readers fewer
// batches, it folds: with Replaces < Number the flush stands for the flushes
// [Replaces, Number], and the older ones of these are freed. Replaces must be
// the first number that some earlier batch stands for, since a batch can't be
// taken apart. With Replaces = Number - lowest set bit of Number + 1 (a binary
// counter), a copy of n flushes has at most log₂(n)+1 batches, and each state is
// sent again at most log₂(n) times.
type Flush struct {
	Number   int64   // 1 begins the copy; then without holes
	Replaces int64   // the first flush that this one stands for: 1 to Number
	Through  int64   // the end of the copy's range; never falls
	States   []State // in any order, each group once at most; may be empty

	Rows, Late int64     // totals of the whole copy so far: events folded, and late ones among them
	Watermark  *int64    // the partition's watermark in µs; nil while there's none
	At         time.Time // when the owner flushed, by its own clock; information only
}

// Check tells whether f makes sense for c, whatever the store holds. Every store
// calls it before it looks further, so that all refuse the same. The error is
// [ErrInvalidFlush].
func (f *Flush) Check(c Copy) error {
	switch {
	case f.Number < 1:
		return fmt.Errorf("%w: number %d, they begin at 1", ErrInvalidFlush, f.Number)
	case f.Replaces < 1 || f.Replaces > f.Number:
		return fmt.Errorf("%w: flush %d replaces from %d", ErrInvalidFlush, f.Number, f.Replaces)
	case f.Through < c.From:
		return fmt.Errorf("%w: through %d is before the copy's start at %d", ErrInvalidFlush, f.Through, c.From)
	}
	return nil
}

// Open is the open delta as read from one copy. Its memory may be shared with
// the store and other readers: it must not be written to.
type Open struct {
	Copy Copy

	// Each key is exact at some offset in [Low, High]. The two are equal in
	// memory, and in any store when no flush was under way or half done.
	// (Copy, Low) with Low == High names the content: a cache may rely on it.
	Low, High int64

	// Batches are in the order of their flushes. A group may stand in several;
	// merging all of them gives the delta over [Copy.From, Low…High).
	Batches [][]State

	// As of a flush whose Through lies in [Low, High].
	Rows, Late int64
	Watermark  *int64
	At         time.Time
}

// Shown is the copy that a record names, and how far a reader of it may have seen.
type Shown struct {
	Copy    Copy
	Through int64
}
