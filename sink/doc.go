// Package sink takes the finished results of views to where others read them.
//
//   - [Row] is one result, with its identity and its version.
//   - [Sink] is what takes rows. Writing is idempotent, so that whoever writes
//     may always write again; package sinktest checks that a sink keeps to that.
//   - [Memory] keeps the newest rows in memory.
//   - [JSONLines] appends rows to a file or a stream.
//   - [Func] makes a sink of a function.
//
// The publisher of package lambda writes a view's rows to a sink whenever they
// change. Sinks for databases are in packages of their own, below this one.
package sink
