package archive

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
)

// MemoryStore is a [Store] in memory: for tests, and for archives that needn't
// outlive the process.
type MemoryStore struct {
	mu     sync.RWMutex
	names  []string // sorted
	bodies map[string][]byte
}

// Memory returns an empty store.
func Memory() *MemoryStore {
	return &MemoryStore{bodies: map[string][]byte{}}
}

// Put implements [Store]. It copies body.
func (s *MemoryStore) Put(ctx context.Context, name string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckName(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := slices.BinarySearch(s.names, name)
	if found {
		return fmt.Errorf("%w: %s", ErrExists, name)
	}
	s.names = slices.Insert(s.names, at, name)
	s.bodies[name] = bytes.Clone(body)
	return nil
}

// Get implements [Store]. It returns a copy.
func (s *MemoryStore) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := CheckRead(name, offset); err != nil {
		return nil, err
	}
	s.mu.RLock()
	body, found := s.bodies[name]
	s.mu.RUnlock()
	if !found {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	// Bodies are never changed once they are in the map, so the copy needs no
	// lock.
	size := int64(len(body))
	offset = min(offset, size)
	return append([]byte{}, body[offset:offset+within(size-offset, length)]...), nil
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := CheckPrefix(prefix); err != nil {
			yield("", err)
			return
		}
		for {
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			// A page at a time, so that no lock is held while the caller acts.
			page := s.page(prefix, after, 256)
			for _, name := range page {
				if !yield(name, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			after = page[len(page)-1]
		}
	}
}

func (s *MemoryStore) page(prefix, after string, limit int) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, found := slices.BinarySearch(s.names, max(prefix, after))
	if found && s.names[at] == after {
		at++
	}
	var page []string
	for ; at < len(s.names) && len(page) < limit && strings.HasPrefix(s.names[at], prefix); at++ {
		page = append(page, s.names[at])
	}
	return page
}

// within is how many of the rest bytes a read of length takes.
func within(rest, length int64) int64 {
	if length < 0 {
		return rest
	}
	return min(rest, length)
}
