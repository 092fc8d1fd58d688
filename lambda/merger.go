package lambda

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// merger folds an assembly's states into one table, by the query's step.
type merger[E any] struct {
	p        *Pipeline[E]
	view     *registration[E]
	into     *table[E]
	selected *selected[E]
	lenient  bool
	missing  []string

	// The step's window of the last state, and its width: states come in runs. The
	// width is 0 where it isn't known, and of sessions, which are what they are.
	coarse int64
	width  uint64

	files [askTogether]*stateFile // to be searched for the selected keys, together
	asked int                     // how many these are
	size  int64                   // of all of them
}

// askTogether is how many files are searched together, so that the waits for memory
// overlap; few enough to hold them whatever the cache does.
const askTogether = 32

func (m *merger[E]) merge(ctx context.Context, a *assembly) error {
	if a.base != nil {
		for _, part := range a.base.Parts {
			if part.MaxWindow < m.selected.from || part.MinWindow >= m.selected.to {
				continue
			}
			file, err := m.p.readStates(ctx, m.view, part.File)
			if err := m.add(file, err); err != nil {
				return err
			}
		}
	}
	for i := range a.parts {
		t := &a.parts[i]
		if err := m.mergeSealed(ctx, t.segments); err != nil {
			return err
		}
		if t.open == nil {
			continue
		}
		for _, batch := range t.open.Batches {
			err := m.addUnsorted(batch)
			if errors.Is(err, ErrRange) {
				return err // the query's own code: not the delta's fault
			}
			if err != nil {
				return &openError{t.partition, err}
			}
		}
	}
	return m.ask()
}

// mergeSealed folds the sealed deltas of a partition's segments, without those that
// have none of the keys.
func (m *merger[E]) mergeSealed(ctx context.Context, segments []*archive.Entry) error {
	var filter *segmentFilter
	without := uint64(0)
	if m.selected.keys != nil && m.selected.whole && len(segments) > 0 {
		filter = m.view.filterOf(segments[0].Partition, segments[0].Sequence)
		without = filter.without(m.selected.keys)
	}
	for _, segment := range segments {
		if without != 0 && without&filter.bit(segment.Sequence) != 0 || m.outside(segment) {
			continue
		}
		file, err := m.p.sealedStates(ctx, m.view, segment)
		if err == nil && filter != nil {
			filter.learn(segment.Sequence, file, m.p.config.CacheBytes/16)
		}
		if err := m.add(file, err); err != nil {
			return err
		}
	}
	return nil
}

// outside says whether a segment's delta holds no selected window, from its
// entry alone.
func (m *merger[E]) outside(segment *archive.Entry) bool {
	sealed, ok := segment.Deltas[m.view.fingerprint]
	if !ok {
		return false
	}
	if sealed.Rows == 0 || m.selected.from == math.MinInt64 && m.selected.to == math.MaxInt64 {
		return sealed.Rows == 0
	}
	return startOf(m.view.window, sealed.MaxTime) < m.selected.from ||
		startOf(m.view.window, sealed.MinTime) >= m.selected.to
}

// add folds the selected ones of sorted states. A lost or corrupt file is an
// error, or something missing where the caller allows that.
func (m *merger[E]) add(file *stateFile, err error) error {
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
	if m.selected.keys == nil {
		return m.fold(file.states)
	}
	m.files[m.asked] = file
	m.asked, m.size = m.asked+1, m.size+file.size
	if m.asked < askTogether && m.size < m.p.config.CacheBytes/8 {
		return nil
	}
	return m.ask()
}

// ask folds the selected keys' states of the files to be asked.
func (m *merger[E]) ask() error {
	var indexes [askTogether]*keyIndex
	files := m.files[:m.asked]
	for i, file := range files {
		indexes[i] = file.keys()
	}
	for _, key := range m.selected.keys {
		var may [askTogether]bool
		for i := range files {
			may[i] = indexes[i].may(key)
		}
		for i, file := range files {
			if !may[i] {
				continue
			}
			if err := m.fold(indexes[i].find(file.states, key)); err != nil {
				return err
			}
		}
	}
	clear(files)
	m.asked, m.size = 0, 0
	return nil
}

func (m *merger[E]) addUnsorted(states []delta.State) error {
	if m.selected.keys == nil {
		return m.fold(states)
	}
	for i := range states {
		if m.selected.wants(states[i].Key) {
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
		if !m.selected.reads(s.Window) {
			continue
		}
		if keeps, err := m.selected.keeps(s.Key); err != nil {
			return err
		} else if !keeps {
			continue
		}
		if uint64(s.Window)-uint64(m.coarse) >= m.width {
			m.seek(s.Window)
		}
		if err := m.into.mergeState(m.coarse, s); err != nil {
			return fmt.Errorf("view %s: a state that can't be read: %w", m.view.name, err)
		}
	}
	return nil
}

// seek sets coarse to the start of the step's window that a window lies in.
func (m *merger[E]) seek(window int64) {
	m.coarse = startOf(m.selected.step, window)
	if step := m.selected.step.Panes(); !step.IsSession() {
		m.width = uint64(step.End(m.coarse)) - uint64(m.coarse)
	}
}
