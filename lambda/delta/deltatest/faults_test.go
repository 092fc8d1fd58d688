package deltatest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

func memory() delta.Store { return delta.Memory() }

// on returns a hook that makes the fault at the n-th call of op.
func on(op string, n int, fault Fault) Hook {
	return func(_ int, o string) Fault {
		if o == op {
			n--
			if n == 0 {
				return fault
			}
		}
		return None
	}
}

func TestFaultsWithoutFaults(t *testing.T) {
	TestStore(t, func(*testing.T) delta.Store { return NewFaults(memory, nil) })
}

func TestFaultFails(t *testing.T) {
	for fault, through := range map[Fault]int64{FailBefore: 110, FailAfter: 120} {
		f := NewFaults(memory, on("flush", 2, fault))
		w := show(t, t.Context(), f, copyOf(1, "a"), 110)
		second := w.add(120)
		require.ErrorIs(t, f.Flush(t.Context(), w.copy, second), ErrInjected)
		requireExact(t, read(t, t.Context(), f, w.copy), w.copy, through)
		require.NoError(t, f.Flush(t.Context(), w.copy, second), "the retry mends either")
		requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 120)
	}
}

func TestFaultCrashes(t *testing.T) {
	for fault, through := range map[Fault]int64{CrashBefore: 110, CrashAfter: 120} {
		f := NewFaults(memory, on("flush", 2, fault))
		w := show(t, t.Context(), f, copyOf(1, "a"), 110)
		require.ErrorIs(t, f.Flush(t.Context(), w.copy, w.add(120)), ErrCrashed)
		_, err := f.Read(t.Context(), w.copy.View, w.copy.Partition)
		require.ErrorIs(t, err, ErrCrashed, "a crashed process stays crashed")
		requireExact(t, read(t, t.Context(), f.Beside(nil), w.copy), w.copy, through)
	}
}

func TestFaultLoses(t *testing.T) {
	f := NewFaults(memory, on("flush", 3, Lose))
	w := show(t, t.Context(), f, copyOf(1, "a"), 110)
	require.NoError(t, f.Flush(t.Context(), w.copy, w.add(120)))
	require.NoError(t, f.Flush(t.Context(), w.copy, w.add(130)), "a lost flush is acknowledged")
	requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 120)
	require.ErrorIs(t, f.Flush(t.Context(), w.copy, w.add(140)), delta.ErrLostFlush)
	requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 120)

	f = NewFaults(memory, on("swap", 2, Lose))
	show(t, t.Context(), f, copyOf(2, "a"), 110)
	show(t, t.Context(), f, copyOf(3, "b"), 120)
	requireExact(t, read(t, t.Context(), f, w.copy), copyOf(2, "a"), 110)
	require.NoError(t, f.Swap(t.Context(), copyOf(3, "b")), "another swap repairs it")
	requireExact(t, read(t, t.Context(), f, w.copy), copyOf(3, "b"), 120)
	require.ErrorIs(t, NewFaults(memory, on("swap", 1, Lose)).Swap(t.Context(), copyOf(1, "a")), delta.ErrLostFlush,
		"what would have been refused is refused, not lost")
}

func TestFaultForgets(t *testing.T) {
	f := NewFaults(memory, on("flush", 2, Forget))
	w := show(t, t.Context(), f, copyOf(5, "a"), 110)
	require.ErrorIs(t, f.Flush(t.Context(), w.copy, w.add(120)), delta.ErrLostFlush)
	require.Nil(t, read(t, t.Context(), f, w.copy))
	_, err := f.Raise(t.Context(), w.copy.View, w.copy.Partition, 1)
	require.NoError(t, err, "the term is forgotten too")
}

func TestFaultTears(t *testing.T) {
	torn := func(t *testing.T, s delta.Store) {
		o, err := s.Read(t.Context(), "view", 3)
		require.ErrorIs(t, err, delta.ErrTorn)
		require.Nil(t, o)
	}
	t.Run("header", func(t *testing.T) {
		f := NewFaults(memory, on("flush", 2, TearHeader))
		w := show(t, t.Context(), f, copyOf(1, "a"), 110)
		require.NoError(t, f.Flush(t.Context(), w.copy, w.add(120)))
		torn(t, f)
		require.ErrorIs(t, f.Flush(t.Context(), w.copy, w.draft(130, 1)), delta.ErrLostFlush)
		fresh := show(t, t.Context(), f, copyOf(1, "b"), 130)
		requireExact(t, read(t, t.Context(), f, w.copy), fresh.copy, 130)
		_, err := f.Raise(t.Context(), "view", 3, 2)
		require.NoError(t, err)
		require.ErrorIs(t, f.Flush(t.Context(), w.copy, w.draft(130, 1)), delta.ErrStaleTerm, "stale comes before lost")
	})
	t.Run("batch", func(t *testing.T) {
		f := NewFaults(memory, on("flush", 2, TearBatch))
		w := show(t, t.Context(), f, copyOf(1, "a"), 110)
		second := w.add(120)
		for range 2 {
			require.NoError(t, f.Flush(t.Context(), w.copy, second))
			torn(t, f)
		}
		require.NoError(t, f.Flush(t.Context(), w.copy, w.add(130)), "the header doesn't tell")
		torn(t, f)
		require.NoError(t, f.Flush(t.Context(), w.copy, w.next(140, 2)), "the lost states come again")
		requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 140)
	})
	t.Run("dropped", func(t *testing.T) {
		f := NewFaults(memory, on("flush", 1, TearBatch))
		w := show(t, t.Context(), f, copyOf(1, "a"), 110)
		torn(t, f)
		require.NoError(t, f.Drop(t.Context(), w.copy))
		require.Nil(t, read(t, t.Context(), f, w.copy))
	})
}

