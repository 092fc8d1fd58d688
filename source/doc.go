// Package source reads event logs as columnar chunks.
//
// A caller's event is a struct E. Its [Schema] comes from struct tags, once:
//
//	type Event struct {
//		At     time.Time `anabranch:"timestamp"`
//		Type   string    `anabranch:"event_type"`
//		Price  int64     `anabranch:"price,decimal=2"` // 12.34 is held as 1234
//		Coupon *string   `anabranch:"coupon"`          // a pointer is an optional
//	}
//
// A tag that is missing falls back to the json tag, then to the Go name; "-"
// leaves the field out, and "inline" puts a nested struct's columns among the outer
// ones. The option "required" sends a record that lacks the field, or has null
// there, to quarantine; a time.Time is always required, a *time.Time is optional.
// Bools, integers, floats, strings, time.Time, decimals, named forms of these,
// nested structs and pointers or a [Null] (optionals) are columns that views can
// read. Lists and maps are stored, as JSON text, but aren't
// fields.
//
// The rooms of the package:
//
//   - [Schema], [Kind], [Value]: what columns there are. [SchemaWith] is for results
//     of views, which package sink writes as columns too.
//   - [Chunk], [Vector], [Dictionary]: a batch of events of one partition, by
//     column; rows are made on demand.
//   - [Builder]: writes events into chunks and normalises them on the way, so
//     that every layer sees one and the same event.
//   - [Field], [FieldOf], [OptionalOf], [Map], [Map2]: typed references to
//     columns, and columns derived from them.
//   - [Predicate]: filters over columns.
//   - [Binder], [Frame]: how an engine evaluates fields and predicates over a
//     chunk.
//   - [Source], [Reader]: a partitioned, offset-addressed, replayable log. One that
//     knows where its partitions end or begin is an [Ender] or a [Starter]; one
//     that processes share is a [Sharer], and one that shows how far it has been
//     read is a [Committer].
//   - [Memory]: a log in memory, read while it grows. [Files]: a log of files, by a
//     [Format]: [Lines], [Delimited] or [CSV].
//   - [Merge]: one log of several; [Convert]: a log of another event type.
//   - [Decoder], [JSON], [StrictJSON]: turn a log's records into events. Packages
//     avrodecoder and protodecoder are others.
//   - [Tables]: a log of files that hold columns, in a [TableFormat], and of data
//     sets in directories such as fecha=2026-11-24. [NewParquetFiles] makes one of
//     any writer's Parquet files.
//   - [ParquetWriter], [ParquetReader]: event files, by column, and by
//     [NewParquetTable] files of rows that are in no log.
//   - [Glob]: which files a pattern means.
//
// A Source that wraps another hides its optional interfaces: pass Ender, Starter,
// Sharer and Committer on where the other has them, as Convert and Merge do.
package source
