// Package partition declares how data is split into parts, by time, hash and
// value, and uses the declaration wherever data is split: in paths, in queries
// that skip parts, in Kafka topics, in databases, over shards.
//
// A [Scheme] is a list of dimensions, from the outermost directory inwards:
// [ByHour], [ByDay], [ByMonth] and [ByYear] (ranges of time in UTC), [ByHash]
// (buckets) and [ByValue]. It says nothing about where it is used:
//
//   - [Scheme.Path] and [Scheme.Parse] render it as directories in the style of
//     Hive, which Spark, DuckDB, ClickHouse and Polars read too:
//     fecha=2026-11-24/user_id=7/region=norte
//   - [Scheme.Filter] says which of its parts can hold what a query asks for, by
//     ranges of time ([Between]) and sets of values ([OneOf]);
//   - [Scheme.NewSplitter] says to which part each row of a batch of columns
//     belongs, without work for each row but arithmetic;
//   - [Dimension.Kafka] picks the partition of a topic for a key, as Kafka's Java
//     client does;
//   - [Table.PostgreSQL], [Table.PostgreSQLParts] and [Table.ClickHouse] give the
//     statements that make a [Table] split by it. There a dimension's name is the
//     column's.
//
// Beside it stand [Topics], which names the Kafka topic of each type of event,
// and [Shards], which picks a shard for a key so that few keys move when shards
// come and go.
//
// # Values from data
//
// A value may be any bytes, hostile ones too. [Escape] turns it into one segment
// that can't leave its directory, and distinct strings into distinct segments.
// Two limits are the file system's: one that ignores case, or that normalises
// Unicode, can still take two of them for one, and a segment may not be longer
// than 255 bytes, which Path checks. Topics come from a declared list, never from
// data; the names of tables and columns are quoted.
//
// A null and an empty string are one part, [NullSegment], as in Hive: a path
// can't tell them apart, so a reader that must looks at the column.
//
// # Hashing
//
// ByHash puts a value into the bucket that Kafka's Java client would pick as the
// partition of a record with that key ([Kafka]); ClickHouse's tables do the same,
// by its function kafkaMurmurHash. PostgreSQL's hash partitions go by hash
// functions of its own: as many buckets, with other rows in them.
//
// Shards aren't buckets: with another number of buckets nearly every key moves,
// with another shard only the keys of that shard.
package partition
