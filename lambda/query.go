package lambda

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Query answers for a range of time and for some keys, or for all where none is
// given. The first query of a definition records it in the archive. It merges the
// newest base with all deltas since: every event of the log
// up to the offsets that the provenance states counts exactly once.
//
// Where a part is missing it's ErrIncomplete, unless the range allows it.
// archive.ErrCorrupt names a file whose checksum is wrong; archive.ErrTiling
// offsets that would be counted twice or never.
func (h *Handle[E, K, R]) Query(ctx context.Context, r Range, keys ...K) (*Answer[K, R], error) {
	started := time.Now()
	p := h.pipeline
	selected, err := r.resolve(h.reg.window, started)
	if err != nil {
		return nil, err
	}
	if _, err := p.begin(ctx); err != nil {
		return nil, err
	}
	if err := h.reg.stopError(); err != nil {
		return nil, err
	}
	wanted, err := h.encodeKeys(keys)
	if err != nil {
		return nil, err
	}
	a, m, err := h.merged(ctx, selected, wanted, r.incomplete)
	if err != nil {
		return nil, fmt.Errorf("cannot answer view %s: %w", h.reg.name, err)
	}
	if len(m.missing) > 0 && !r.incomplete {
		return nil, fmt.Errorf("%w: view %s: %s", ErrIncomplete, h.reg.name, strings.Join(m.missing, "; "))
	}
	answer := &Answer[K, R]{provenance: h.provenance(ctx, a, m.missing)}
	if err := h.reg.guard(noPartition, func() error {
		answer.rows, err = h.rows(m.into, selected)
		return err
	}); err != nil {
		return nil, err
	}
	p.config.Observer.Observe(Observation{Kind: Queried, View: h.reg.name, Rows: int64(len(answer.rows)), Took: time.Since(started)})
	return answer, nil
}

