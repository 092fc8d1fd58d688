package lambda

import (
	"container/list"
	"sync"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// stateCache keeps decoded state files, which never change, up to a number of
// bytes. The one that was used longest ago goes first.
type stateCache struct {
	mu    sync.Mutex
	limit int64
	size  int64
	files map[string]*list.Element
	order *list.List // of *cachedFile, newest first
}

type cachedFile struct {
	name   string
	states []delta.State // sorted; not to be written to
	size   int64
}

func newStateCache(limit int64) *stateCache {
	return &stateCache{limit: limit, files: map[string]*list.Element{}, order: list.New()}
}

func (c *stateCache) get(name string) ([]delta.State, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.files[name]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*cachedFile).states, true
}

// stateOverhead is what a delta.State takes beside its bytes.
const stateOverhead = 56

func (c *stateCache) put(name string, states []delta.State) {
	file := &cachedFile{name, states, stateBytes(states) + int64(len(states))*stateOverhead}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.files[name]; ok || file.size > c.limit {
		return
	}
	c.files[name] = c.order.PushFront(file)
	c.size += file.size
	for c.size > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*cachedFile)
		delete(c.files, oldest.name)
		c.size -= oldest.size
	}
}
