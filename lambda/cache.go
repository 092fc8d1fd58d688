package lambda

import (
	"sync"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// stateCache keeps decoded state files, which never change, up to a number of
// bytes. The one that was used longest ago goes first.
type stateCache struct {
	mu    sync.Mutex
	limit int64
	size  int64
	files map[string]*cachedFile // by their names' keys
	uses  int64
}

type cachedFile struct {
	name fileName
	used int64 // the cache's uses then
	*stateFile
}

// fileName names what is cached by what it must be: a view's file of a name and a
// checksum. Whoever names the file otherwise gets it checked again.
type fileName struct{ view, sum, name string }

// key is what tells files apart, but for those that were stored twice, of which one
// is cached. It's short, as every query asks for every file.
func (n fileName) key() string {
	if n.sum == "" {
		return n.name
	}
	return n.sum
}

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
	return &stateCache{limit: limit, files: map[string]*cachedFile{}}
}

func (c *stateCache) get(name fileName) (*stateFile, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	file, ok := c.files[name.key()]
	if !ok || file.name != name {
		return nil, false
	}
	c.uses++
	file.used = c.uses
	return file.stateFile, true
}

// stateOverhead is what a delta.State takes beside its bytes, and its place in an
// index.
const stateOverhead = 56 + indexOverhead

// put keeps states, and gives them as a file.
func (c *stateCache) put(name fileName, states []delta.State) *stateFile {
	file := &stateFile{states: states, size: stateBytes(states) + int64(len(states))*stateOverhead}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.files[name.key()]; ok || file.size > c.limit {
		return file
	}
	for c.size+file.size > c.limit {
		c.forgetOldest()
	}
	c.uses++
	c.files[name.key()] = &cachedFile{name, c.uses, file}
	c.size += file.size
	return file
}

// forgetOldest looks at all files: they are few, and each took long to read.
func (c *stateCache) forgetOldest() {
	var oldest *cachedFile
	for _, file := range c.files {
		if oldest == nil || file.used < oldest.used {
			oldest = file
		}
	}
	delete(c.files, oldest.name.key())
	c.size -= oldest.size
}
