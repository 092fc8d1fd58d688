package source

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// Merge makes one log of several, such as a topic for each type of event. Its
// partitions are all of theirs, numbered in the sources' order: those of the
// first, then those of the second.
//
// The identity is made of theirs and their order, and of how many partitions each
// but the last has: where any of it changes, an archive of the log isn't continued,
// since partitions would mean others then. The last one's may grow, so put the log
// that grows there. No sources, or two that are one log, are ErrOptions: the latter
// when the log is first asked for anything.
//
// The log is an [Ender] if all of the sources are, and a [Sharer] if all are: each
// group gives its own log's partitions. Where a log that isn't the last grows
// meanwhile, sharing ends with ErrOptions. It's a [Starter] and a [Committer] for
// those of the sources that are; the others begin at 0.
func Merge[E any](sources ...Source[E]) (Source[E], error) {
	if len(sources) == 0 {
		return nil, fmt.Errorf("%w: a log of no logs", ErrOptions)
	}
	m := &merged[E]{sources: sources}
	enders, sharers := 0, 0
	for i, s := range sources {
		if s == nil {
			return nil, fmt.Errorf("%w: log %d of the merged is nil", ErrOptions, i)
		}
		if _, ok := s.(Ender); ok {
			enders++
		}
		if _, ok := s.(Sharer); ok {
			sharers++
		}
	}
	var ender Ender
	if enders == len(sources) {
		ender = mergedEnd[E]{m}
	}
	var sharer Sharer
	if sharers == len(sources) {
		sharer = mergedShare[E]{m}
	}
	return passOn[E](m, ender, sharer), nil
}

type merged[E any] struct {
	sources []Source[E]

	mu       sync.Mutex
	first    []int  // the number of each source's partition 0, once it's known
	identity string // likewise
}

// learn asks the sources, once, what the numbering stands on. What one says later
// changes nothing: partitions would become others while they're read.
func (m *merged[E]) learn(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.first != nil {
		return nil
	}
	first, parts, seen := []int{0}, []string(nil), map[string]int{}
	for i, s := range m.sources {
		identity, err := s.Identity(ctx)
		if err != nil {
			return m.at(i, err)
		}
		if other, ok := seen[identity]; ok {
			return fmt.Errorf("%w: logs %d and %d of the merged are both %q", ErrOptions, other, i, identity)
		}
		seen[identity] = i
		if i+1 == len(m.sources) {
			parts = append(parts, fmt.Sprintf("%q", identity))
			break
		}
		n, err := s.Partitions(ctx)
		if err != nil {
			return m.at(i, err)
		}
		first = append(first, first[i]+n)
		parts = append(parts, fmt.Sprintf("%q with %d partitions", identity, n))
	}
	m.first, m.identity = first, "merged: "+strings.Join(parts, ", ")
	return nil
}

// at says which log an error is of.
func (m *merged[E]) at(i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("log %d of the merged: %w", i, err)
}

// find gives the source that has a partition, and its number there.
func (m *merged[E]) find(ctx context.Context, partition int) (source, local int, err error) {
	if err := m.learn(ctx); err != nil {
		return 0, 0, err
	}
	if partition < 0 {
		return 0, 0, fmt.Errorf("%w: there is no partition %d", ErrOffset, partition)
	}
	for source+1 < len(m.first) && m.first[source+1] <= partition {
		source++
	}
	return source, partition - m.first[source], nil
}

// Identity implements [Source].
func (m *merged[E]) Identity(ctx context.Context) (string, error) {
	err := m.learn(ctx)
	return m.identity, err
}

// Partitions implements [Source].
func (m *merged[E]) Partitions(ctx context.Context) (int, error) {
	if err := m.learn(ctx); err != nil {
		return 0, err
	}
	last := len(m.sources) - 1
	n, err := m.sources[last].Partitions(ctx)
	return m.first[last] + n, m.at(last, err)
}

// Open implements [Source].
func (m *merged[E]) Open(ctx context.Context, partition int, offset int64) (Reader[E], error) {
	i, local, err := m.find(ctx, partition)
	if err != nil {
		return nil, err
	}
	r, err := m.sources[i].Open(ctx, local, offset)
	if err != nil {
		return nil, m.at(i, err)
	}
	return mergedReader[E]{r, partition}, nil
}

type mergedReader[E any] struct {
	Reader[E]
	partition int
}

// Next implements [Reader]. The chunk is copied, since its partition is another
// here; its columns are shared.
func (r mergedReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
	c, err := r.Reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	out := *c
	out.Partition = r.partition
	return &out, nil
}

type mergedEnd[E any] struct{ *merged[E] }

// End implements [Ender].
func (m mergedEnd[E]) End(ctx context.Context, partition int) (int64, error) {
	i, local, err := m.find(ctx, partition)
	if err != nil {
		return 0, err
	}
	end, err := m.sources[i].(Ender).End(ctx, local)
	return end, m.at(i, err)
}

type mergedShare[E any] struct{ *merged[E] }

// Share implements [Sharer]: each source shares for itself, until one fails.
func (m mergedShare[E]) Share(ctx context.Context, own func(ctx context.Context, partition int) error) error {
	if err := m.learn(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for i, s := range m.sources {
		go func() {
			ended <- m.at(i, s.(Sharer).Share(ctx, func(ctx context.Context, local int) error {
				if i+1 < len(m.first) && m.first[i]+local >= m.first[i+1] {
					return fmt.Errorf("%w: its partition %d is new, and has no number in the merged log: put the log that grows last, with an archive of its own", ErrOptions, local)
				}
				return own(ctx, m.first[i]+local)
			}))
		}()
	}
	var failure error
	for range m.sources {
		if err := <-ended; err != nil && failure == nil {
			failure = err
			cancel()
		}
	}
	return failure
}

// Start implements [Starter].
func (m *merged[E]) Start(ctx context.Context, partition int) (int64, error) {
	i, local, err := m.find(ctx, partition)
	if err != nil {
		return 0, err
	}
	start, err := startOf(ctx, m.sources[i], local)
	return start, m.at(i, err)
}

// Commit implements [Committer].
func (m *merged[E]) Commit(ctx context.Context, partition int, offset int64) error {
	i, local, err := m.find(ctx, partition)
	if err != nil {
		return err
	}
	return m.at(i, commitTo(ctx, m.sources[i], local, offset))
}
