// Package lambda runs views over an event log: in a speed layer, in a batch layer
// and in a serving layer that merges both into one exact answer.
//
// # A caller's way through
//
//   - [View] declares a metric: filter, [Key], event time, window, aggregate.
//   - [New] makes a [Pipeline] from a [Config], [Register] adds a view to it and
//     gives a [Handle].
//   - [Pipeline.Run] is the speed layer, [Pipeline.Batch] and [Pipeline.Advance]
//     are the batch layer, [Handle.Query], [Handle.Select] and [Publish] the
//     serving layer. They may run at once, in one process or in several on the
//     same stores.
//   - [Compute] folds a whole log, such as a directory of Parquet files, without a
//     pipeline and its archive; a [Fold] takes chunks and gives the rows of each window
//     as it ends.
//   - [Over] registers a view over the rows of another, in the batch layer.
//   - [Answer] holds rows and their [Provenance].
//   - [Pipeline.Audit] compares the two arms over one cut; [Pipeline.Quarantine]
//     shows the records that couldn't be read.
//   - [Observer] is told what happens.
//
// # How an answer is made
//
// For each partition, an answer is laid out of offset ranges that tile: the
// newest base up to its cut, the sealed delta of each segment after it, and the
// open delta from the chain's end on. The tiling is checked on every query. That
// is the one invariant; the simulation in this package's tests is its proof.
//
// # How events are laid out
//
// A segment's events are one Parquet file, under the day of its commit. With a
// partition scheme in [Config] they are a file for each part instead, in
// directories in the style of Hive, which Spark, DuckDB, ClickHouse and Polars find
// columns in and skip by: for ByValue("region"), ByDay("at"), ByHash("user", 16)
//
//	events/region=norte/at_day=2026-11-24/user_hash16=3/<partition>-<sequence>-<nonce>.parquet
//
// A directory by value has the column's own name, one by time or hash a name that
// says the rule. The columns stay in the files all the same, but where a file and a
// path have a column of one name, those engines take the path's, as a text or as
// what they guess from it: a day in the place of a time would be a lie, so it has
// another name, and the value is no lie, except that
//
//   - the empty text is a null there, as in Hive;
//   - a text that's too long for a directory's name (some 200 bytes, escapes
//     included; less with more than three dimensions) is cut, and ends in ~ and a
//     hash;
//   - texts that all look like numbers or dates may be taken for such: say the type
//     (DuckDB: hive_types, Spark: a schema), or read without hive partitioning.
//
// The batch layer, an audit, and a query of a segment without a delta of the view
// skip the files whose part can't have an event that the view selects, by what
// Equal, In, AtLeast and Less in its Where say of the scheme's columns
// (source.Predicate.Limits). [Observation] counts the skipped ones.
//
// A path says all of its rule, so segments of other schemes, or of none, stand
// beside each other in one archive: what a process's own scheme can't read it
// doesn't skip. A process without a scheme skips nothing.
//
// Each part of an open segment has a writer with buffers: some kilobytes each, and
// in all about four times Config.SegmentBytes. A segment is committed once it has
// 1,000 parts, and each is a write to the store, so a good scheme has some dozens
// of parts a segment: hours and a few regions, or buckets of users, not users. Only
// where readers' answers would go back may it not be committed yet; what its entry
// can't name then (some thousands of parts) goes unsplit into a file under the day.
//
// # The rooms
//
// view.go, key.go: what callers declare. plan and table (view.go, table.go) fold
// chunks into states, and are the one execution path of all layers; groups.go
// numbers their keys, by words (keyspace.go) or short codes (keycodes.go), and
// sessions.go the windows that events decide. tables.go has a table for each window;
// compute.go and fold.go fold by it without an archive, result.go and rows.go give
// rows. open.go is
// an open delta, worker.go a partition's owner, seal.go its commit, segment.go what
// that stores; layout.go and prune.go use the partition scheme, events.go reads
// what was stored. base.go, batch.go and recompute.go make bases, over.go those of
// views over rows. tile.go, assemble.go, query.go and merger.go answer;
// selection.go says for which keys, regroup.go in which groups and windows.
// publish.go writes what has changed.
package lambda
