// Package arrowsource reads logs of Arrow IPC files and streams, which pyarrow,
// Polars, pandas (as Feather) and DuckDB write.
//
// [NewFiles] makes a log of them, with everything that [source.Tables] has: globs
// and data sets in directories.
//
// What is read as what:
//
//   - An integer from integers of any width, and from decimals without digits
//     after the point; a float from floats of any width and decimals.
//   - A string from texts and bytes, large ones and views too. The codes of a
//     dictionary stay codes.
//   - A time from timestamps of any unit, rounded down to µs, and dates. One without
//     a zone is taken as UTC.
//   - A decimal from decimals of any width with as many digits after the point as
//     the field has, or fewer.
//   - Nested structs as groups; a null struct's fields are null.
//
// A column that the file lacks reads as null, or as zero where the field can't be
// null, and so does a null in such a field. A column of another type is
// [source.ErrColumn]; an event with a value that doesn't fit goes to quarantine.
//
// Int64 and µs columns without nulls aren't copied: chunks share the
// memory of their record batch, which is written once and never again.
//
// A stream has no index: opening it at an offset reads all before it. A file whose
// bytes lie about themselves is [ErrFormat]. What it can make us allocate is
// bounded, by its size and to 2 GiB for a record batch.
package arrowsource
