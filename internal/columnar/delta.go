package columnar

import "encoding/binary"

// delta reads DELTA_BINARY_PACKED integers, as far as it's asked to.
//
// Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
type delta struct {
	b     []byte
	at    int
	mini  int // values of a miniblock
	count int // miniblocks of a block
	left  int // values not read yet

	last   int64
	first  bool
	min    int64
	widths []byte // of the block's miniblocks to come
	width  uint
	packed []byte
	from   int
	run    int // values left in the miniblock
}

func newDelta(b []byte) (d delta, err error) {
	var block, count, total uint64
	d.b = b
	for _, v := range []*uint64{&block, &count, &total} {
		if *v, d.at, err = uvarint(b, d.at); err != nil {
			return d, err
		}
	}
	if d.last, err = d.varint(); err != nil {
		return d, err
	}
	if block == 0 || block > 1<<16 || count == 0 || block%count != 0 || block/count%32 != 0 || total > 1<<31 {
		return d, malformed("deltas of %d values in blocks of %d by %d", total, block, count)
	}
	d.mini, d.count, d.left, d.first = int(block/count), int(count), int(total), true
	return d, nil
}

func (d *delta) varint() (int64, error) {
	if d.at < len(d.b) {
		if v, n := binary.Varint(d.b[d.at:]); n > 0 {
			d.at += n
			return v, nil
		}
	}
	return 0, malformed("a number is cut off")
}

// begin enters the next miniblock.
func (d *delta) begin() (err error) {
	if len(d.widths) == 0 {
		if d.min, err = d.varint(); err != nil {
			return err
		}
		if d.at+d.count > len(d.b) {
			return malformed("a block of deltas is cut off")
		}
		d.widths, d.at = d.b[d.at:d.at+d.count], d.at+d.count
	}
	d.width, d.widths = uint(d.widths[0]), d.widths[1:]
	if d.width > 64 {
		return malformed("deltas of %d bits", d.width)
	}
	// The last miniblock's padding may be missing.
	n := d.mini * int(d.width) / 8
	if d.at+n > len(d.b) {
		if n = len(d.b) - d.at; n*8 < min(d.mini, d.left)*int(d.width) {
			return malformed("a block of deltas is cut off")
		}
	}
	d.packed, d.from, d.run = d.b[d.at:d.at+n], 0, d.mini
	d.at += n
	return nil
}

func (d *delta) read(dst []int64) error {
	if len(dst) > d.left {
		return malformed("%d values where deltas have %d", len(dst), d.left)
	}
	if len(dst) > 0 && d.first {
		dst[0], d.first = d.last, false
		d.left--
		dst = dst[1:]
	}
	for len(dst) > 0 {
		if d.run == 0 {
			if err := d.begin(); err != nil {
				return err
			}
		}
		n := min(d.run, len(dst))
		d.unpack(dst[:n])
		d.run -= n
		d.left -= n
		dst = dst[n:]
	}
	return nil
}

func (d *delta) unpack(dst []int64) {
	last, width, bit := d.last, d.width, d.from*int(d.width)
	mask := uint64(1)<<width - 1 // of 64 bits: 1<<64 is 0, and 0-1 is all ones
	d.from += len(dst)
	for i := range dst {
		v := load64(d.packed, bit>>3) >> (bit & 7)
		if width > 56 && bit&7 != 0 && bit>>3+8 < len(d.packed) {
			v |= uint64(d.packed[bit>>3+8]) << (64 - bit&7)
		}
		last += d.min + int64(v&mask)
		dst[i] = last
		bit += int(width)
	}
	d.last = last
}

// rest gives the bytes after all the values: texts follow their lengths. It
// reads what is left.
func (d *delta) rest(dst []int64) ([]byte, error) {
	if err := d.read(dst); err != nil {
		return nil, err
	}
	if d.left != 0 {
		return nil, malformed("%d lengths too many", d.left)
	}
	return d.b[d.at:], nil
}
