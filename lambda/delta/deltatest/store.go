package deltatest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// TestStore checks that a store keeps the contract of [delta.Store]. newStore
// makes a store that is empty, and cleans up after itself by t.Cleanup. The
// suite asks for exact answers only while no flush is under way; beside flushes
// it asks that each key lies in [Low, High].
func TestStore(t *testing.T, newStore func(t *testing.T) delta.Store) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(t, t.Context(), newStore(t)) })
	}
}

// checks are the suite. They take less than a testing.T, so that the suite's own
// test can see them fail.
var checks = []struct {
	name string
	run  func(t require.TestingT, ctx context.Context, s delta.Store)
}{
	{"an empty store has nothing", checkEmpty},
	{"flushes add up", checkAddUp},
	{"a copy is seen once it is swapped in", checkUnseen},
	{"folding keeps the sum", checkFold},
	{"a flush without states moves through", checkNoStates},
	{"a retried call has no second effect", checkRetry},
	{"a lost flush is noticed", checkLost},
	{"an invalid flush is refused", checkInvalid},
	{"a raised term shuts the older owner out", checkRaise},
	{"a swap raises the term", checkSwapRaises},
	{"an owner can start a fresh copy", checkFresh},
	{"a swap needs a copy", checkSwapNeedsCopy},
	{"a dropped copy is gone", checkDrop},
	{"copies are apart", checkApart},
	{"what was read doesn't change", checkSnapshot},
	{"a call whose context has ended fails", checkContext},
	{"readers beside an owner see whole copies", checkReaders},
	{"of two racing owners the newer one wins", checkRace},
}

// copyOf is the first owner's copy in most checks.
func copyOf(term int64, nonce string) delta.Copy {
	return delta.Copy{View: "view", Partition: 3, From: 100, Term: term, Nonce: nonce}
}

// show flushes and swaps in a copy that reaches through.
func show(t require.TestingT, ctx context.Context, s delta.Store, c delta.Copy, through int64) *writer {
	w := newWriter(c)
	require.NoError(t, s.Flush(ctx, c, w.add(through)), "the first flush begins the copy")
	require.NoError(t, s.Swap(ctx, c), "a copy that was flushed can be swapped in")
	return w
}

func read(t require.TestingT, ctx context.Context, s delta.Store, c delta.Copy) *delta.Open {
	o, err := s.Read(ctx, c.View, c.Partition)
	require.NoError(t, err, "Read fails")
	return o
}

func checkEmpty(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	require.Nil(t, read(t, ctx, s, c), "Read returns a copy that nobody made")
	require.NoError(t, s.Drop(ctx, c), "dropping what isn't there is no error")
	shown, err := s.Raise(ctx, c.View, c.Partition, 1)
	require.NoError(t, err, "the first term can be raised")
	require.Nil(t, shown, "Raise returns a copy that nobody made")
	require.Nil(t, read(t, ctx, s, c), "a raised record has no copy yet")
}

func checkAddUp(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	w := show(t, ctx, s, c, 110)
	requireExact(t, read(t, ctx, s, c), c, 110)
	for through := int64(111); through < 180; through += 7 {
		require.NoError(t, s.Flush(ctx, c, w.add(through)))
		requireExact(t, read(t, ctx, s, c), c, through)
	}
}

func checkUnseen(t require.TestingT, ctx context.Context, s delta.Store) {
	old, c := copyOf(1, "a"), copyOf(1, "b")
	w := newWriter(c)
	require.NoError(t, s.Flush(ctx, c, w.add(105)))
	require.Nil(t, read(t, ctx, s, c), "a copy that was never swapped in isn't seen")
	show(t, ctx, s, old, 120)
	require.NoError(t, s.Flush(ctx, c, w.add(130)))
	requireExact(t, read(t, ctx, s, c), old, 120)
	require.NoError(t, s.Swap(ctx, c))
	requireExact(t, read(t, ctx, s, c), c, 130)
}

func checkFold(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	w := show(t, ctx, s, c, 103)
	for range 40 {
		f := w.next(w.through()+3, binaryCounter(w.number()+1))
		require.NoError(t, s.Flush(ctx, c, f), "flush %d that replaces from %d", f.Number, f.Replaces)
		requireExact(t, read(t, ctx, s, c), c, f.Through)
	}
	require.NoError(t, s.Flush(ctx, c, w.next(400, 1)), "a flush may stand for all before it")
	requireExact(t, read(t, ctx, s, c), c, 400)
	require.NoError(t, s.Flush(ctx, c, w.add(401)))
	requireExact(t, read(t, ctx, s, c), c, 401)
}

func checkNoStates(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	first := delta.Flush{Number: 1, Replaces: 1, Through: c.From}
	require.NoError(t, s.Flush(ctx, c, first), "an empty flush begins a copy")
	require.NoError(t, s.Swap(ctx, c))
	second := first
	second.Number, second.Replaces, second.Through, second.Rows = 2, 2, 150, 50
	require.NoError(t, s.Flush(ctx, c, second), "a view that filters everything out still moves")
	o := read(t, ctx, s, c)
	require.NotNil(t, o, "a copy without states is a copy")
	require.Equal(t, int64(150), o.Low, "Low is through")
	require.Equal(t, int64(150), o.High, "High is through")
	require.Equal(t, int64(50), o.Rows, "rows that no group holds count too")
	require.Nil(t, o.Watermark, "no watermark was flushed")
	require.Empty(t, contents(t, o.Batches), "no states were flushed")
}

func checkRetry(t require.TestingT, ctx context.Context, s delta.Store) {
	c := copyOf(1, "a")
	w := newWriter(c)
	f := w.add(110)
	for range 2 {
		require.NoError(t, s.Flush(ctx, c, f), "the first flush is accepted again")
	}
	for range 2 {
		require.NoError(t, s.Swap(ctx, c), "a swap is accepted again")
		requireExact(t, read(t, ctx, s, c), c, 110)
	}
	for _, replaces := range []int64{2, 3, 1} {
		f = w.next(w.through()+5, replaces)
		for range 2 {
			require.NoError(t, s.Flush(ctx, c, f), "flush %d is accepted again", f.Number)
			requireExact(t, read(t, ctx, s, c), c, f.Through)
		}
	}
	for range 2 {
		_, err := s.Raise(ctx, c.View, c.Partition, 1)
		require.NoError(t, err, "a term is raised again")
	}
}