// merged assembles an answer and merges its parts. An open delta whose states
// can't be read costs freshness: the answer is made again without it.
func (h *Handle[E, K, R]) merged(ctx context.Context, selected selection, keys [][]byte, lenient bool) (*assembly, *merger[E], error) {
	without := map[int]bool{}
	for {
		a, err := h.pipeline.assemble(ctx, h.reg, without)
		if err != nil {
			return nil, nil, err
		}
		plan, err := h.reg.bind()
		if err != nil {
			return nil, nil, err
		}
		m := &merger[E]{p: h.pipeline, view: h.reg, into: plan.newTable(), selected: selected, keys: keys, lenient: lenient, missing: a.missing}
		err = h.reg.guard(noPartition, func() error { return m.merge(ctx, a) })
		var open *openError
		if !errors.As(err, &open) {
			return a, m, err
		}
		h.pipeline.observeRead(h.reg, open.partition, err)
		h.reg.forgetOpen(open.partition)
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

// encodeKeys gives the wanted keys' bytes, sorted; nil wants all.
func (h *Handle[E, K, R]) encodeKeys(keys []K) ([][]byte, error) {
	var wanted [][]byte
	for _, key := range keys {
		encoded, err := h.view.Key.encode(key)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, append([]byte{}, encoded...))
	}
	slices.SortFunc(wanted, bytes.Compare)
	return slices.CompactFunc(wanted, bytes.Equal), nil
}

// merger folds an assembly's states into one table, by the query's step.
type merger[E any] struct {
	p        *Pipeline[E]
	view     *registration[E]
	into     *table[E]
	selected selection
	keys     [][]byte
	lenient  bool
	missing  []string

	// The step's window of the last state: states come in runs.
	fine, coarse int64
	known        bool
}

func (m *merger[E]) merge(ctx context.Context, a *assembly) error {
	if a.base != nil {
		for _, part := range a.base.Parts {
			if part.MaxWindow < m.selected.from || part.MinWindow >= m.selected.to {
				continue
			}
			states, err := m.p.readStates(ctx, m.view, part.File)
			if err := m.add(states, err); err != nil {
				return err
			}
		}
	}
	for _, t := range a.parts {
		for _, segment := range t.segments {
			if m.outside(segment) {
				continue
			}
			states, err := m.p.sealedStates(ctx, m.view, segment)
			if err := m.add(states, err); err != nil {
				return err
			}
		}
		if t.open == nil {
			continue
		}
		for _, batch := range t.open.Batches {
			if err := m.addUnsorted(batch); err != nil {
				return &openError{t.partition, err}
			}
		}
	}
	return nil
}

// outside says whether a segment's delta holds no selected window, from its
// entry alone.
func (m *merger[E]) outside(segment archive.Entry) bool {
	sealed, ok := segment.Deltas[m.view.fingerprint]
	if !ok {
		return false
	}
	return sealed.Rows == 0 || startOf(m.view.window, sealed.MaxTime) < m.selected.from ||
		startOf(m.view.window, sealed.MinTime) >= m.selected.to
}

// add folds the selected ones of sorted states. A lost or corrupt file is an
// error, or something missing where the caller allows that.
func (m *merger[E]) add(states []delta.State, err error) error {
	if err != nil && m.lenient && (errors.Is(err, archive.ErrMissing) || errors.Is(err, archive.ErrCorrupt)) {
		m.missing = append(m.missing, err.Error())
		return nil
	}
	if errors.Is(err, archive.ErrMissing) {
		return fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	if err != nil {
		return err
	}
	if m.keys == nil {
		return m.fold(states)
	}
	for _, key := range m.keys {
		from, _ := slices.BinarySearchFunc(states, key, func(s delta.State, key []byte) int { return bytes.Compare(s.Key, key) })
		to := from
		for to < len(states) && bytes.Equal(states[to].Key, key) {
			to++
		}
		if err := m.fold(states[from:to]); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger[E]) addUnsorted(states []delta.State) error {
	if m.keys == nil {
		return m.fold(states)
	}
	for i := range states {
		if _, ok := slices.BinarySearchFunc(m.keys, states[i].Key, bytes.Compare); ok {
			if err := m.fold(states[i : i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *merger[E]) fold(states []delta.State) error {
	for i := range states {
		s := &states[i]
		if !m.selected.holds(s.Window) {
			continue
		}
		if !m.known || s.Window != m.fine {
			m.fine, m.coarse, m.known = s.Window, startOf(m.selected.step, s.Window), true
		}
		if err := m.into.mergeState(m.coarse, s); err != nil {
			return fmt.Errorf("view %s: a state that can't be read: %w", m.view.name, err)
		}
	}
	return nil
}

// rows gives a table's results in order.
func (h *Handle[E, K, R]) rows(t *table[E], selected selection) ([]Row[K, R], error) {
	results, ok := t.states.(aggregate.Results[E, R])
	if !ok {
		return nil, fmt.Errorf("%w: %q: its aggregate's states have no results of its type", ErrView, h.reg.name)
	}
	type place struct {
		window int64
		key    []byte
		group  uint32
	}
	places := make([]place, t.len())
	for group := range uint32(t.len()) {
		places[group] = place{t.groups.window(group), t.groups.appendKey(nil, group), group}
	}
	slices.SortFunc(places, func(a, b place) int {
		if c := cmp.Compare(a.window, b.window); c != 0 {
			return c
		}
		return bytes.Compare(a.key, b.key)
	})
	rows := make([]Row[K, R], len(places))
	for i, at := range places {
		key, err := h.view.Key.decode(at.key)
		if err != nil {
			return nil, fmt.Errorf("view %s: %w", h.reg.name, err)
		}
		span := selected.step.Span(at.window)
		value, err := results.Result(at.group)
		if err != nil {
			return nil, fmt.Errorf("view %s, key %v, window from %s: %w", h.reg.name, key, span.Start.Format(time.RFC3339), err)
		}
		rows[i] = Row[K, R]{Window: span, Key: key, Value: value}
	}
	return rows, nil
}

// provenance says what an assembly is made of.
func (h *Handle[E, K, R]) provenance(ctx context.Context, a *assembly, missing []string) Provenance {
	out := Provenance{View: h.reg.name, Version: h.reg.version, Fingerprint: h.reg.fingerprint,
		Base: a.number, Complete: len(missing) == 0, Missing: missing}
	if a.base != nil {
		out.Made = a.base.Made
	}
	marked := len(a.parts) > 0
	for i := range a.parts {
		t := &a.parts[i]
		c := Coverage{Partition: t.partition, From: t.from, Cut: t.cut, Sealed: t.sealed, End: -1}
		c.Low, c.High = t.through()
		if end, ok := h.pipeline.end(ctx, t.partition); ok {
			c.End = end
		}
		counts := t.counts(a.base, h.reg.fingerprint)
		c.At = t.at
		if t.open != nil {
			c.At = t.open.At
		}
		out.Rows += counts.rows
		out.Late += counts.late
		out.Quarantined += t.quarantined
		if counts.watermark == nil {
			marked = false
		} else if at := time.UnixMicro(*counts.watermark).UTC(); out.Watermark.IsZero() || at.Before(out.Watermark) {
			out.Watermark = at
		}
		out.Partitions = append(out.Partitions, c)
	}
	if !marked {
		out.Watermark = time.Time{}
	}
	return out
}

// counts sums what the speed layer counted over a partition's tiles.
type counts struct {
	rows, late int64
	watermark  *int64
}

func (t *tiles) counts(b *base, fingerprint string) counts {
	var n counts
	add := func(rows, late int64, watermark *int64) {
		n.rows += rows
		n.late += late
		if watermark != nil && (n.watermark == nil || *watermark > *n.watermark) {
			n.watermark = watermark
		}
	}
	if c, ok := b.at(t.partition); ok {
		add(c.Rows, c.Late, c.Watermark)
	}
	for _, segment := range t.segments {
		if sealed, ok := segment.Deltas[fingerprint]; ok {
			add(sealed.Rows, sealed.Late, sealed.Watermark)
		}
	}
	if t.open != nil {
		add(t.open.Rows, t.open.Late, t.open.Watermark)
	}
	return n
}
