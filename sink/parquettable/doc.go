// Package parquettable keeps the finished rows of a view as a directory of Parquet
// files that is replaced in one step.
//
//   - [Replace] makes a table hold just the rows that it's given: for the results
//     of a batch.
//   - [Table] is a [sink.Sink] besides: Write keeps the newest version of each row.
//   - [Current] says where the files of now are.
//
// # What lies where
//
//	batch-metrics/
//	  current -> _versions/0000000018      a symbolic link
//	  _versions/0000000018/                a version: every file of the table
//	    _table                             the columns and the partitions, as text
//	    fecha=2026-11-24/0000000017-9f….parquet
//	    fecha=2026-11-25/0000000018-3c….parquet
//	  _versions/0000000017/                the one before, for those who still read it
//	  _lock
//
// A version never changes. A new one is built beside it, with hard links to the
// files that stay as they are and new files under names of their own for the
// partitions that don't; it's flushed to disk, and then the link is renamed onto
// the old one. That rename is the one step: before it everyone sees the old
// version, after it the new one, and a process that dies on the way has changed
// nothing. Old versions are removed later: see Options.Keep.
//
// # Reading a table
//
// Each of these reads "current" and finds the partitions in the paths:
//
//	duckdb   SELECT … FROM read_parquet('batch-metrics/current/**/*.parquet', hive_partitioning = true)
//	pyarrow  pyarrow.dataset.dataset('batch-metrics/current', partitioning='hive')
//	spark    spark.read.parquet('batch-metrics/current')
//
// A reader that resolves the link first (Current, realpath, os.path.realpath) sees
// one whole version, whatever is written meanwhile, for as long as the version is
// kept. One that lists and opens files through the link can have it renamed under
// its feet: it may then miss a file, which is an error that goes away when it
// begins again, and where partitions come or go between its listings of two
// directories it may see new files of the one and not yet those of the other.
// It never sees two versions of one partition, as these don't lie in one
// directory. A glob over the whole table, past "current", sees every version, and
// that is wrong.
//
// A row that was removed stays in the files, with removed=true, so that an older
// version of it can't come back: readers leave it out by WHERE NOT removed. Views
// whose windows aren't sessions have none.
//
// Columns that the scheme splits by stay in the files as well, with their types
// and nulls; a dimension therefore needs a name that no column has. What's in a
// path is for skipping files.
//
// # Limits
//
// The directory is a local one, on a file system with symbolic and hard links and
// with locks: several processes may then write to one table, one after another. On
// systems without flock (Windows) one process at a time must see to that itself.
// A Write reads and writes the partitions that its rows are in as a whole, and makes
// a link for each file of the others: split by time, and publish in large batches.
package parquettable