func TestFaultLate(t *testing.T) {
	f := NewFaults(memory, on("swap", 1, Late))
	a := newWriter(copyOf(1, "a"))
	require.NoError(t, f.Flush(t.Context(), a.copy, a.add(110)))
	require.ErrorIs(t, f.Swap(t.Context(), a.copy), ErrInjected)
	b := show(t, t.Context(), f, copyOf(1, "b"), 120)
	requireExact(t, read(t, t.Context(), f, a.copy), b.copy, 120)
	f.Release()
	requireExact(t, read(t, t.Context(), f, a.copy), a.copy, 110)
	require.NoError(t, f.Swap(t.Context(), b.copy), "swapping again repairs what a delayed swap turned back")
	requireExact(t, read(t, t.Context(), f, a.copy), b.copy, 120)
}

func TestFaultGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFaults(memory, on("flush", 2, Gate))
		w := show(t, t.Context(), f, copyOf(1, "a"), 110)
		flushed := make(chan error, 1)
		second := w.add(120)
		go func() { flushed <- f.Flush(t.Context(), w.copy, second) }()
		require.NoError(t, f.AwaitHeld(t.Context(), 1))
		requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 110)
		f.Release()
		require.NoError(t, <-flushed)
		requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 120)

		ctx, cancel := context.WithCancel(t.Context())
		g := f.Beside(on("drop", 1, Gate))
		go func() { flushed <- g.Drop(ctx, w.copy) }()
		require.NoError(t, f.AwaitHeld(t.Context(), 1))
		cancel()
		require.ErrorIs(t, <-flushed, context.Canceled)
		requireExact(t, read(t, t.Context(), f, w.copy), w.copy, 120)
		require.ErrorIs(t, f.AwaitHeld(ctx, 1), context.Canceled)
	})
}

// TestOwnerThroughFaults runs an owner that keeps to the package's protocol
// through every kind of fault, with restarts. Whatever is read in between is
// whole, and once the faults end, a few flushes suffice to show everything.
func TestOwnerThroughFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		faults := rapid.SampledFrom([]Fault{None, None, None, None, FailBefore, FailAfter, Late, Lose, Forget,
			TearHeader, TearBatch, CrashBefore, CrashAfter})
		quiet := false
		hook := func(call int, op string) Fault {
			if quiet {
				return None
			}
			return faults.Draw(t, fmt.Sprintf("fault of call %d, %s", call, op))
		}
		ctx := t.Context()
		f := NewFaults(memory, hook)
		outside := f.Beside(nil)
		o := &owner{store: f, term: 1}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			o.step(ctx, rapid.Int64Range(0, 9).Draw(t, "events"))
			if rapid.IntRange(0, 9).Draw(t, "release") == 0 {
				f.Release()
			}
			if _, err := o.store.Read(ctx, "view", 3); err == ErrCrashed {
				o = &owner{store: f.Beside(hook), term: o.term + 1}
			}
			if open, err := outside.Read(ctx, "view", 3); err != nil {
				require.ErrorIs(t, err, delta.ErrTorn)
			} else if open != nil {
				requireWhole(t, open)
			}
		}
		quiet = true
		f.Release()
		if _, err := o.store.Read(ctx, "view", 3); err == ErrCrashed {
			o = &owner{store: f.Beside(nil), term: o.term + 1}
		}
		o.fresh() // as at the roll of a segment: a torn batch needn't show to the owner before
		for range 5 {
			o.step(ctx, 100)
		}
		requireExact(t, read(t, ctx, outside, o.writer.copy), o.writer.copy, o.through)
	})
}

// owner keeps to the protocol of package delta.
type owner struct {
	store   delta.Store
	term    int64
	through int64 // of the delta in memory, from offset 100 on
	copies  int
	raised  bool
	floor   int64 // what was shown before: no swap below it
	writer  *writer
	pending *delta.Flush // sent again until it is answered
}

func (o *owner) fresh() { o.raised, o.writer, o.pending = false, nil, nil }

// step folds some events and makes one attempt to show them.
func (o *owner) step(ctx context.Context, events int64) {
	o.through = max(o.through, 100) + events
	if !o.raised {
		shown, err := o.store.Raise(ctx, "view", 3, o.term)
		if err != nil {
			return
		}
		o.raised, o.floor = true, 0
		if shown != nil {
			o.floor = shown.Through
		}
		o.copies++
		o.writer = newWriter(copyOf(o.term, fmt.Sprint(o.copies)))
	}
	if o.pending == nil {
		f := o.writer.next(o.through, binaryCounter(o.writer.number()+1))
		o.pending = &f
	}
	if err := o.store.Flush(ctx, o.writer.copy, *o.pending); err != nil {
		o.give(err)
		return
	}
	o.pending = nil
	if o.writer.through() >= o.floor {
		o.give(o.store.Swap(ctx, o.writer.copy))
	}
}

// give starts again when something was lost; other errors are for a retry.
func (o *owner) give(err error) {
	if err != nil && !isAmbiguous(err) {
		o.fresh()
	}
}

func isAmbiguous(err error) bool { return err == ErrInjected || err == ErrCrashed }
