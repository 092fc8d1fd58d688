// Package sink takes the finished results of views to where others read them.
//
//   - [Row] is one result, with its identity and its version.
//   - [Sink] is what takes rows. Writing is idempotent, so that whoever writes
//     may always write again; package sinktest checks that a sink keeps to that.
//   - [Schema], [Record]: the columns that rows make, one and the same in every
//     sink that writes columns, and [Encoder], which turns rows into them.
//   - [Memory] keeps the newest rows in memory.
//   - [JSONLines] and [CSV] append rows to a file or a stream.
//   - [Func] makes a sink of a function.
//
// A row that was removed (a session that a late event has joined to another) is
// written like any other, with removed = true, and stays, lest an older version
// that comes late bring the row back. So whoever reads what a sink has written
// leaves out the rows with removed = true once it has found the newest of each
// identity, not before. Only views by session have such rows.
//
// The publisher of package lambda writes a view's rows to a sink whenever they
// change. Sinks for Parquet tables, Arrow, Kafka, Redis and ClickHouse are in
// packages of their own, below this one.
package sink
