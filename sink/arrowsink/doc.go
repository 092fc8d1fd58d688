// Package arrowsink writes the finished rows of views as Arrow, for programs that
// take columns as they are: pyarrow, Polars, DuckDB, Flight servers.
//
//   - [Stream] is a [sink.Sink] that appends record batches to a stream (.arrows).
//   - [WriteFile] writes rows as a file (.arrow, Feather v2).
//   - [Fields] is the Arrow schema that both have, by the columns of [sink.Schema].
//
// Integers are int64, floats float64, bools bool, times timestamp[us, UTC],
// decimals decimal128(19, scale). Texts are dictionaries of utf8 with int32
// indices, lists and maps JSON in plain utf8, nested structs structs.
//
// A stream never takes anything back: of rows with one identity, readers take the
// one with the highest version, and of these the last, unless its column removed
// is true. Each batch has dictionaries
// of its own, which replace those before; so a reader must follow the stream.
package arrowsink
