package delta

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// MemoryStore is the delta store within one process. Its answers are exact at
// one offset. It moves slices, never states, so one lock is held only for as
// long as it takes to look up a copy and to walk its few batches.
type MemoryStore struct {
	mu      sync.Mutex
	records map[place]*record
}

var _ Store = (*MemoryStore)(nil)

// Memory makes an empty store. Its methods fail only with the errors that
// [Store] names, and with ctx's when that has ended before the call, in which
// case there was no effect.
func Memory() *MemoryStore {
	return &MemoryStore{records: make(map[place]*record)}
}

// place is what a record stands for.
type place struct {
	view      string
	partition int
}

func (c Copy) place() place { return place{c.View, c.Partition} }

type record struct {
	raised int64 // the highest term seen
	shown  *held // what readers take; nil if none
	copies map[Copy]*held
}

// held is one copy as stored. Its batches tile the flushes [1, last.Number].
type held struct {
	copy    Copy
	last    Flush // without its states
	batches []batch
}

// batch holds the states of the flushes [first, …], up to the next one's first.
type batch struct {
	first  int64
	states []State
}

// at returns the record of p, and makes it if need be. The lock is held.
func (m *MemoryStore) at(p place) *record {
	r := m.records[p]
	if r == nil {
		r = &record{copies: make(map[Copy]*held)}
		m.records[p] = r
	}
	return r
}

// raise makes the term at least term.
func (r *record) raise(term int64) error {
	if term < r.raised {
		return fmt.Errorf("%w: term %d, raised to %d", ErrStaleTerm, term, r.raised)
	}
	r.raised = term
	return nil
}

// sweep frees the copies that can be neither flushed to nor shown any more: an
// owner that crashed doesn't come back to drop them.
func (r *record) sweep() {
	for c, h := range r.copies {
		if c.Term < r.raised && h != r.shown {
			delete(r.copies, c)
		}
	}
}

// Raise implements [Store].
func (m *MemoryStore) Raise(ctx context.Context, view string, partition int, term int64) (*Shown, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.at(place{view, partition})
	if err := r.raise(term); err != nil {
		return nil, err
	}
	r.sweep()
	if r.shown == nil {
		return nil, nil
	}
	return &Shown{Copy: r.shown.copy, Through: r.shown.last.Through}, nil
}

// Flush implements [Store].
func (m *MemoryStore) Flush(ctx context.Context, c Copy, f Flush) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.Check(c); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.at(c.place())
	if c.Term < r.raised {
		return fmt.Errorf("%w: flush of term %d, raised to %d", ErrStaleTerm, c.Term, r.raised)
	}
	h := r.copies[c]
	if h == nil {
		h = &held{copy: c, last: Flush{Through: c.From}}
	}
	if err := h.advance(f); err != nil {
		return err
	}
	r.copies[c] = h
	return nil
}

// advance applies f, or changes nothing and says why.
func (h *held) advance(f Flush) error {
	if f.Number == h.last.Number && f.Replaces == h.last.Replaces && f.Through == h.last.Through {
		return nil // a retry
	}
	if f.Number != h.last.Number+1 {
		return fmt.Errorf("%w: flush %d, the last one here is %d", ErrLostFlush, f.Number, h.last.Number)
	}
	if f.Through < h.last.Through {
		return fmt.Errorf("%w: through falls from %d to %d", ErrInvalidFlush, h.last.Through, f.Through)
	}
	keep, found := slices.BinarySearchFunc(h.batches, f.Replaces, func(b batch, first int64) int {
		return cmp.Compare(b.first, first)
	})
	if !found && f.Replaces != f.Number {
		return fmt.Errorf("%w: it replaces from %d, amid an older batch", ErrInvalidFlush, f.Replaces)
	}
	// Readers have clones of the outer slice, so this one may be changed in
	// place. Clearing the tail is what frees the replaced states.
	clear(h.batches[keep:])
	h.batches = append(h.batches[:keep], batch{f.Replaces, f.States})
	h.last = f
	h.last.States = nil
	return nil
}

// Swap implements [Store].
func (m *MemoryStore) Swap(ctx context.Context, c Copy) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.at(c.place())
	if c.Term < r.raised {
		return fmt.Errorf("%w: swap of term %d, raised to %d", ErrStaleTerm, c.Term, r.raised)
	}
	h := r.copies[c]
	if h == nil {
		return fmt.Errorf("%w: there is no copy to swap in", ErrLostFlush)
	}
	r.raised, r.shown = c.Term, h
	r.sweep()
	return nil
}

// Read implements [Store]. It copies no states, and what it returns never changes.
func (m *MemoryStore) Read(ctx context.Context, view string, partition int) (*Open, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[place{view, partition}]
	if r == nil || r.shown == nil {
		return nil, nil
	}
	h := r.shown
	batches := make([][]State, len(h.batches))
	for i, b := range h.batches {
		batches[i] = b.states
	}
	return &Open{
		Copy: h.copy, Low: h.last.Through, High: h.last.Through, Batches: batches,
		Rows: h.last.Rows, Late: h.last.Late, Watermark: h.last.Watermark, At: h.last.At,
	}, nil
}

// Drop implements [Store]. Its states are freed as soon as no reader holds them.
func (m *MemoryStore) Drop(ctx context.Context, c Copy) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.records[c.place()]
	if r == nil {
		return nil
	}
	if r.shown != nil && r.shown == r.copies[c] {
		r.shown = nil
	}
	delete(r.copies, c)
	return nil
}
