package statekit

import "github.com/anabranch-go/anabranch/source"

// Cache keeps a V for each code of the dictionaries used last, so that a text is
// worked on once for a dictionary, not once for an event. The zero Cache is empty.
type Cache[V any] struct {
	known []*known[V] // the newest used first
}

type known[V any] struct {
	id     uint64
	values []V
}

// maxCached is how many dictionaries are kept in mind: those of the partitions
// and of the states that are merged in turn.
const maxCached = 16

// Of gives a dictionary's values by code: zeros where nothing was stored. It's
// the cache's own memory, to be written to until the next call.
func (c *Cache[V]) Of(d source.Dictionary) []V {
	at := 0
	for at < len(c.known) && c.known[at].id != d.ID {
		at++
	}
	if at == len(c.known) {
		if at < maxCached {
			c.known = append(c.known, &known[V]{})
		} else {
			at--
		}
		*c.known[at] = known[V]{id: d.ID, values: c.known[at].values[:0]}
	}
	k := c.known[at]
	copy(c.known[1:at+1], c.known[:at])
	c.known[0] = k
	k.values = Grow(k.values, len(d.Values))
	return k.values
}

// Forget empties the cache.
func (c *Cache[V]) Forget() { c.known = nil }
