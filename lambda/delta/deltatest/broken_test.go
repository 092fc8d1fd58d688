package deltatest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// The stores of this file are wrong in one way each. The suite must notice.

// termless takes every term for the same: zombies go on. It keeps the terms in
// the nonces, so that copies stay apart.
type termless struct{ delta.Store }

func hide(c delta.Copy) delta.Copy {
	return delta.Copy{View: c.View, Partition: c.Partition, From: c.From, Nonce: fmt.Sprintf("%d %s", c.Term, c.Nonce)}
}

func unhide(c delta.Copy) delta.Copy {
	term, nonce, _ := strings.Cut(c.Nonce, " ")
	_, _ = fmt.Sscan(term, &c.Term)
	c.Nonce = nonce
	return c
}

func (s termless) Raise(ctx context.Context, view string, partition int, _ int64) (*delta.Shown, error) {
	shown, err := s.Store.Raise(ctx, view, partition, 0)
	if shown != nil {
		shown.Copy = unhide(shown.Copy)
	}
	return shown, err
}

func (s termless) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	return s.Store.Flush(ctx, hide(c), f)
}
func (s termless) Swap(ctx context.Context, c delta.Copy) error { return s.Store.Swap(ctx, hide(c)) }
func (s termless) Drop(ctx context.Context, c delta.Copy) error { return s.Store.Drop(ctx, hide(c)) }
func (s termless) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	o, err := s.Store.Read(ctx, view, partition)
	if o != nil {
		o.Copy = unhide(o.Copy)
	}
	return o, err
}

// staleFlushes refuses stale swaps, and lets a zombie's copy grow on.
type staleFlushes struct {
	delta.Store
	free delta.Store // has no terms
}

func (s staleFlushes) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	_ = s.Store.Flush(ctx, c, f) // so that it has a copy to swap
	return s.free.Flush(ctx, c, f)
}

func (s staleFlushes) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	o, err := s.Store.Read(ctx, view, partition)
	if o == nil {
		return o, err
	}
	if err := s.free.Swap(ctx, o.Copy); err != nil {
		return nil, err
	}
	return s.free.Read(ctx, view, partition)
}

// numberless applies whatever comes, as if it were the next flush.
type numberless struct {
	delta.Store
	mu      sync.Mutex
	numbers map[delta.Copy]int64
	retries bool // knows a retry when it sees one
	last    delta.Flush
}

func (s *numberless) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.retries && f.Number == s.last.Number && f.Through == s.last.Through {
		return nil
	}
	s.last = f
	n := s.numbers[c] + 1
	f.Number, f.Replaces = n, n-(f.Number-f.Replaces)
	err := s.Store.Flush(ctx, c, f)
	if err == nil {
		s.numbers[c] = n
	}
	return err
}

// foldless keeps what a folding flush replaces.
type foldless struct{ delta.Store }

func (s foldless) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	f.Replaces = f.Number
	return s.Store.Flush(ctx, c, f)
}

// mixing reads the batches of every copy of a place as if they were one copy's.
type mixing struct {
	delta.Store
	mu     sync.Mutex
	copies map[delta.Copy]*delta.Open
}

func (s *mixing) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	err := s.Store.Flush(ctx, c, f)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && f.Replaces == f.Number && (s.copies[c] == nil || s.copies[c].High < f.Through) {
		if s.copies[c] == nil {
			s.copies[c] = &delta.Open{}
		}
		s.copies[c].High = f.Through
		s.copies[c].Batches = append(s.copies[c].Batches, f.States)
	}
	return err
}

func (s *mixing) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	o, err := s.Store.Read(ctx, view, partition)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, other := range s.copies {
		if o != nil && c != o.Copy && c.View == view && c.Partition == partition {
			o.Batches = append(o.Batches, other.Batches...)
		}
	}
	return o, err
}

// short leaves the last batch out when it reads, as a torn copy that isn't noticed.
type short struct{ delta.Store }

func (s short) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	o, err := s.Store.Read(ctx, view, partition)
	if o != nil {
		o.Batches = o.Batches[:len(o.Batches)-1]
	}
	return o, err
}

// dropless never drops.
type dropless struct{ delta.Store }

func (dropless) Drop(ctx context.Context, _ delta.Copy) error { return ctx.Err() }

func TestSuiteNotices(t *testing.T) {
	broken := map[string]struct {
		newStore func() delta.Store
		failing  string // a check that must fail
	}{
		"terms are ignored":      {func() delta.Store { return termless{memory()} }, "a raised term shuts the older owner out"},
		"stale flushes are kept": {func() delta.Store { return staleFlushes{memory(), termless{memory()}} }, "a raised term shuts the older owner out"},
		"numbers are ignored":    {func() delta.Store { return &numberless{Store: memory(), numbers: map[delta.Copy]int64{}} }, "a retried call has no second effect"},
		"losses are ignored": {func() delta.Store {
			return &numberless{Store: memory(), numbers: map[delta.Copy]int64{}, retries: true}
		}, "a lost flush is noticed"},
		"folds are ignored":   {func() delta.Store { return foldless{memory()} }, "folding keeps the sum"},
		"copies are mixed":    {func() delta.Store { return &mixing{Store: memory(), copies: map[delta.Copy]*delta.Open{}} }, "an owner can start a fresh copy"},
		"batches are missing": {func() delta.Store { return short{memory()} }, "flushes add up"},
		"drops are ignored":   {func() delta.Store { return dropless{memory()} }, "a dropped copy is gone"},
	}
	for name, b := range broken {
		t.Run(name, func(t *testing.T) {
			for _, c := range checks {
				if c.name == b.failing {
					why := failure(func(rt require.TestingT) { c.run(rt, t.Context(), b.newStore()) })
					require.NotEmpty(t, why, "the suite accepts a store in which %s", name)
					return
				}
			}
			t.Fatalf("the suite has no check %q", b.failing)
		})
	}
}
