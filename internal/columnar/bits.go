package columnar

import "encoding/binary"

// load64 reads eight little-endian bytes at a place, with zeros past the end.
func load64(b []byte, at int) uint64 {
	if at+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[at:])
	}
	v := uint64(0)
	for i := len(b) - 1; i >= at && i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// unpack32 reads len(dst) numbers of width bits each, from number from of b on.
// Width is 32 at most. It gives the largest, too.
func unpack32(dst []uint32, b []byte, from int, width uint) (most uint32) {
	mask := uint64(1)<<width - 1
	bit := from * int(width)
	i := 0
	// Of narrow numbers eight, or four, lie in one load.
	switch {
	case width == 0:
		clear(dst)
		return 0
	case width <= 7:
		m := uint32(mask)
		for ; i+8 <= len(dst) && bit>>3+8 <= len(b); i += 8 {
			w := binary.LittleEndian.Uint64(b[bit>>3:]) >> (bit & 7)
			d := dst[i : i+8 : i+8]
			v0, v1, v2, v3 := uint32(w)&m, uint32(w>>(width&63))&m, uint32(w>>(2*width&63))&m, uint32(w>>(3*width&63))&m
			v4, v5, v6, v7 := uint32(w>>(4*width&63))&m, uint32(w>>(5*width&63))&m, uint32(w>>(6*width&63))&m, uint32(w>>(7*width&63))&m
			d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = v0, v1, v2, v3, v4, v5, v6, v7
			most = max(most, max(max(v0, v1), max(v2, v3)), max(max(v4, v5), max(v6, v7)))
			bit += 8 * int(width)
		}
	case width <= 14:
		m := uint32(mask)
		for ; i+4 <= len(dst) && bit>>3+8 <= len(b); i += 4 {
			w := binary.LittleEndian.Uint64(b[bit>>3:]) >> (bit & 7)
			d := dst[i : i+4 : i+4]
			v0, v1, v2, v3 := uint32(w)&m, uint32(w>>(width&63))&m, uint32(w>>(2*width&63))&m, uint32(w>>(3*width&63))&m
			d[0], d[1], d[2], d[3] = v0, v1, v2, v3
			most = max(most, max(max(v0, v1), max(v2, v3)))
			bit += 4 * int(width)
		}
	case width <= 28:
		m := uint32(mask)
		for ; i+2 <= len(dst) && bit>>3+8 <= len(b); i += 2 {
			w := binary.LittleEndian.Uint64(b[bit>>3:]) >> (bit & 7)
			d := dst[i : i+2 : i+2]
			v0, v1 := uint32(w)&m, uint32(w>>(width&63))&m
			d[0], d[1] = v0, v1
			most = max(most, max(v0, v1))
			bit += 2 * int(width)
		}
	}
	for ; i < len(dst); i++ {
		dst[i] = uint32(load64(b, bit>>3) >> (bit & 7) & mask)
		most = max(most, dst[i])
		bit += int(width)
	}
	return most
}

// hybrid reads the run-length and bit-packed hybrid of levels, dictionary codes
// and bools, as far as it's asked to: a run of two thousand million takes five
// bytes, so a page is never decoded as a whole.
//
// Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
type hybrid struct {
	b      []byte
	at     int
	width  uint
	run    int    // values left in the run
	value  uint32 // of a run-length run
	packed []byte // of a bit-packed run
	from   int    // the next value in packed
}

func newHybrid(b []byte, width uint) (hybrid, error) {
	if width > 32 {
		return hybrid{}, malformed("numbers of %d bits", width)
	}
	return hybrid{b: b, width: width}, nil
}

// begin reads the header of the next run.
func (h *hybrid) begin() error {
	head, at, err := uvarint(h.b, h.at)
	if err != nil {
		return err
	}
	count := head >> 1
	if count == 0 || count > 1<<31 {
		return malformed("a run of %d values", count)
	}
	if head&1 == 0 {
		n := int(h.width+7) / 8
		if at+n > len(h.b) {
			return malformed("a run is cut off")
		}
		h.run, h.packed = int(count), nil
		h.value = uint32(load64(h.b[:at+n], at))
		h.at = at + n
		return nil
	}
	// The last run may be shorter than its header says: some writers cut the
	// padding off.
	n := min(int(count)*int(h.width), len(h.b)-at)
	h.packed, h.from, h.run = h.b[at:at+n:at+n], 0, int(count)*8
	if h.width > 0 {
		h.run = min(h.run, n*8/int(h.width))
	}
	h.at = at + n
	if h.run == 0 {
		return malformed("a run is cut off")
	}
	return nil
}

// read fills dst, and gives the largest number in it.
func (h *hybrid) read(dst []uint32) (most uint32, err error) {
	for len(dst) > 0 {
		if h.run == 0 {
			if err := h.begin(); err != nil {
				return most, err
			}
		}
		n := min(h.run, len(dst))
		if h.packed == nil {
			fill(dst[:n], h.value)
			most = max(most, h.value)
		} else {
			most = max(most, unpack32(dst[:n], h.packed, h.from, h.width))
			h.from += n
		}
		h.run -= n
		dst = dst[n:]
	}
	return most, nil
}

// all passes over the next n numbers if it's sure that they all are value, as those
// of a run are; else it does nothing.
func (h *hybrid) all(n int, value uint32) (bool, error) {
	if h.run == 0 {
		if err := h.begin(); err != nil {
			return false, err
		}
	}
	if h.packed != nil || h.value != value || h.run < n {
		return false, nil
	}
	h.run -= n
	return true, nil
}

// levels reads definition levels as validity, and counts the valid.
func (h *hybrid) levels(valid []bool, max uint32) (count int, err error) {
	var scratch [256]uint32
	for len(valid) > 0 {
		if h.run == 0 {
			if err := h.begin(); err != nil {
				return 0, err
			}
		}
		n := min(h.run, len(valid))
		if h.packed == nil {
			fill(valid[:n], h.value == max)
			if h.value == max {
				count += n
			}
			h.run -= n
		} else {
			n = min(n, len(scratch))
			if _, err := h.read(scratch[:n]); err != nil {
				return 0, err
			}
			for i, level := range scratch[:n] {
				valid[i] = level == max
				if level == max {
					count++
				}
			}
		}
		valid = valid[n:]
	}
	return count, nil
}

func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}
