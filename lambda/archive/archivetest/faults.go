package archivetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

var (
	// ErrFault is what a call returns that was made to fail: to the caller it
	// is ambiguous, like a lost connection.
	ErrFault = errors.New("archivetest: injected fault")
	// ErrCrashed is what every call returns once the process is dead.
	ErrCrashed = errors.New("archivetest: the process has crashed")
)

// Outcome is what becomes of a call.
type Outcome int

// The outcomes. For reads, which have no effect, FailAfter and FailLate are
// like FailBefore, but a List first yields what there is.
const (
	// None lets the call be.
	None Outcome = iota
	// FailBefore fails without an effect.
	FailBefore
	// FailAfter takes effect and then fails.
	FailAfter
	// FailLate fails, and a put takes effect when [Faults.Land] is called, like
	// a request that is still on its way when its sender gives up.
	FailLate
	// CrashBefore kills the process before the call takes effect.
	CrashBefore
	// CrashAfter kills it after the call took effect, before it returns.
	CrashAfter
)

// Fault is what a hook chooses for a call. The zero Fault is none.
type Fault struct {
	Outcome Outcome
	// Gate, where it isn't nil, makes the call wait until it is closed or the
	// context ends, before anything else: that makes a zombie. A process that
	// crashed meanwhile is dead when its call wakes.
	Gate <-chan struct{}
}

// Hook chooses a fault for each call. Call counts from 0 in the order in which
// calls come in; op is "put", "get" or "list"; name is the object's, or the
// prefix. It may be called concurrently and may block, but not call the store.
type Hook func(call int, op, name string) Fault

// Faults is an [archive.Store] on another one, as one process sees it: give
// each process its own, all on the same store. It is safe for concurrent use.
type Faults struct {
	store archive.Store
	hook  Hook

	mu      sync.Mutex
	calls   int
	crashed bool
	late    []put
}

type put struct {
	name string
	body []byte
}

// NewFaults wraps store. A nil hook chooses no fault ever.
func NewFaults(store archive.Store, hook Hook) *Faults {
	return &Faults{store: store, hook: hook}
}

// Calls returns how many calls have come in.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// Crash kills the process between calls.
func (f *Faults) Crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.crashed = true
}

// Crashed says whether the process is dead.
func (f *Faults) Crashed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crashed
}

// Land lets the puts that failed late take effect, in their order, even where
// their process is dead. One that finds its name taken has none, as ever.
func (f *Faults) Land(ctx context.Context) error {
	f.mu.Lock()
	late := f.late
	f.late = nil
	f.mu.Unlock()
	for _, p := range late {
		if err := f.store.Put(ctx, p.name, p.body); err != nil && !errors.Is(err, archive.ErrExists) {
			return err
		}
	}
	return nil
}

// enter counts the call, waits at its gate, and returns what becomes of it; an
// error where it has no effect.
func (f *Faults) enter(ctx context.Context, op, name string) (Outcome, error) {
	f.mu.Lock()
	call := f.calls
	f.calls++
	f.mu.Unlock()
	if f.Crashed() {
		return 0, ErrCrashed
	}
	var fault Fault
	if f.hook != nil {
		fault = f.hook(call, op, name)
	}
	if fault.Gate != nil {
		select {
		case <-fault.Gate:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.crashed:
		return 0, ErrCrashed
	case fault.Outcome == FailBefore:
		return 0, fmt.Errorf("%w: %s %s, before (call %d)", ErrFault, op, name, call)
	case fault.Outcome == CrashBefore:
		f.crashed = true
		return 0, ErrCrashed
	}
	return fault.Outcome, nil
}

// leave turns what the store answered into what the caller sees.
func (f *Faults) leave(outcome Outcome, op, name string, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.crashed:
		return ErrCrashed
	case outcome == CrashAfter:
		f.crashed = true
		return ErrCrashed
	case outcome == FailAfter || outcome == FailLate:
		return fmt.Errorf("%w: %s %s, after", ErrFault, op, name)
	}
	return err
}

// Put implements [archive.Store].
func (f *Faults) Put(ctx context.Context, name string, body []byte) error {
	outcome, err := f.enter(ctx, "put", name)
	if err != nil {
		return err
	}
	if outcome == FailLate {
		f.mu.Lock()
		f.late = append(f.late, put{name, bytes.Clone(body)})
		f.mu.Unlock()
	} else {
		err = f.store.Put(ctx, name, body)
	}
	return f.leave(outcome, "put", name, err)
}

// Get implements [archive.Store].
func (f *Faults) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	outcome, err := f.enter(ctx, "get", name)
	if err != nil {
		return nil, err
	}
	body, err := f.store.Get(ctx, name, offset, length)
	if err := f.leave(outcome, "get", name, err); err != nil {
		return nil, err
	}
	return body, nil
}

// List implements [archive.Store]. It is one call, made when it is ranged over.
func (f *Faults) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		outcome, err := f.enter(ctx, "list", prefix)
		if err != nil {
			yield("", err)
			return
		}
		var failed error
		for name, err := range f.store.List(ctx, prefix, after) {
			if err != nil {
				failed = err
				break
			}
			if !yield(name, nil) {
				return
			}
		}
		if err := f.leave(outcome, "list", prefix, failed); err != nil {
			yield("", err)
		}
	}
}
