package lambda

import "github.com/anabranch-go/anabranch/lambda/delta"

// encode gives every state, in memory of its own, in no order.
func (t *table[E]) encode() []delta.State {
	t.compact()
	order := make([]uint32, t.len())
	for i := range order {
		order[i] = uint32(i)
	}
	keys, ends := t.encodeKeys()
	return t.encodeIn(order, keys, ends)
}

// encodeSorted gives every state in the order of state files.
func (t *table[E]) encodeSorted() []delta.State {
	t.compact()
	keys, ends := t.encodeKeys()
	order := ordered(t.len(), func(i int) []byte { return keys[ends[i]:ends[i+1]] }, func(i int) int64 { return t.window(uint32(i)) })
	return t.encodeIn(order, keys, ends)
}

// encodeKeys gives the states' keys one after the other: key i lies between ends i
// and i+1.
func (t *table[E]) encodeKeys() (keys []byte, ends []int) {
	ends = make([]int, 1, 1+t.len())
	for i := range uint32(t.len()) {
		keys = t.groups.appendKey(keys, t.key(i))
		ends = append(ends, len(keys))
	}
	return keys, ends
}

// encodeIn gives the states in an order, with keys in the memory given.
func (t *table[E]) encodeIn(order []uint32, keys []byte, ends []int) []delta.State {
	states := make([]delta.State, len(order))
	var buffer []byte
	for at, i := range order {
		// A buffer that grows moves; slices of the old one stay right.
		if cap(buffer)-len(buffer) < 256 {
			buffer = make([]byte, 0, 64<<10)
		}
		start := len(buffer)
		if t.sessions != nil {
			buffer = appendSession(buffer, t.sessions.firsts[i], t.sessions.lasts[i])
		}
		buffer = t.states.AppendState(buffer, i)
		states[at] = delta.State{
			Key:    keys[ends[i]:ends[i+1]:ends[i+1]],
			Window: t.window(i),
			State:  buffer[start:len(buffer):len(buffer)],
		}
	}
	return states
}
