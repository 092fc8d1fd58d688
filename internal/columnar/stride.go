package columnar

import (
	"encoding/binary"
	"math/bits"

	"github.com/klauspost/compress/huff0"
)

// strides compresses pages of equally long records that have some bytes in
// common: a dictionary of identifiers, each after its length, or one of integers
// whose upper bytes are zero. A general compressor spends most of its time on
// looking for matches in them, and finds the same one over and over: the common
// bytes, one record back. So that match is written down without a search, and
// the bytes in between are entropy-coded: ordinary Zstandard, six times faster,
// and a tenth smaller for identifiers of sixteen hex digits.
//
// Source: RFC 8878, section 3.1.1.
type strides struct {
	literals []byte
	huffman  huff0.Scratch
}

const (
	strideLeast  = 16 << 10 // bytes of a page that are worth it
	strideMost   = 8 << 20  // so that no reader's window is too small
	strideRecord = 64       // bytes of a record, at most
	strideSample = 4 << 10  // bytes that are compressed both ways, to choose
)

// compress appends a frame of page, whose records have size bytes. It's false
// where another compressor would do better.
func (s *strides) compress(dst, page []byte, size int) ([]byte, bool) {
	if size < 8 || size > strideRecord || len(page) < strideLeast || len(page) > strideMost || len(page)%size != 0 {
		return dst, false
	}
	from, n := commonRun(page, size)
	if n < 3 {
		return dst, false
	}
	sample := page[:strideSample/size*size]
	general, err := zstdCodec.Encode(nil, sample)
	if err != nil || len(s.frame(nil, sample, size, from, n)) > len(general) {
		return dst, false
	}
	return s.frame(dst, page, size, from, n), true
}

// commonRun finds the longest run of bytes that are the same in all records. It
// may go from a record's end into the next one.
func commonRun(page []byte, size int) (from, n int) {
	var differ [strideRecord]byte
	first := page[:size]
	for at := 0; at+8 <= size; at += 8 {
		binary.LittleEndian.PutUint64(differ[at:], differences(page, size, at))
	}
	tail := differences(page, size, size-8)
	for i := range 8 {
		differ[len(first)-8+i] |= byte(tail >> (8 * i))
	}
	run := 0
	for i := range 2 * size {
		if differ[i%size] != 0 {
			run = 0
		} else if run++; run > n {
			from, n = (i+1-run)%size, run
		}
	}
	// At least one byte differs; matches up to 34 bytes have a code of their own.
	return from, min(n, size-1, 34)
}

// differences gives the bits that aren't the same in all records' eight bytes at
// a place.
func differences(page []byte, size, at int) (differ uint64) {
	first := binary.LittleEndian.Uint64(page[at:])
	for ; at+8 <= len(page); at += size {
		differ |= binary.LittleEndian.Uint64(page[at:]) ^ first
	}
	return differ
}

// frame appends a Zstandard frame.
func (s *strides) frame(dst, page []byte, size, from, n int) []byte {
	dst = appendFrameHeader(dst, len(page))
	// The first block has the first match, and with it the distance: one that's
	// the same as the last has a code that needs no bits.
	dst = s.block(dst, page[:size+from], 1, size+from, n, size, false)
	at, matches := size+from+n, (len(page)-from-n)/size-1
	for matches > 0 {
		k := min(matches, zstdBlock/size-1)
		s.literals = s.literals[:0]
		for range k {
			s.literals = append(s.literals, page[at:at+size-n]...)
			at += size
		}
		dst = s.block(dst, s.literals, k, size-n, n, 0, false)
		matches -= k
	}
	return s.block(dst, page[at:], 0, 0, 0, 0, true)
}

// entropy appends a frame of page without matches: the general compressor stores a
// page as it is where it finds none, however few bytes most of it is.
func (s *strides) entropy(dst, page []byte) []byte {
	dst = appendFrameHeader(dst, len(page))
	for len(page) > zstdBlock {
		dst = s.block(dst, page[:zstdBlock], 0, 0, 0, 0, false)
		page = page[zstdBlock:]
	}
	return s.block(dst, page, 0, 0, 0, 0, true)
}

