package lambda

import (
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Encoded states lie in buffers of some size, each key before its state: who reads
// one reads the other. The buffers are never written again.
const encodedBuffer, encodedRoom = 64 << 10, 256

// encode gives every state, in memory of its own, in no order.
func (t *table[E]) encode() []delta.State {
	t.compact()
	states := make([]delta.State, t.len())
	t.encodeTo(states, nil, nil)
	return states
}

// encodeSorted gives every state in the order of state files.
func (t *table[E]) encodeSorted() []delta.State {
	t.compact()
	return sortedStates([]part[E]{{table: t}})
}

// encodeTo encodes every state of a compacted table: state i to place i or, where
// there are places, to places[i]. It goes on in a buffer, and gives it back.
func (t *table[E]) encodeTo(states []delta.State, places []uint32, buffer []byte) []byte {
	for i := range uint32(t.len()) {
		// A buffer that grows moves; slices of the old one stay right.
		if cap(buffer)-len(buffer) < encodedRoom {
			buffer = make([]byte, 0, encodedBuffer)
		}
		from := len(buffer)
		buffer = t.groups.appendKey(buffer, t.key(i))
		middle := len(buffer)
		if t.sessions != nil {
			buffer = appendSession(buffer, t.sessions.firsts[i], t.sessions.lasts[i])
		}
		buffer = t.states.AppendState(buffer, i)
		at := i
		if places != nil {
			at = places[i]
		}
		states[at] = delta.State{
			Key:    buffer[from:middle:middle],
			Window: t.window(i),
			State:  buffer[middle:len(buffer):len(buffer)],
		}
	}
	return buffer
}

// part is a table, compacted, among others of a plan, and its states encoded in its
// own order, once they have been.
type part[E any] struct {
	*table[E]
	place   int64 // of the table
	encoded []delta.State
}

// sortedStates gives the states of tables that have no group in common, in the order
// of state files.
func sortedStates[E any](parts []part[E]) []delta.State {
	places := placesOf(parts)
	states := make([]delta.State, len(places))
	var buffer []byte
	for _, p := range parts {
		n := p.len()
		if p.encoded == nil {
			buffer = p.encodeTo(states, places[:n], buffer)
		}
		for i, place := range places[:len(p.encoded)] {
			states[place] = p.encoded[i]
		}
		places = places[n:]
	}
	return states
}
