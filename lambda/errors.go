package lambda

import (
	"errors"
	"fmt"
)

// Errors that callers branch on. Each is wrapped with what was wrong, where, and
// what to do.
var (
	// ErrView says that a view can't be registered as it's declared.
	ErrView = errors.New("lambda: view can't be registered")
	// ErrDefinition says that the archive knows another definition of the view
	// under the same version, and in what they differ. Raise View.Version, or
	// restore the definition.
	ErrDefinition = errors.New("lambda: the view's definition has changed under the same version")
	// ErrVersion says that the archive's live version of the view is newer than
	// this program's: it's to be replaced by the newer one.
	ErrVersion = errors.New("lambda: the view's live version is newer")
	// ErrIncomplete says that a part of the log is missing from an answer, and
	// which: a partition that nobody has claimed yet, a gap, a lost file.
	// Range.AllowIncomplete gives the answer all the same, marked.
	ErrIncomplete = errors.New("lambda: the answer would be incomplete")
	// ErrRange says that a query's range or step can't be answered.
	ErrRange = errors.New("lambda: range can't be answered")
	// ErrStopped says that a view's own code panicked. The view stays stopped in
	// this process; the log goes on into the archive.
	ErrStopped = errors.New("lambda: the view has stopped")
	// ErrConfig says that a Config lacks what is needed or contradicts itself.
	ErrConfig = errors.New("lambda: configuration")
)

// stoppedError is where a view's own code panicked.
type stoppedError struct {
	view      string
	partition int   // or noPartition
	offset    int64 // -1 where it isn't known
	cause     any
}

func (e *stoppedError) Error() string {
	where := "view " + e.view
	if e.partition != noPartition {
		where += fmt.Sprintf(", partition %d", e.partition)
	}
	if e.offset >= 0 {
		where += fmt.Sprintf(" offset %d", e.offset)
	}
	return fmt.Sprintf("%v: %s: %v", ErrStopped, where, e.cause)
}

// noPartition is the partition of work that isn't one's alone.
const noPartition = -1

// guard runs a view's work that isn't about one event: merging, encoding, results.
// A panic of the view's own code there is a stoppedError.
func (d *definition[E]) guard(partition int, work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &stoppedError{view: d.name, partition: partition, offset: -1, cause: cause}
		}
	}()
	return work()
}

func (e *stoppedError) Unwrap() error { return ErrStopped }
