// Package columnar reads and writes Parquet files column by column, from and to
// plain slices, without rows in between.
//
// It takes the format's structures from parquet-go, and most of compression, and
// does pages itself: values, levels and dictionary codes go straight from and to the
// caller's slices. That is faster than the library's way through rows, and it
// keeps hostile bytes in bounds: sizes are checked against the bytes that are
// there before anything is allocated by them, nothing runs in another goroutine,
// and a panic becomes an error.
//
//   - [Writer]: row groups from [Data], a finished file's bytes at the end.
//     Equal input gives equal bytes.
//   - [File], [Leaf]: a file's footer and its columns.
//   - [ColumnReader]: one column of one row group, a slice at a time.
package columnar
