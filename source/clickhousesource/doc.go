// Package clickhousesource reads a table of ClickHouse, or a view, as a log: results
// that were exported, or tables of reference, as the events of another pipeline.
//
// # A table is a snapshot
//
// A log's offsets never give other events, and a table's rows may change. So a [Table]
// is the rows as they were when [New] looked, and their digest (how many there are,
// and a sum of their hashes) is its identity. It has one partition; an offset is a
// row's number in the order of the table's sorting key, then of the columns that are
// read. It ends where the rows end.
//
// Rows come in pages of a quarter of a million, and the digest is taken again after
// each: a table that has changed is [ErrChanged], before any of the page is given. A
// new Table is then another log, by its identity, and no archive goes on with it. What
// isn't a change is a merge of the engine's parts, or a column that neither E nor the
// sorting key has.
//
// Each page costs the server a pass over the table's columns, and one for the digest:
// it's for tables of up to some ten million rows. For an event log read the archive,
// or the topic.
//
// # What is read
//
// Columns are found by the names of E's. Name the view that
// [github.com/anabranch-go/anabranch/sink/clickhousesink] makes, TABLE_current, to
// read a sink's current rows. Tables whose engine replaces or sums rows up (any
// MergeTree but the plain one) are read with FINAL.
//
//   - An integer from integers of up to 64 bits; a float from floats and decimals; a
//     bool from Bool.
//   - A string from String and Enum, and from LowCardinality forms; a list or a map
//     from JSON in a String, as sinks write it.
//   - A time from DateTime and DateTime64 of any zone and precision, cut to µs, and
//     from Date and Date32, as their midnight in UTC.
//   - A decimal from decimals with as many digits after the point as the field has, or
//     fewer. One of more than 64 bits is an error.
//
// A column of another type is [source.ErrColumn], and so is one that the table lacks,
// unless the field can be null. A null in a field that can't be null is zero; where
// the field is required, and where a value doesn't fit its field, the event goes to
// quarantine.
//
// The user needs the right to SELECT, on the table and of what system.tables and
// system.columns say of it.
package clickhousesource
