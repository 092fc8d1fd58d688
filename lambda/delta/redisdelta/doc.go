// Package redisdelta is the delta store on Redis: one server, one with replicas
// that sentinels watch over, or a cluster of any number of nodes. The servers are
// Redis 5 or later, or speak as it does.
//
// # Keys
//
// All that changes in place of one view and partition is one hash, the record: the
// highest term, which copy is shown, and for each copy a header, which says how far
// the copy is and lists its chunks. So the record is always of one piece: it lies on
// one node, each change to it is one script, and a server that loses it, or falls
// back to an older one, does so as a whole.
//
// States lie in chunks of about 256 KiB. A chunk never changes: its name says copy,
// flush, place and a digest of its content. Chunks are spread over all of a
// cluster's slots, and no command touches two keys.
//
//	prefix open:view:partition                  the record
//	prefix chunk:copy:flush:place:digest        a chunk
//
// A flush writes chunks, which nobody sees yet, and then the header, if it's still
// the one that the flush was made for and no newer term was raised. So all of a
// flush shows at once, and what Read returns is exact at one offset. Then the
// replaced chunks are deleted. A reader that misses one reads the record again, and
// fetches only what it doesn't hold yet.
//
// Bytes follow change: a flush writes only its own states, and a reader that keeps
// what it has read fetches only the batches that are new since.
//
// # Losing
//
// Redis may evict keys, lose acknowledged writes at a fail-over, or restart empty.
// Then it costs freshness, and never an answer:
//
//   - A chunk is gone: Read returns delta.ErrTorn, and the next flush, which asks
//     for each chunk that it keeps, delta.ErrLostFlush. The owner begins a fresh copy.
//   - The record is gone: Read returns nil, the next flush delta.ErrLostFlush. The
//     term is forgotten with it, until the owner's next Raise or Swap.
//   - The record is an older one: if all its chunks are still there, Read returns
//     that older copy, which is right as of its own offset; if not, delta.ErrTorn.
//     The next flush is delta.ErrLostFlush.
//   - An acknowledged Raise is lost: an older owner may flush on until the newer one's
//     next Swap. What it shows is right, but answers may then go back to the archive's
//     end. Where that matters, let masters stop writing when they have lost their
//     replicas (min-replicas-to-write).
//   - The server, or one node of the cluster, is down: calls that need it fail, with
//     the client's error, or with the context's as soon as that ends.
//
// # Leaving nothing
//
// Replaced, dropped and dead copies' chunks are deleted at once. What a crash or a
// lost answer leaves is of no effect, and goes by [Options.Expiry].
package redisdelta
