package aggregate

// tally counts the groups of masks, eight at a time.
type tally struct {
	counts [4]uint64 // a byte for each group
	n      int       // masks, up to what a byte can hold
}

// bytesOf makes a byte of each bit.
var bytesOf = func() (of [256]uint64) {
	for i := range of {
		for bit := range 8 {
			of[i] |= uint64(i>>bit&1) << (8 * bit)
		}
	}
	return of
}()

func (t *tally) add(mask uint32) {
	t.counts[0] += bytesOf[uint8(mask)]
	t.counts[1] += bytesOf[uint8(mask>>8)]
	t.counts[2] += bytesOf[uint8(mask>>16)]
	t.counts[3] += bytesOf[uint8(mask>>24)]
}

// room makes room for n more masks, at most 255.
func (t *tally) room(n int, count []uint32) {
	if t.n += n; t.n > 255 {
		t.flush(count)
		t.n = n
	}
}

// flush adds to the groups' counts what was counted.
func (t *tally) flush(count []uint32) {
	for i := range min(len(count), blockSize) {
		count[i] += uint32(uint8(t.counts[i>>3] >> (i & 7 * 8)))
	}
	*t = tally{}
}