func appendFrameHeader(dst []byte, size int) []byte {
	const magic, singleSegmentOf4Bytes = 0xFD2FB528, 0xA0
	dst = append(binary.LittleEndian.AppendUint32(dst, magic), singleSegmentOf4Bytes)
	return binary.LittleEndian.AppendUint32(dst, uint32(size))
}

// block appends a block of so many sequences, all alike: skip literals, then a
// match at a distance, or the last distance where that is zero.
func (s *strides) block(dst, literals []byte, sequences, skip, match, distance int, last bool) []byte {
	const raw, compressed = uint32(0), uint32(2)
	start, kind := len(dst), compressed
	dst = s.appendLiterals(append(dst, 0, 0, 0), literals)
	if sequences < 128 {
		dst = append(dst, byte(sequences))
	} else { // and below 0x7F00, as records have 8 bytes
		dst = append(dst, byte(sequences>>8)+128, byte(sequences))
	}
	if sequences > 0 {
		const eachOfOneCode = 1<<6 | 1<<4 | 1<<2
		skipCode, skipBits, skipExtra := skipCode(skip)
		offset := uint(1) // the last distance
		if distance > 0 {
			offset = uint(distance) + 3
		}
		offsetBits := bits.Len(offset) - 1
		dst = append(dst, eachOfOneCode, skipCode, byte(offsetBits), byte(match-3))
		w := bitWriter{dst: dst}
		for range sequences {
			w.write(uint64(skipExtra), skipBits)
			w.write(uint64(offset)&(1<<offsetBits-1), offsetBits)
		}
		w.write(1, 1) // where readers begin
		dst = w.flush()
	}
	if sequences == 0 && len(dst)-start-3 >= len(literals) {
		dst, kind = append(dst[:start+3], literals...), raw
	}
	head := uint32(len(dst)-start-3)<<3 | kind<<1
	if last {
		head |= 1
	}
	dst[start], dst[start+1], dst[start+2] = byte(head), byte(head>>8), byte(head>>16)
	return dst
}

// appendLiterals appends a literals section: Huffman codes in four streams, or
// the bytes where these aren't fewer.
func (s *strides) appendLiterals(dst, literals []byte) []byte {
	const raw, huffman, long = 0, 2, 3 << 2
	if len(literals) >= 1024 {
		s.huffman.Reuse = huff0.ReusePolicyNone
		if out, _, err := huff0.Compress4X(literals, &s.huffman); err == nil && len(out)+5 < len(literals) {
			head := huffman | long | uint64(len(literals))<<4 | uint64(len(out))<<22
			dst = append(dst, byte(head), byte(head>>8), byte(head>>16), byte(head>>24), byte(head>>32))
			return append(dst, out...)
		}
	}
	head := raw | long | uint32(len(literals))<<4
	return append(append(dst, byte(head), byte(head>>8), byte(head>>16)), literals...)
}

// skipCode gives the code of a number of literals below 128, how many bits follow
// it, and these.
func skipCode(n int) (code byte, bits int, extra int) {
	if n < 16 {
		return byte(n), 0, 0
	}
	for _, c := range [...]struct{ code, base, bits int }{{25, 64, 6}, {24, 48, 4}, {23, 40, 3}, {22, 32, 3}, {21, 28, 2}, {20, 24, 2}} {
		if n >= c.base {
			return byte(c.code), c.bits, n - c.base
		}
	}
	return byte(8 + n/2), 1, n & 1
}

// bitWriter appends bits, the lowest first.
type bitWriter struct {
	dst   []byte
	bits  uint64
	count int // fewer than 8 between writes
}

// write appends up to 56 bits.
func (w *bitWriter) write(v uint64, n int) {
	w.bits |= v << w.count
	for w.count += n; w.count >= 8; w.count -= 8 {
		w.dst = append(w.dst, byte(w.bits))
		w.bits >>= 8
	}
}

func (w *bitWriter) flush() []byte {
	if w.count > 0 {
		w.dst = append(w.dst, byte(w.bits))
	}
	return w.dst
}
