// Package delta is the delta store: where a partition's owner shares its open
// deltas with readers.
//
// An open delta is a view's states over the offsets [from, through) of one
// partition, and grows until the owner seals it into the archive. It is a pure
// function of (view version, partition, from, through), so any intact copy of
// it is right, whoever wrote it. What can go wrong is mixing two copies, or
// missing a write; the contract of [Store] is about those two and nothing else.
// The store holds opaque bytes and can't merge them. Nothing durable derives
// from it: wiped or down, it costs freshness, never correctness.
//
// # The owner
//
//  1. Claims the partition in the archive's chain. The claim's number is its term.
//  2. Calls Raise with that term. What the record's copy shows can't grow from
//     here on, and Raise says how far that is.
//  3. Makes a [Copy] of its own with a new nonce and sends flush 1, 2, 3, …
//  4. Swaps its copy in once it has reached what the old one showed, so that
//     answers don't go back, and drops the old one. It swaps the same copy again
//     after later flushes: that costs little and repairs a record that was lost,
//     or that a delayed request turned back.
//  5. After a segment is committed, begins the next copy where the segment ends,
//     swaps it in and drops the sealed one.
//
// On [ErrLostFlush] it begins a fresh copy from what it holds in memory, at step
// 2. On [ErrStaleTerm] it has lost the partition and stops. On any other error
// the call may or may not have had its effect: it sends the same again. States can
// also vanish behind a flush that the store remembers; only readers find that,
// as [ErrTorn], so an owner that wants to know reads its own copy now and then.
//
// # The reader
//
// It calls Read and takes what it gets only if that starts where the partition's
// chain ends. No copy, or [ErrTorn], means that the answer ends with the chain.
//
// # The parts
//
//   - [Store] is the contract, [Flush] what goes in, [Open] what comes out.
//   - [Memory] is the store within one process.
//   - Package deltatest has the conformance suite for every store, and a wrapper
//     that injects faults.
package delta
