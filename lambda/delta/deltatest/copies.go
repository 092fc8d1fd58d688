package deltatest

import (
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// The checks of this file are about several copies, and several callers at once.

func checkFresh(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(2, "a"), copyOf(2, "b")
	show(t, ctx, s, old, 110)
	show(t, ctx, s, c, 120)
	requireExact(t, read(t, ctx, s, c), c, 120)

	next := delta.Copy{View: c.View, Partition: c.Partition, From: 120, Term: 2, Nonce: "c"}
	show(t, ctx, s, next, 140)
	requireExact(t, read(t, ctx, s, next), next, 140)
	require.NoError(t, s.Swap(ctx, c), "within a term the last swap stands")
	requireExact(t, read(t, ctx, s, c), c, 120)
}

// checkApart flushes to copies whose names differ in one thing only, some of them
// alike once they are joined with separators.
func checkApart(t require.TestingT, ctx context.Context, s delta.Store) {
	copies := []delta.Copy{
		{View: "v", Partition: 1, From: 10, Term: 1, Nonce: "n"},
		{View: "v", Partition: 1, From: 11, Term: 1, Nonce: "n"},
		{View: "v", Partition: 1, From: 10, Term: 2, Nonce: "n"},
		{View: "v", Partition: 1, From: 10, Term: 1, Nonce: "m"},
		{View: "v", Partition: 11, From: 10, Term: 1, Nonce: "n"},
		{View: "w", Partition: 1, From: 10, Term: 1, Nonce: "n"},
		{View: "v/1", Partition: 1, From: 10, Term: 1, Nonce: "n"},
		{View: "v", Partition: 1, From: 101, Term: 1, Nonce: "n"},
		{View: "v", Partition: 1, From: 10, Term: 11, Nonce: "n"},
		{View: "v", Partition: 1, From: 10, Term: 1, Nonce: "1.n"},
	}
	writers := make([]*writer, len(copies))
	for i, c := range copies {
		writers[i] = newWriter(c)
	}
	for round := range 3 {
		for i, w := range writers {
			f := w.add(200 + int64(100*round+7*i))
			require.NoError(t, s.Flush(ctx, w.copy, f), "copy %+v", w.copy)
		}
	}
	for _, term := range []int64{1, 2, 11} { // a swap shuts the older terms out
		for i, c := range copies {
			if c.Term == term {
				require.NoError(t, s.Swap(ctx, c), "copy %+v", c)
				requireExact(t, read(t, ctx, s, c), c, writers[i].through())
			}
		}
	}
	for _, i := range []int{4, 5, 6, 8} { // the last that was shown at each place
		requireExact(t, read(t, ctx, s, copies[i]), copies[i], writers[i].through())
	}
}

func checkSnapshot(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	w := show(t, ctx, s, c, 103)
	type snapshot struct {
		open    *delta.Open
		through int64
	}
	var kept []snapshot
	for range 16 {
		kept = append(kept, snapshot{read(t, ctx, s, c), w.through()})
		require.NoError(t, s.Flush(ctx, c, w.next(w.through()+4, binaryCounter(w.number()+1))))
	}
	require.NoError(t, s.Drop(ctx, c))
	for _, k := range kept {
		requireExact(t, k.open, c, k.through)
	}
}

// collector takes a check's failure, so that a check may run in a goroutine of
// its own, where a test may not be ended.
type collector struct{ failure string }

func (c *collector) Errorf(format string, args ...any) { c.failure = fmt.Sprintf(format, args...) }
func (c *collector) FailNow()                          { panic(c) }

// failure runs a check and returns why it failed; "" when it didn't.
func failure(check func(t require.TestingT)) string {
	c := &collector{}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(c) {
				panic(r)
			}
		}()
		check(c)
	}()
	return c.failure
}

// together runs the checks at once and reports the first that failed.
func together(t require.TestingT, checks ...func(t require.TestingT)) {
	failures := make([]string, len(checks))
	var wait sync.WaitGroup
	for i, check := range checks {
		wait.Go(func() { failures[i] = failure(check) })
	}
	wait.Wait()
	for _, why := range failures {
		require.Empty(t, why)
	}
}

const rounds = 200

// reader returns a function that reads until done, and checks that every copy is
// whole and that answers never go back.
func reader(ctx context.Context, s delta.Store, c delta.Copy, done <-chan struct{}) func(require.TestingT) {
	return func(t require.TestingT) {
		seen := int64(0)
		for last := false; !last; {
			select {
			case <-done:
				last = true // one more, after everything
			default:
			}
			o := read(t, ctx, s, c)
			requireWhole(t, o)
			require.GreaterOrEqual(t, o.High, seen, "an answer went back")
			seen = o.Low
		}
	}
}

func checkReaders(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "c0")
	w := show(t, ctx, s, c, 101)
	done := make(chan struct{})
	owner := func(t require.TestingT) {
		defer close(done)
		for i := range rounds {
			require.NoError(t, s.Flush(ctx, w.copy, w.next(w.through()+1, binaryCounter(w.number()+1))))
			if i%20 == 19 { // a fresh copy takes over
				old := w.copy
				w = show(t, ctx, s, copyOf(1, fmt.Sprintf("c%d", i)), w.through())
				require.NoError(t, s.Drop(ctx, old))
			}
		}
	}
	together(t, owner, reader(ctx, s, c, done), reader(ctx, s, c, done))
	requireExact(t, read(t, ctx, s, c), w.copy, 101+rounds)
}

// checkRace lets a zombie flush and swap on while a newer owner takes over.
func checkRace(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(1, "a"), copyOf(2, "b")
	zombie := show(t, ctx, s, old, 101)
	done := make(chan struct{})
	swapped := make(chan struct{})
	newer := func(t require.TestingT) {
		defer close(done)
		defer close(swapped)
		shown, err := s.Raise(ctx, c.View, c.Partition, c.Term)
		require.NoError(t, err)
		require.NotNil(t, shown, "the zombie's copy is shown")
		frozen := read(t, ctx, s, c)
		requireWhole(t, frozen)
		require.LessOrEqual(t, frozen.High, shown.Through, "after Raise, the old copy shows more than Raise said")
		show(t, ctx, s, c, shown.Through)
	}
	older := func(t require.TestingT) {
		for {
			stop := false
			select {
			case <-swapped:
				stop = true
			default:
			}
			err := s.Flush(ctx, old, zombie.draft(zombie.through()+1, zombie.number()+1))
			if err == nil {
				require.False(t, stop, "the zombie's flush was taken after the newer owner's swap")
				zombie.throughs = append(zombie.throughs, zombie.through()+1)
			} else {
				require.ErrorIs(t, err, delta.ErrStaleTerm)
			}
			if err := s.Swap(ctx, old); err != nil {
				require.ErrorIs(t, err, delta.ErrStaleTerm)
			} else {
				require.False(t, stop, "the zombie's swap was taken after the newer owner's")
			}
			if stop {
				return
			}
		}
	}
	together(t, newer, older, reader(ctx, s, c, done))
	o := read(t, ctx, s, c)
	requireExact(t, o, c, o.High)
}
