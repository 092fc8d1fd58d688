package redisdelta

import (
	"sync"
	"weak"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// memory remembers of each record what was read last, for as long as the reader
// keeps that: it holds no states itself. Batches never change, so one that is
// known needn't be read again.
type memory struct {
	mu   sync.Mutex
	last map[string]remembered // by the record's key
}

type remembered struct {
	open    weak.Pointer[delta.Open]
	batches []string // their names, as they stand in open
}

// recall gives the batches that are known, by name.
func (m *memory) recall(key string) map[string][]delta.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.last[key]
	o := last.open.Value()
	if o == nil {
		delete(m.last, key)
		return nil
	}
	known := make(map[string][]delta.State, len(last.batches))
	for i, name := range last.batches {
		known[name] = o.Batches[i]
	}
	return known
}

func (m *memory) keep(key string, o *delta.Open, h header, chunks chunkKey) {
	r := remembered{open: weak.Make(o), batches: make([]string, len(h.Batches))}
	for i, b := range h.Batches {
		r.batches[i] = chunks.batch(b)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last[key] = r
}
