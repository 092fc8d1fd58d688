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
	files map[fileName]*list.Element
	order *list.List // of *cachedFile, newest first
}

type cachedFile struct {
	name fileName
	*stateFile
}

// fileName names what is cached by what it must be: a view's file of a name and a
// checksum. Whoever names the file otherwise gets it checked again.
type fileName struct{ view, sum, name string }

// stateFile is what a file holds. It's not to be written to.
type stateFile struct {
	states []delta.State // sorted
	size   int64         // in memory
	once   sync.Once
	index  keyIndex // once a key was asked for
}

// keys gives the index by key.
func (f *stateFile) keys() *keyIndex {
	f.once.Do(func() { f.index = newKeyIndex(f.states) })
	return &f.index
}

func newStateCache(limit int64) *stateCache {
	return &stateCache{limit: limit, files: map[fileName]*list.Element{}, order: list.New()}
}

func (c *stateCache) get(name fileName) (*stateFile, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.files[name]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*cachedFile).stateFile, true
}

// stateOverhead is what a delta.State takes beside its bytes, and its place in an
// index.
const stateOverhead = 56 + indexOverhead

// put keeps states, and gives them as a file.
func (c *stateCache) put(name fileName, states []delta.State) *stateFile {
	file := &cachedFile{name, &stateFile{states: states, size: stateBytes(states) + int64(len(states))*stateOverhead}}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.files[name]; ok || file.size > c.limit {
		return file.stateFile
	}
	c.files[name] = c.order.PushFront(file)
	c.size += file.size
	for c.size > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*cachedFile)
		delete(c.files, oldest.name)
		c.size -= oldest.size
	}
	return file.stateFile
}
