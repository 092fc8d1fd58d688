package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Query answers for a range of time and for some keys, or for all where none is
// given. It merges the newest base with all deltas since: every event of the log
// up to the offsets that the provenance states counts exactly once. It only
// reads: a definition goes live with Run, Batch or Advance. Select asks more: for
// keys by prefix or filter, in groups, the first of them.
//
// Where a part is missing it's ErrIncomplete, unless the range allows it.
// archive.ErrCorrupt names a file whose checksum is wrong; archive.ErrTiling
// offsets that would be counted twice or never.
func (h *Handle[E, K, R]) Query(ctx context.Context, r Range, keys ...K) (*Answer[K, R], error) {
	return h.Select(ctx, r, Selection[K, R]{Keys: keys})
}

// Select answers for a range of time and a selection of keys: see Query.
func (h *Handle[E, K, R]) Select(ctx context.Context, r Range, s Selection[K, R]) (*Answer[K, R], error) {
	started := time.Now()
	p := h.pipeline
	selected, err := h.resolve(r, s, started)
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", h.reg.name, err)
	}
	if _, err := p.look(ctx); err != nil {
		return nil, err
	}
	if err := h.reg.stopError(); err != nil {
		return nil, err
	}
	a, m, err := h.merged(ctx, selected, r.incomplete)
	if err != nil {
		return nil, fmt.Errorf("cannot answer view %s: %w", h.reg.name, err)
	}
	if len(m.missing) > 0 && !r.incomplete {
		return nil, fmt.Errorf("%w: view %s: %s", ErrIncomplete, h.reg.name, strings.Join(m.missing, "; "))
	}
	answer := &Answer[K, R]{provenance: h.provenance(ctx, a, m.missing)}
	if err := h.reg.guard(noPartition, func() error {
		answer.rows, err = h.rows(ctx, m.into, selected)
		return err
	}); err != nil {
		return nil, err
	}
	h.reg.plans.Put(m.into.plan)
	if err := s.first(&answer.rows); err != nil {
		return nil, fmt.Errorf("view %s: %w", h.reg.name, err)
	}
	p.config.Observer.Observe(Observation{Kind: Queried, View: h.reg.name, Rows: int64(len(answer.rows)), Took: time.Since(started)})
	return answer, nil
}

// merged assembles an answer and merges its parts. An open delta whose states
// can't be read costs freshness: the answer is made again without it.
func (h *Handle[E, K, R]) merged(ctx context.Context, selected *selected[E], lenient bool) (*assembly, *merger[E], error) {
	var without map[int]bool
	for {
		a, err := h.pipeline.assemble(ctx, h.reg, without)
		if err != nil {
			return nil, nil, err
		}
		plan, err := h.reg.borrow()
		if err != nil {
			return nil, nil, err
		}
		m := &merger[E]{p: h.pipeline, view: h.reg, into: plan.newTable(), selected: selected, lenient: lenient, missing: a.missing}
		err = h.reg.guard(noPartition, func() error { return m.merge(ctx, a) })
		var open *openError
		if !errors.As(err, &open) {
			return a, m, err
		}
		h.pipeline.observeRead(h.reg, open.partition, err)
		h.reg.forgetOpen(open.partition)
		if without == nil {
			without = map[int]bool{}
		}
		without[open.partition] = true
	}
}

// openError says that an open delta's states can't be read.
type openError struct {
	partition int
	cause     error
}

func (e *openError) Error() string {
	return fmt.Sprintf("open delta of partition %d: %v", e.partition, e.cause)
}
