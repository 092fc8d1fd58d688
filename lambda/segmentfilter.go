package lambda

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"sync"
)

// segmentFilter says which segments of a partition may have a key in a view's sealed
// delta, at one look for all of them: of many segments most have nothing of a key. It
// learns a segment's keys, which never change, from the first query that reads them.
type segmentFilter struct {
	first int64 // the sequence of the segment that has bit 0
	seed  maphash.Seed

	mu    sync.RWMutex
	known uint64   // the segments whose keys are in masks
	masks []uint64 // by a key's hash: the segments that have such keys
	keys  int      // how many are in
}

// filterSegments is how many segments a filter is for; others are read. When so many
// as renewAfter are in a base, a new filter begins.
const filterSegments, renewAfter = 64, 32

// filterOf gives the filter of a partition's segments from a sequence on.
func (r *registration[E]) filterOf(partition int, first int64) *segmentFilter {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.filters[partition]
	if f == nil || first < f.first || first-f.first >= renewAfter {
		f = &segmentFilter{first: first, seed: maphash.MakeSeed()}
		r.filters[partition] = f
	}
	return f
}

// bit is a segment's; 0 where it has none.
func (f *segmentFilter) bit(sequence int64) uint64 {
	if n := sequence - f.first; n >= 0 && n < filterSegments {
		return 1 << n
	}
	return 0
}

// without gives the segments that surely have none of some whole keys.
func (f *segmentFilter) without(keys [][]byte) (segments uint64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	segments = f.known
	for _, key := range keys {
		if segments == 0 || len(f.masks) == 0 {
			break
		}
		segments &^= f.masks[f.place(key)]
	}
	return segments
}

func (f *segmentFilter) place(key []byte) uint64 {
	return maphash.Bytes(f.seed, key) & uint64(len(f.masks)-1)
}

// learn takes in the keys of a segment. The masks have at most limit bytes: segments
// that are too many for that stay unknown.
func (f *segmentFilter) learn(sequence int64, file *stateFile, limit int64) {
	bit := f.bit(sequence)
	f.mu.Lock()
	defer f.mu.Unlock()
	if bit == 0 || f.known&bit != 0 || !f.room(len(file.states), limit) {
		return
	}
	var last []byte
	for i := range file.states {
		if key := file.states[i].Key; i == 0 || !bytes.Equal(key, last) {
			f.masks[f.place(key)] |= bit
			f.keys++
			last = key
		}
	}
	f.known |= bit
}

// room makes room for more keys. Masks that grow forget what they knew: queries tell
// it again.
func (f *segmentFilter) room(more int, limit int64) bool {
	if 2*(f.keys+more) <= len(f.masks) {
		return true
	}
	size := 4 << bits.Len(uint(f.keys+more))
	if int64(size)*8 > limit {
		return false
	}
	f.masks, f.known, f.keys = make([]uint64, size), 0, 0
	return true
}
