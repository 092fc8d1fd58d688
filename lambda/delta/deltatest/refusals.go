package deltatest

import (
	"context"
	"math"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// The checks of this file are about what a store must refuse, and that a refusal
// changes nothing.

func checkLost(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	unbegun := newWriter(c)
	unbegun.add(105)
	require.ErrorIs(t, s.Flush(ctx, c, unbegun.draft(110, 2)), delta.ErrLostFlush, "flush 2 of a copy whose first was lost")
	require.ErrorIs(t, s.Flush(ctx, c, unbegun.draft(110, 1)), delta.ErrLostFlush, "not even when it stands for the first")

	w := show(t, ctx, s, c, 110)
	require.NoError(t, s.Flush(ctx, c, w.add(120)))
	require.NoError(t, s.Flush(ctx, c, w.add(130)))
	ahead := *w
	ahead.add(140)
	for why, f := range map[string]delta.Flush{
		"flush 4 was lost":                  ahead.draft(150, 5),
		"flush 4 was lost, and 5 folds":     ahead.draft(150, 4),
		"an old flush that comes late":      withNumber(w.draft(130, 4), 2),
		"the first flush, late":             withNumber(w.draft(140, 4), 1),
		"the last flush with another range": withNumber(w.draft(140, 4), 3),
	} {
		require.ErrorIs(t, s.Flush(ctx, c, f), delta.ErrLostFlush, why)
		requireExact(t, read(t, ctx, s, c), c, 130)
	}
	require.NoError(t, s.Flush(ctx, c, w.add(140)), "a refusal leaves the copy usable")
	requireExact(t, read(t, ctx, s, c), c, 140)
}

// withNumber gives f another number; it replaces nothing.
func withNumber(f delta.Flush, number int64) delta.Flush {
	f.Number, f.Replaces = number, number
	return f
}

func checkInvalid(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	w := show(t, ctx, s, c, 110)
	for _, through := range []int64{120, 130, 140} {
		require.NoError(t, s.Flush(ctx, c, w.next(through, binaryCounter(w.number()+1))))
	}
	require.ErrorIs(t, s.Flush(ctx, c, w.draft(150, 3)), delta.ErrInvalidFlush, "it replaces from amid the newest batch, [1, 4]")
	require.NoError(t, s.Flush(ctx, c, w.add(150)), "the batches are now [1, 4] and [5, 5]")
	for why, f := range map[string]delta.Flush{
		"numbers begin at 1":                 withNumber(w.draft(160, 6), 0),
		"it replaces from before the first":  {Number: 6, Replaces: 0, Through: 160},
		"it replaces from after itself":      {Number: 6, Replaces: 7, Through: 160},
		"it replaces from amid an old batch": w.draft(160, 3),
		"through falls":                      {Number: 6, Replaces: 6, Through: 149},
		"through is before the start":        {Number: 6, Replaces: 6, Through: 99},
	} {
		require.ErrorIs(t, s.Flush(ctx, c, f), delta.ErrInvalidFlush, why)
		requireExact(t, read(t, ctx, s, c), c, 150)
	}
	require.NoError(t, s.Flush(ctx, c, w.next(160, 5)))
	requireExact(t, read(t, ctx, s, c), c, 160)
}

func checkRaise(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(4, "a"), copyOf(7, "b")
	w := show(t, ctx, s, old, 110)
	last := w.add(120)
	require.NoError(t, s.Flush(ctx, old, last))

	for range 2 {
		shown, err := s.Raise(ctx, c.View, c.Partition, c.Term)
		require.NoError(t, err)
		require.Equal(t, &delta.Shown{Copy: old, Through: 120}, shown, "Raise tells what the old owner's copy shows")
		require.ErrorIs(t, s.Flush(ctx, old, w.draft(130, 3)), delta.ErrStaleTerm, "the old owner flushes on")
		require.ErrorIs(t, s.Flush(ctx, old, last), delta.ErrStaleTerm, "the old owner retries")
		require.ErrorIs(t, s.Swap(ctx, old), delta.ErrStaleTerm, "the old owner swaps")
		requireExact(t, read(t, ctx, s, old), old, 120)
	}
	_, err := s.Raise(ctx, c.View, c.Partition, 5)
	require.ErrorIs(t, err, delta.ErrStaleTerm, "a term in between comes too late")

	show(t, ctx, s, c, 125)
	requireExact(t, read(t, ctx, s, c), c, 125)
	require.ErrorIs(t, s.Swap(ctx, old), delta.ErrStaleTerm, "the old owner's late swap")
	require.NoError(t, s.Drop(ctx, old))
	requireExact(t, read(t, ctx, s, c), c, 125)

	_, err = s.Raise(ctx, c.View, c.Partition, math.MaxInt64)
	require.NoError(t, err, "a term may be any int64")
	require.ErrorIs(t, s.Swap(ctx, c), delta.ErrStaleTerm, "after the largest term all are stale")
}

func checkSwapRaises(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(4, "a"), copyOf(7, "b")
	show(t, ctx, s, old, 110)
	show(t, ctx, s, c, 120)
	require.ErrorIs(t, s.Swap(ctx, old), delta.ErrStaleTerm, "a swap of a newer term came before")
	_, err := s.Raise(ctx, c.View, c.Partition, 6)
	require.ErrorIs(t, err, delta.ErrStaleTerm, "a swap of a newer term came before")
	requireExact(t, read(t, ctx, s, c), c, 120)
}

func checkSwapNeedsCopy(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(1, "a"), copyOf(1, "b")
	show(t, ctx, s, old, 110)
	require.ErrorIs(t, s.Swap(ctx, c), delta.ErrLostFlush, "a copy without a flush can't be shown")
	requireExact(t, read(t, ctx, s, old), old, 110)
	show(t, ctx, s, c, 120)
	require.NoError(t, s.Drop(ctx, old))
	require.ErrorIs(t, s.Swap(ctx, old), delta.ErrLostFlush, "a dropped copy can't be shown")
	requireExact(t, read(t, ctx, s, c), c, 120)
}

func checkDrop(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(5, "a"), copyOf(5, "b")
	w := show(t, ctx, s, old, 110)
	show(t, ctx, s, c, 120)
	for range 2 {
		require.NoError(t, s.Drop(ctx, old))
		requireExact(t, read(t, ctx, s, c), c, 120)
	}
	require.ErrorIs(t, s.Flush(ctx, old, w.draft(130, 2)), delta.ErrLostFlush, "a dropped copy can't go on")

	for range 2 {
		require.NoError(t, s.Drop(ctx, c), "the record's copy can be dropped")
		require.Nil(t, read(t, ctx, s, c), "the record names no copy once that is dropped")
	}
	_, err := s.Raise(ctx, c.View, c.Partition, 4)
	require.ErrorIs(t, err, delta.ErrStaleTerm, "a record without a copy keeps its term")
	shown, err := s.Raise(ctx, c.View, c.Partition, 6)
	require.NoError(t, err)
	require.Nil(t, shown, "a record without a copy shows none")
	next := delta.Copy{View: c.View, Partition: c.Partition, From: 120, Term: 6, Nonce: "c"}
	show(t, ctx, s, next, 130)
	requireExact(t, read(t, ctx, s, next), next, 130)
}

func checkContext(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	w := show(t, ctx, s, c, 110)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.Raise(ended, c.View, c.Partition, 1)
	require.ErrorIs(t, err, context.Canceled, "Raise")
	require.ErrorIs(t, s.Flush(ended, c, w.draft(120, 2)), context.Canceled, "Flush")
	require.ErrorIs(t, s.Swap(ended, c), context.Canceled, "Swap")
	require.ErrorIs(t, s.Drop(ended, c), context.Canceled, "Drop")
	_, err = s.Read(ended, c.View, c.Partition)
	require.ErrorIs(t, err, context.Canceled, "Read")
	requireWhole(t, read(t, ctx, s, c))
}
