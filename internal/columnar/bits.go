package columnar

import (
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/bitpack"
)

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
// Width is 32 at most.
func unpack32(dst []uint32, b []byte, from int, width uint) {
	if width == 0 {
		clear(dst)
		return
	}
	// Up to a number that begins with a byte, then by the library, which reads eight
	// at a time, and past their end.
	first := min(len(dst), -from&7)
	unpackOne(dst[:first], b, from*int(width), width)
	dst, from = dst[first:], from+first
	at := from * int(width) / 8
	n := min(len(dst), max(0, len(b)-at-unpackPadding)*8/int(width)) &^ 7
	if n > 0 {
		bitpack.Unpack(dst[:n], b[at:], width)
	}
	unpackOne(dst[n:], b, (from+n)*int(width), width)
}

// unpackPadding is how far the library says it reads past the last number, and one.
const unpackPadding = bitpack.PaddingInt32 + 1

// unpackOne is unpack32 from a bit on, one by one.
func unpackOne(dst []uint32, b []byte, bit int, width uint) {
	mask := uint64(1)<<width - 1
	for i := range dst {
		dst[i] = uint32(load64(b, bit>>3) >> (bit & 7) & mask)
		bit += int(width)
	}
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
		value := load64(h.b[:at+n], at)
		if value>>h.width != 0 {
			return malformed("a run of %d in %d bits", value, h.width)
		}
		h.value = uint32(value)
		h.at = at + n
		return nil
	}
	// The last run may be shorter than its header says: some writers cut the
	// padding off.
	n := min(int(count)*int(h.width), len(h.b)-at)
	h.packed, h.from, h.run = h.b[at:], 0, int(count)*8 // with what follows: see unpack32
	if h.width > 0 {
		h.run = min(h.run, n*8/int(h.width))
	}
	h.at = at + n
	if h.run == 0 {
		return malformed("a run is cut off")
	}
	return nil
}

func (h *hybrid) read(dst []uint32) error {
	for len(dst) > 0 {
		if h.run == 0 {
			if err := h.begin(); err != nil {
				return err
			}
		}
		n := min(h.run, len(dst))
		if h.packed == nil {
			fill(dst[:n], h.value)
		} else {
			unpack32(dst[:n], h.packed, h.from, h.width)
			h.from += n
		}
		h.run -= n
		dst = dst[n:]
	}
	return nil
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
		} else if whole := n &^ 7; h.width == 1 && h.from&7 == 0 && whole > 0 && max == 1 {
			n = whole
			count += unpackBools(valid[:n], h.packed[h.from/8:])
			h.from += n
			h.run -= n
		} else {
			n = min(n, len(scratch))
			if err := h.read(scratch[:n]); err != nil {
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

// unpackBools reads len(dst) bits, a multiple of eight, and counts those that are set.
func unpackBools(dst []bool, b []byte) (set int) {
	for i := 0; i+8 <= len(dst); i += 8 {
		x := b[i/8]
		d := dst[i : i+8 : i+8]
		d[0], d[1], d[2], d[3] = x&1 != 0, x&2 != 0, x&4 != 0, x&8 != 0
		d[4], d[5], d[6], d[7] = x&16 != 0, x&32 != 0, x&64 != 0, x&128 != 0
		set += bits.OnesCount8(x)
	}
	return set
}

func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}
