// Package archive keeps the master data set: immutable files in an object
// store and, for each partition of the log, the chain of entries that says
// which files count.
//
// It knows nothing of views, aggregates or Parquet. It stores bytes and JSON
// entries, and it guards one thing: that the entries of a partition tile its
// offsets, whoever wrote them, however they crashed, retried or came back from
// the dead.
//
// # Map
//
//   - [Store] is an object store: [Dir] (a local directory) and [Memory].
//   - [Archive] reads chains ([Archive.Chains], [Chain]) and stores the files
//     that entries name ([Archive.PutFile], [Archive.ReadFile]).
//   - [Owner], made by [Archive.Claim], is the right to append to one chain.
//   - [Publish] and [Latest] keep numbered publications: bases, live versions.
//   - archivetest has the conformance suite for stores and a store that fails
//     on demand.
//
// # Layout
//
//	events/<day>/<partition>-<sequence>-<nonce>.parquet
//	events/<path of a part>/<partition>-<sequence>-<nonce>.parquet
//	deltas/<view fingerprint>/<partition>-<sequence>-<nonce>.parquet
//	quarantine/<partition>-<sequence>-<nonce>.parquet
//	_log/<partition>/<sequence>.json     the chain: claim | segment | gap
//	_log/source/<n>.json                 which log this is, and its partitions
//
// Sequences and numbers of publications have twenty digits, so that names sort
// as numbers do; partitions are plain decimals. A segment's events are in one file,
// or, where the pipeline has a partition scheme, in one for each part that has any:
// events/region=norte/at_day=2026-11-24/0-….parquet.
//
// # Why the chain holds
//
// An entry is put under the next number only if nobody has put one there. An
// owner's claim is an entry too, and an owner goes on only from the number
// after his own last entry. So whoever wants to commit must have seen every
// entry before, and a claim by another takes the very number that the old
// owner would need: a zombie can't commit, and no clock is asked.
//
// A put that failed may still have taken effect, and a client that retries by
// itself may report that the number is taken by the object that it has just
// put. So entries carry the nonce of the attempt, and a writer who isn't sure
// puts the same bytes again, and, where something is there, reads it back and
// compares nonces before he believes anything.
//
// # Envelopes
//
// Each JSON object of the archive is exactly
//
//	{"sha256":"<64 hex digits>","nonce":"<nonce>","body":<compact JSON>}
//
// where the checksum is over every byte after the comma that follows it. So a
// flipped, added or missing byte anywhere, the nonce included, is [ErrCorrupt].
package archive
