package archive

import "errors"

// What stores report.
var (
	// ErrExists says that an object of that name is there already. Where a
	// client retries by itself it may be the caller's own.
	ErrExists = errors.New("archive: object exists already")
	// ErrNotFound says that no object has that name.
	ErrNotFound = errors.New("archive: object not found")
	// ErrName says that a name can't be an object's: see [Store].
	ErrName = errors.New("archive: not an object name")
	// ErrUnwritable says that the store refuses writes (permissions, a path
	// that isn't a directory, a file system without hard links) until somebody
	// mends it.
	ErrUnwritable = errors.New("archive: store can't be written")
	// ErrFull says that the disk or the quota is full.
	ErrFull = errors.New("archive: store is full")
)

// What the archive itself reports.
var (
	// ErrCorrupt says that an object isn't what was written: its checksum,
	// size or contents are wrong.
	ErrCorrupt = errors.New("archive: object is corrupt")
	// ErrMissing says that an object that must be there isn't: a hole in a
	// chain, or a file that an entry names.
	ErrMissing = errors.New("archive: object is missing")
	// ErrFormat says that a newer release wrote an object.
	ErrFormat = errors.New("archive: object has a newer format; upgrade to read it")
	// ErrTiling says that offset ranges leave a gap or overlap.
	ErrTiling = errors.New("archive: offset ranges don't tile")
	// ErrLost says that another has claimed the partition. This owner will
	// never commit to it again.
	ErrLost = errors.New("archive: the partition has another owner")
	// ErrTaken says that another has published under that number.
	ErrTaken = errors.New("archive: the number is taken")
	// ErrUnsettled says that nobody knows yet whether a write took effect: it
	// failed, or the context ended, before that could be settled.
	ErrUnsettled = errors.New("archive: it isn't known whether the write took effect")
	// ErrInvalid says that what the caller wants to write breaks a rule. It
	// had no effect.
	ErrInvalid = errors.New("archive: refused")
	// ErrEmpty says that no log has been declared for this archive.
	ErrEmpty = errors.New("archive: no log has been declared")
	// ErrLogIdentity says that the archive is of another log.
	ErrLogIdentity = errors.New("archive: the archive is of another log")
	// ErrPartitions says that the log has fewer partitions than it had, or
	// that a partition isn't one of the log's.
	ErrPartitions = errors.New("archive: partitions don't fit the log")
)
