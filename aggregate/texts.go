package aggregate

import "github.com/anabranch-go/anabranch/source"

// texts gives each distinct text that one vector of states saw a number of its
// own, whatever dictionary it came in.
type texts struct {
	interner *source.Interner
	caches   []*codes // the newest used first
}

// codes are the numbers of a dictionary's codes, so that a text is hashed once
// for a dictionary, not once for an event.
type codes struct {
	dictionary source.Dictionary
	numbers    []uint32 // plus one; 0 isn't known yet
}

// maxCaches is how many dictionaries are kept in mind: those of the partitions
// and of the states that are merged in turn. One more costs a hash for each of
// its texts.
const maxCaches = 16

// maxTexts is how many texts may outlive a Reset without being used again.
const maxTexts = 1 << 16

func newTexts() *texts { return &texts{interner: source.NewInterner()} }

// reset forgets the texts where most of them are no longer used.
func (t *texts) reset(used int) {
	if n := t.interner.Len(); n > maxTexts && n > 2*used {
		t.interner = source.NewInterner()
		t.caches = nil
	}
}

// codes gives the cache of a dictionary, which may have grown since.
func (t *texts) codes(d source.Dictionary) *codes {
	at := 0
	for at < len(t.caches) && t.caches[at].dictionary.ID != d.ID {
		at++
	}
	if at == len(t.caches) {
		if at < maxCaches {
			t.caches = append(t.caches, &codes{})
		} else {
			at--
			*t.caches[at] = codes{numbers: t.caches[at].numbers[:0]}
		}
	}
	c := t.caches[at]
	copy(t.caches[1:at+1], t.caches[:at])
	t.caches[0] = c
	c.dictionary = d
	c.numbers = grow(c.numbers, len(d.Values))
	return c
}

// number gives the number of a dictionary's code.
func (t *texts) number(c *codes, code uint32) int64 {
	if n := c.numbers[code]; n != 0 {
		return int64(n - 1)
	}
	n := t.interner.Code(c.dictionary.Values[code])
	c.numbers[code] = n + 1
	return int64(n)
}
