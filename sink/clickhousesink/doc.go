// Package clickhousesink keeps the finished rows of a view in a table of
// ClickHouse.
//
//   - [DDL] gives the statements of the table and of the view of its current rows.
//   - [Open] gives a [Table], which is a [sink.Sink]. Its Write is one INSERT, column
//     by column; its Rows reads the current rows back. As events of another pipeline
//     they are read by package source/clickhousesource.
//
// # What the server has
//
// The table has the columns of [sink.Schema]: texts (the key's in a dictionary),
// DateTime64(6, 'UTC') or Date, Int64 (Int32 for fields that are no larger), Float64,
// Bool, Decimal, and Nullable forms of those that are optional. Its engine is
// ReplacingMergeTree by the version, sorted by the view, the window and the key: of
// the rows of one sorting key the newest stays, and of one version the one that was
// inserted last.
//
// The engine drops old versions some time after they were replaced. So whoever reads
// the table itself, or adds its rows up, sees some rows twice. The view TABLE_current
// is what to read: one row for each identity (FINAL), without those that were removed.
// A materialised view behind the table would count every version, and mustn't be made.
//
// # A table of one's own
//
// Options.Schema renames columns, and Options.Columns says how they are kept, so that
//
//	metricas_diarias (fecha Date, categoria, region, ventas_total Decimal(10, 2), …)
//	PARTITION BY toYYYYMM(fecha) ORDER BY (fecha, categoria, region, …)
//
// is a view by days with window_start renamed to fecha and kept as a Date, of the
// days of the shop's own time zone: see the example of DDL. The row's own columns
// (view, window_end, version, timing, final, removed) stay in the table, and
// Options.Current leaves them out of the view.
//
// # Failing
//
// After an error some of the rows may be there. Writing them again is harmless, and
// the caller does: nothing is retried here, but a connection that was lost between
// two calls is made anew. A Write whose context has ended may still take effect at
// the server a moment later; if other rows of the same version were written
// meanwhile, it may be the last.
//
// No INSERT is dropped for being the same as an earlier one, and none is only held
// in memory, whatever the server's settings (insert_deduplicate, async_insert).
// Users need the right to SELECT and INSERT on the table, and with Options.Create to
// make tables and views. On a cluster the table is made by hand, with a replicated
// form of the engine, and a row is durable as insert_quorum says.
package clickhousesink
