package source

import "context"

// Source is a log of E: partitioned, offset-addressed, replayable. Reading the
// same partition from the same offset gives the same events, always; an engine's
// exactness stands on that. It's safe for concurrent use.
type Source[E any] interface {
	// Identity names the log, so that an archive of one log isn't continued from
	// another: a cluster and topic id, a data set and its seed.
	Identity(ctx context.Context) (string, error)
	// Partitions is how many partitions the log has, from 0 up. It may grow.
	Partitions(ctx context.Context) (int, error)
	// Open reads a partition from an offset. An offset that the log doesn't hold
	// any more, or not yet by more than the next one, is ErrOffset.
	Open(ctx context.Context, partition int, offset int64) (Reader[E], error)
}

// Reader reads one partition, in order. It's used by one goroutine.
type Reader[E any] interface {
	// Next gives the next chunk, which begins where the one before ended. It
	// blocks while the log has no more; when ctx ends first it returns ctx's
	// error, and the next call goes on where this one was. After the end of a log
	// that can't grow it returns io.EOF. The chunk and its memory are the
	// caller's only until the next call.
	Next(ctx context.Context) (*Chunk[E], error)
	// Close frees what the reader holds.
	Close() error
}

// Ender is a Source that knows where its partitions end now: the offset that the
// next event will get. Answers can then say how far they lag.
type Ender interface {
	End(ctx context.Context, partition int) (int64, error)
}

// Starter is a Source whose partitions don't begin at offset 0. An archive that
// has nothing of a partition yet starts there.
type Starter interface {
	Start(ctx context.Context, partition int) (int64, error)
}

// Sharer is a Source whose partitions several processes share: a group of
// consumers. Each process has some of them, and others as processes come and go.
type Sharer interface {
	// Share takes this process's part until ctx ends. It calls own, in a goroutine
	// of its own, for every partition that this process gets. When the partition is
	// to go elsewhere, or is taken away, own's ctx ends, and the partition is let go
	// once own has returned: until then own may finish what it has begun, but not
	// for ever, as the others wait. The process may get the partition again later.
	//
	// Share returns nil when ctx has ended, and own's error where own fails. Either
	// way every own has returned then. That a partition is ours is no promise that
	// it's nobody else's: a process that was stopped for a while may think the same.
	Share(ctx context.Context, own func(ctx context.Context, partition int) error) error
}

// Committer is a Source that shows outside observers, such as tools that measure
// lag, how far its partitions have been read. Nothing is decided by that.
type Committer interface {
	Commit(ctx context.Context, partition int, offset int64) error
}
