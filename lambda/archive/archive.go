package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
)

// Archive is the master data set on a store. Its methods may be called
// concurrently, by as many archives on the same store, in as many processes,
// as wanted. It remembers the entries it has read, since those never change.
type Archive struct {
	store Store

	mu       sync.Mutex // guards what follows, and is never held during I/O
	log      Log
	logAt    int64 // number of the publication that log came from; -1: none yet
	partials map[int]*partial
	listings map[string]listed // by folder
}

// New returns the archive on store. It reads and writes nothing yet.
func New(store Store) *Archive {
	return &Archive{store: store, logAt: -1, partials: map[int]*partial{}, listings: map[string]listed{}}
}

// Store returns the store that the archive is on.
func (a *Archive) Store() Store { return a.store }

// maxPartitions bounds what a hostile declaration can make a reader list.
const maxPartitions = 1 << 20

// Declare says which log the archive is of. The first declaration is recorded;
// later ones must agree with it: another identity is ErrLogIdentity, naming
// both, and fewer partitions are ErrPartitions. More partitions are recorded.
func (a *Archive) Declare(ctx context.Context, log Log) error {
	if err := log.check(); err != nil {
		return fmt.Errorf("%w: cannot declare the log: %w", ErrInvalid, err)
	}
	nonce := NewNonce()
	for {
		known, err := a.Log(ctx)
		next := int64(0)
		log.ID = known.ID
		switch {
		case errors.Is(err, ErrEmpty):
			log.ID = nonce
		case err != nil:
			return err
		case known.Identity != log.Identity:
			return fmt.Errorf("%w: it is of %q, not of %q: give this log an archive of its own, or, if it is the same log, which files were added to, say, set its Identity to %q", ErrLogIdentity, known.Identity, log.Identity, known.Identity)
		case known.Partitions > log.Partitions:
			return fmt.Errorf("%w: %q had %d partitions and now has %d", ErrPartitions, log.Identity, known.Partitions, log.Partitions)
		case known.Partitions == log.Partitions:
			return nil
		default:
			a.mu.Lock()
			next = a.logAt + 1
			a.mu.Unlock()
		}
		err = Publish(ctx, a.store, sourceDir, next, nonce, log)
		if err == nil || !errors.Is(err, ErrTaken) {
			return err
		}
		// Another was faster. His declaration decides like an older one, so
		// ours is a new attempt.
		nonce = NewNonce()
	}
}

func (l Log) check() error {
	if l.Identity == "" || len(l.Identity) > maxName {
		return fmt.Errorf("its identity has %d bytes", len(l.Identity))
	}
	if l.Partitions < 1 || l.Partitions > maxPartitions {
		return fmt.Errorf("it has %d partitions", l.Partitions)
	}
	return nil
}

// Log returns what was declared; ErrEmpty where nothing was.
func (a *Archive) Log(ctx context.Context) (Log, error) {
	a.mu.Lock()
	log, at := a.log, a.logAt
	a.mu.Unlock()
	n, err := a.listOnce(ctx, sourceDir, func() (int64, error) { return newest(ctx, a.store, sourceDir, at) })
	if err != nil {
		return Log{}, err
	}
	if n < 0 {
		return Log{}, ErrEmpty
	}
	if n == at {
		return log, nil
	}
	var read Log
	if err := readNumbered(ctx, a.store, sourceDir, n, &read); err != nil {
		return Log{}, err
	}
	if err := read.check(); err != nil {
		return Log{}, fmt.Errorf("%s: %w: %w", numbered(sourceDir, n), ErrCorrupt, err)
	}
	if at >= 0 && (read.Identity != log.Identity || read.ID != log.ID || read.Partitions < log.Partitions) {
		return Log{}, fmt.Errorf("%s: %w: it turns %+v into %+v", numbered(sourceDir, n), ErrCorrupt, log, read)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n > a.logAt {
		a.log, a.logAt = read, n
	}
	return read, nil
}

// PutFile stores a data file of so many rows and returns how entries name it.
// Names carry a nonce, so an object of that name is our own earlier attempt:
// it is compared with body, and another one is ErrTaken. PutFile doesn't
// retain body.
func (a *Archive) PutFile(ctx context.Context, name string, body []byte, rows int64) (File, error) {
	if len(body) == 0 || rows < 0 {
		return File{}, fmt.Errorf("%w: cannot store %s with %d bytes and %d rows", ErrInvalid, name, len(body), rows)
	}
	file := File{Name: name, Size: int64(len(body)), Rows: rows, SHA256: digest(body)}
	err := settle(ctx, a.store, name, body, func(stored []byte) (bool, error) {
		return bytes.Equal(stored, body), nil
	})
	if errors.Is(err, errOthers) {
		return File{}, fmt.Errorf("%w: %s", ErrTaken, name)
	}
	if err != nil {
		return File{}, err
	}
	return file, nil
}

// ReadFile reads a file whole and returns it only if it has the size and the
// checksum that its entry gives: else it is ErrCorrupt, or ErrMissing where
// there is none, naming the file. The bytes are the caller's.
func (a *Archive) ReadFile(ctx context.Context, file File) ([]byte, error) {
	if err := file.check(); err != nil {
		return nil, err
	}
	// One byte more than there should be: a file that grew is found out by the
	// same read, and a huge one isn't read to its end.
	body, err := a.store.Get(ctx, file.Name, 0, file.Size+1)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("%w: %s", ErrMissing, file.Name)
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", file.Name, err)
	case int64(len(body)) < file.Size:
		return nil, fmt.Errorf("%w: %s ends after %d of %d bytes", ErrCorrupt, file.Name, len(body), file.Size)
	case int64(len(body)) > file.Size:
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrCorrupt, file.Name, file.Size)
	case digest(body) != file.SHA256:
		return nil, fmt.Errorf("%w: %s has a wrong checksum", ErrCorrupt, file.Name)
	}
	return body, nil
}
