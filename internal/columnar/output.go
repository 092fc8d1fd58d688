package columnar

// output is a file in the making, in blocks: one slice that grew would be copied
// time and again, and would end with a quarter of itself unused.
type output struct {
	blocks [][]byte
	size   int
}

const (
	leastBlock = 4 << 10
	mostBlock  = 1 << 20
)

func (o *output) write(b []byte) {
	o.size += len(b)
	for len(b) > 0 {
		last := len(o.blocks) - 1
		if last < 0 || len(o.blocks[last]) == cap(o.blocks[last]) {
			o.blocks = append(o.blocks, make([]byte, 0, min(max(o.size, leastBlock), mostBlock)))
			continue
		}
		block := o.blocks[last]
		n := min(len(b), cap(block)-len(block))
		o.blocks[last] = append(block, b[:n]...)
		b = b[n:]
	}
}

// bytes gives the whole, and leaves nothing.
func (o *output) bytes() []byte {
	out := make([]byte, 0, o.size)
	for i, block := range o.blocks {
		out = append(out, block...)
		o.blocks[i] = nil
	}
	*o = output{}
	return out
}
