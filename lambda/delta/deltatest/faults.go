package deltatest

import (
	"context"
	"sync"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Fault is what goes wrong with one call.
type Fault int

const (
	None Fault = iota

	FailBefore // the call fails with ErrInjected and has no effect
	FailAfter  // the call fails with ErrInjected and has its effect
	Late       // the call fails with ErrInjected, and has its effect at Release: a delayed request

	Gate // the call waits for Release, or for the end of its context, which leaves it without effect

	Lose   // the call is answered as if it had its effect, which is lost: a fail-over
	Forget // the store forgets everything, then serves the call: FLUSHALL

	// TearHeader loses the header's part of an acknowledged flush: the copy
	// reads as delta.ErrTorn, and its owner's next flush is delta.ErrLostFlush.
	// With calls other than Flush it is None.
	TearHeader
	// TearBatch loses states of an acknowledged flush: the copy reads as
	// delta.ErrTorn, yet takes flushes, until one stands for the torn one too.
	// With calls other than Flush it is None.
	TearBatch

	CrashBefore // this call, without effect, and all later ones of this Faults fail with ErrCrashed
	CrashAfter  // the same, with the effect
)

// Hook decides about one call. Calls are numbered from 1 in the order in which
// they arrive at one [Faults]; op is "raise", "flush", "swap", "read" or "drop".
// Hooks run one at a time and must not call the Faults that called them.
type Hook func(call int, op string) Fault

// Faults is one process's way to a store, and fails when its hook says so. It
// knows no clock and no chance: the same calls in the same order meet the same
// faults. It is safe for concurrent use and runs the store's calls one at a time.
type Faults struct {
	server *server
	hook   Hook

	mu      sync.Mutex
	calls   int
	crashed bool
}

var _ delta.Store = (*Faults)(nil)

// NewFaults makes the first process of a store. fresh makes an empty store, once
// now and again whenever something is to be lost; [delta.Memory] is meant. A nil
// hook lets every call pass.
func NewFaults(fresh func() delta.Store, hook Hook) *Faults {
	return &Faults{server: newServer(fresh), hook: hook}
}

// Beside makes another process of the same store: a reader, another owner, or
// the same one after a crash.
func (f *Faults) Beside(hook Hook) *Faults {
	return &Faults{server: f.server, hook: hook}
}

// Release lets the calls go on that are held by Gate in any process of the
// store, and lets Late calls have their effect, in their order.
func (f *Faults) Release() { f.server.release() }

// AwaitHeld blocks until n calls are held by Gate, in all processes of the store
// together, or until ctx ends, whose error it returns.
func (f *Faults) AwaitHeld(ctx context.Context, n int) error { return f.server.awaitHeld(ctx, n) }

// next counts the call and asks the hook.
func (f *Faults) next(op string) (Fault, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crashed {
		return None, ErrCrashed
	}
	f.calls++
	fault := None
	if f.hook != nil {
		fault = f.hook(f.calls, op)
	}
	f.crashed = fault == CrashBefore || fault == CrashAfter
	return fault, nil
}

func (f *Faults) isCrashed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crashed
}

// do runs one call. act may be run again, on another store that is to be like
// this one, so it answers through its result only.
func do[T any](ctx context.Context, f *Faults, op string, act func(context.Context, *tearable, Fault) (T, error)) (T, error) {
	var nothing T
	fault, err := f.next(op)
	if err != nil {
		return nothing, err
	}
	effect := func(s *tearable) { _, _ = act(context.WithoutCancel(ctx), s, fault) }
	switch fault {
	case FailBefore:
		return nothing, ErrInjected
	case CrashBefore:
		return nothing, ErrCrashed
	case Late:
		f.server.delay(effect)
		return nothing, ErrInjected
	case Gate:
		if err := f.server.hold(ctx); err != nil {
			return nothing, err
		}
		if f.isCrashed() {
			return nothing, ErrCrashed
		}
	case Forget:
		f.server.forget()
	}

	var answer T
	if op == "read" || fault == Lose {
		effect = nil
	}
	f.server.run(effect, fault == Lose, func(s *tearable) { answer, err = act(ctx, s, fault) })
	switch fault {
	case FailAfter:
		return nothing, ErrInjected
	case CrashAfter:
		return nothing, ErrCrashed
	}
	return answer, err
}

// Raise implements [delta.Store].
func (f *Faults) Raise(ctx context.Context, view string, partition int, term int64) (*delta.Shown, error) {
	return do(ctx, f, "raise", func(ctx context.Context, s *tearable, _ Fault) (*delta.Shown, error) {
		return s.Raise(ctx, view, partition, term)
	})
}

// Flush implements [delta.Store].
func (f *Faults) Flush(ctx context.Context, c delta.Copy, flush delta.Flush) error {
	_, err := do(ctx, f, "flush", func(ctx context.Context, s *tearable, fault Fault) (struct{}, error) {
		return struct{}{}, s.flush(ctx, c, flush, fault)
	})
	return err
}

// Swap implements [delta.Store].
func (f *Faults) Swap(ctx context.Context, c delta.Copy) error {
	_, err := do(ctx, f, "swap", func(ctx context.Context, s *tearable, _ Fault) (struct{}, error) {
		return struct{}{}, s.Swap(ctx, c)
	})
	return err
}

// Read implements [delta.Store].
func (f *Faults) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	return do(ctx, f, "read", func(ctx context.Context, s *tearable, _ Fault) (*delta.Open, error) {
		return s.Read(ctx, view, partition)
	})
}

// Drop implements [delta.Store].
func (f *Faults) Drop(ctx context.Context, c delta.Copy) error {
	_, err := do(ctx, f, "drop", func(ctx context.Context, s *tearable, _ Fault) (struct{}, error) {
		return struct{}{}, s.Drop(ctx, c)
	})
	return err
}
