package redisdelta_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

const (
	view      = "a view {with} braces:1"
	partition = 3
)

// owner does what an owner of the partition does, as package delta says.
type owner struct {
	term     int64
	copy     delta.Copy
	starts   []int64 // where the batches start that stand
	through  int64
	number   int64
	inflight *delta.Flush
	unused   []delta.Copy
}

// world is a server with the memory store beside it, which is told of each script
// at the moment at which the server has run it.
type world struct {
	t         *rapid.T
	server    *miniredis.Miniredis
	wire      *wire
	store     *redisdelta.Store
	reference *delta.MemoryStore
	journal   []func(*delta.MemoryStore)
	effect    func(answer any) // of the call under way
	wrong     error            // what an effect found
	faulty    bool
	faults    []fault     // of the requests to come
	lossy     bool        // chunks may be missing
	kept      *delta.Open // what the reader still has of an earlier read
	owners    [2]owner
	terms     int64
	copies    int
	contents  byte

	old        map[string]any // an older state, to fail over to
	oldJournal int
}

// kind is the error of the contract that err is; nil where it's none, or another.
func kind(err error) error {
	for _, kind := range []error{delta.ErrStaleTerm, delta.ErrLostFlush, delta.ErrInvalidFlush, delta.ErrTorn} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

// on notes what the call under way does to the reference when the script has run,
// and compares the answers.
func (w *world) on(act func(m *delta.MemoryStore) error) {
	w.effect = func(answer any) {
		status := answer
		if list, ok := answer.([]any); ok {
			status = list[0]
		}
		if status == "changed" {
			return
		}
		w.journal = append(w.journal, func(m *delta.MemoryStore) { _ = act(m) })
		want := map[any]error{"stale": delta.ErrStaleTerm, "lost": delta.ErrLostFlush}[status]
		if err := act(w.reference); !errors.Is(err, want) {
			w.wrong = fmt.Errorf("the script answers %v, and the memory store %w", answer, err)
		}
	}
	w.draw()
}

// draw draws what will go wrong with the next requests.
func (w *world) draw() {
	if w.faulty {
		any := rapid.SampledFrom([]fault{pass, pass, pass, pass, pass, pass, lostRequest, lostAnswer, half, late})
		w.faults = rapid.OneOf(rapid.SliceOfN(any, 0, 8), rapid.Just([]fault{pass, pass, late})).Draw(w.t, "faults") // the third of a flush is its commit
	}
}

func (w *world) next() fault {
	if len(w.faults) == 0 {
		return pass
	}
	f := w.faults[0]
	w.faults = w.faults[1:]
	return f
}

func (w *world) raise(o *owner) {
	var want *delta.Shown
	term := o.term
	w.on(func(m *delta.MemoryStore) (err error) {
		want, err = m.Raise(context.Background(), view, partition, term)
		return err
	})
	shown, err := w.store.Raise(w.t.Context(), view, partition, term)
	switch {
	case err == nil:
		require.Equal(w.t, want, shown)
	case errors.Is(err, delta.ErrStaleTerm):
		o.term = 0
	default:
		require.ErrorIs(w.t, err, errWire)
	}
}

func (w *world) begin(o *owner, from int64) {
	w.copies++
	if o.number > 0 {
		o.unused = append(o.unused, o.copy)
	}
	o.copy = delta.Copy{View: view, Partition: partition, From: from, Term: o.term, Nonce: fmt.Sprint(w.copies)}
	o.starts, o.through, o.number, o.inflight = nil, from, 0, nil
}

func (w *world) draft(o *owner) delta.Flush {
	f := delta.Flush{Number: o.number + 1, Through: o.through + rapid.Int64Range(0, 3).Draw(w.t, "events"),
		Rows: rapid.Int64Range(0, 99).Draw(w.t, "rows"), At: time.UnixMicro(int64(w.contents)).UTC(), States: []delta.State{}}
	f.Replaces = rapid.SampledFrom(append(slices.Clone(o.starts), f.Number)).Draw(w.t, "replaces")
	for i := range rapid.IntRange(0, 4).Draw(w.t, "states") {
		w.contents++
		f.States = append(f.States, delta.State{Key: []byte{byte(i)}, Window: int64(i), State: []byte{w.contents}})
	}
	return f
}

func (w *world) flush(o *owner) {
	if o.inflight == nil {
		f := w.draft(o)
		o.inflight = &f
	}
	c, f := o.copy, *o.inflight
	w.on(func(m *delta.MemoryStore) error { return m.Flush(context.Background(), c, f) })
	err := w.store.Flush(w.t.Context(), c, f)
	if errors.Is(err, errWire) {
		return
	}
	if !w.lossy { // and now the same again, which has no second effect
		require.Equal(w.t, kind(w.reference.Flush(context.Background(), c, f)), kind(err), "flush %d of %+v", f.Number, c)
	}
	switch {
	case err == nil:
		o.starts = append(slices.DeleteFunc(o.starts, func(s int64) bool { return s >= f.Replaces }), f.Replaces)
		o.through, o.number, o.inflight = f.Through, f.Number, nil
	case errors.Is(err, delta.ErrStaleTerm):
		o.term = 0
	case errors.Is(err, delta.ErrLostFlush):
		w.begin(o, o.copy.From)
	default:
		require.NoError(w.t, err)
	}
}

func (w *world) swap(o *owner) {
	c := o.copy
	w.on(func(m *delta.MemoryStore) error { return m.Swap(context.Background(), c) })
	if err := w.store.Swap(w.t.Context(), c); kind(err) == nil && err != nil {
		require.ErrorIs(w.t, err, errWire)
	}
}

func (w *world) drop(c delta.Copy) {
	w.on(func(m *delta.MemoryStore) error { return m.Drop(context.Background(), c) })
	if err := w.store.Drop(w.t.Context(), c); err != nil {
		require.ErrorIs(w.t, err, errWire)
	}
}

// read compares what readers see with the reference, or finds it torn, where that
// may be.
func (w *world) read() {
	require.NoError(w.t, w.wrong)
	w.effect = nil
	w.draw()
	got, err := w.store.Read(w.t.Context(), view, partition)
	if errors.Is(err, errWire) {
		return
	}
	if errors.Is(err, delta.ErrTorn) {
		require.True(w.t, w.lossy, "torn, though nothing was lost: %v", err)
		return
	}
	require.NoError(w.t, err)
	want, err := w.reference.Read(context.Background(), view, partition)
	require.NoError(w.t, err)
	require.Equal(w.t, want, got)
	if rapid.Bool().Draw(w.t, "keep") {
		w.kept = got
	}
}

// dump and restore are a fail-over to an older state, of some of the keys.
func (w *world) dump() map[string]any {
	all := make(map[string]any)
	for _, key := range w.server.Keys() {
		if w.server.Type(key) == "hash" {
			fields, _ := w.server.HKeys(key)
			hash := make(map[string]string)
			for _, f := range fields {
				hash[f] = w.server.HGet(key, f)
			}
			all[key] = hash
		} else {
			all[key], _ = w.server.Get(key)
		}
	}
	return all
}

func (w *world) restore(key string) {
	w.server.Del(key)
	switch was := w.old[key].(type) {
	case string:
		_ = w.server.Set(key, was)
	case map[string]string:
		for field, value := range was {
			w.server.HSet(key, field, value)
		}
	}
}

func (w *world) failOver() {
	if w.old == nil {
		w.old, w.oldJournal = w.dump(), len(w.journal)
		return
	}
	now := w.dump()
	all := maps.Clone(w.old)
	maps.Copy(all, now)
	chunksToo := rapid.Bool().Draw(w.t, "of all nodes")
	record := "test:open:" + view + ":" + fmt.Sprint(partition)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if key == record || chunksToo {
			w.restore(key)
		}
	}
	w.lossy = true
	w.reference = delta.Memory()
	w.journal = w.journal[:w.oldJournal]
	for _, again := range w.journal {
		again(w.reference)
	}
	w.old = nil
}
