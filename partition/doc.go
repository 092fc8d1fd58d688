// Package partition declares how data is split into parts, by time, hash and
// value, and writes the part of a record as a path.
//
// A [Scheme] is a list of dimensions, from the outermost directory inwards:
// [ByHour], [ByDay], [ByMonth] and [ByYear] (ranges of time in UTC), [ByHash]
// (buckets) and [ByValue]. It is declared once and says nothing about where it
// is used; [Scheme.Path] and [Scheme.Parse] render it as directories in the
// style of Hive, which Spark, DuckDB, ClickHouse and Polars read too:
//
//	fecha=2026-11-24/user_id=7/region=norte
//
// # Values from data
//
// A value may be any bytes, hostile ones too. [Escape] turns it into one segment
// that can't leave its directory, and distinct strings into distinct segments.
// Two limits are the file system's: one that ignores case, or that normalises
// Unicode, can still take two of them for one, and a segment may not be longer
// than 255 bytes, which Path checks.
//
// A null and an empty string are one part, [NullSegment], as in Hive: a path
// can't tell them apart, so a reader that must looks at the column.
//
// # Hashing
//
// ByHash puts a value into the bucket that Kafka's Java client would pick as the
// partition of a record with that key.
package partition
