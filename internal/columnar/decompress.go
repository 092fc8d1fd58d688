package columnar

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/parquet-go/parquet-go/compress/snappy"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

var (
	zstdCodec   = &zstd.Codec{Level: zstd.SpeedFastest}
	snappyCodec = new(snappy.Codec)
)

// maxPage bounds a page's size, uncompressed.
const maxPage = 1 << 28

// checkPage refuses a page whose uncompressed size no codec could reach from
// its bytes. Zstandard's best is 32 KiB from one.
func checkPage(compressed, uncompressed int) error {
	if uncompressed < 0 || uncompressed > maxPage || uncompressed > 1<<20+compressed<<15 {
		return malformed("a page of %d bytes claims to be %d", compressed, uncompressed)
	}
	return nil
}

// decompress gives src's size bytes, in dst's memory where it's large enough. It
// allocates no more than that size: every codec is held to it, since a small
// page can be made to unfold into gigabytes.
func decompress(codec format.CompressionCodec, dst, src []byte, size int) (_ []byte, err error) {
	if codec == format.Uncompressed {
		if len(src) != size {
			return nil, malformed("an uncompressed page of %d bytes claims to be %d", len(src), size)
		}
		return src, nil
	}
	if cap(dst) < size {
		dst = make([]byte, size+size/4)
	}
	dst = dst[:size]
	switch codec {
	case format.Zstd:
		if err := checkZstd(src, size); err != nil {
			return nil, err
		}
		dst, err = zstdCodec.Decode(dst, src)
	case format.Snappy:
		if n, _ := binary.Uvarint(src); n != uint64(size) {
			return nil, malformed("a snappy page of %d bytes claims to be %d", n, size)
		}
		dst, err = snappyCodec.Decode(dst, src)
	case format.Gzip:
		dst, err = gunzip(dst, src)
	case format.Brotli:
		dst, err = readExactly(dst, brotli.NewReader(bytes.NewReader(src)))
	case format.Lz4Raw:
		dst, err = unLZ4(dst, src)
	case format.Lz4:
		dst, err = unHadoopLZ4(dst, src)
	default:
		return nil, unsupported("codec %s", codec)
	}
	if err != nil {
		return nil, malformed("cannot decompress: %v", err)
	}
	if len(dst) != size {
		return nil, malformed("a page of %d bytes claims to be %d", len(dst), size)
	}
	return dst, nil
}

func gunzip(dst, src []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	return readExactly(dst, r)
}

// readExactly fills dst, after which r must end.
func readExactly(dst []byte, r io.Reader) ([]byte, error) {
	if _, err := io.ReadFull(r, dst); err != nil {
		return nil, err
	}
	var more [1]byte
	switch _, err := io.ReadFull(r, more[:]); err { // a Read may give nothing, and no error
	case io.EOF:
		return dst, nil
	case nil:
		return nil, malformed("more than the page's size")
	default:
		return nil, err
	}
}

// checkZstd walks the frames and blocks of src, which say how much they can
// unfold into. The decoder would go on past size.
//
// Source: RFC 8878, section 3.1.
func checkZstd(src []byte, size int) error {
	total := 0
	for at := 0; at < len(src); {
		n, content, err := zstdFrame(src[at:])
		if err != nil {
			return err
		}
		at += n
		if total += content; total > size && total > 4*size+1<<20 {
			return malformed("zstd frames of up to %d bytes in a page of %d", total, size)
		}
	}
	return nil
}

var errCutFrame = malformed("a zstd frame is cut off")

const zstdBlock = 128 << 10 // the most that a block unfolds into

// zstdFrame gives a frame's length, and the most that it unfolds into: what its
// header says, where it does (the decoder holds it to that), else by its blocks.
func zstdFrame(b []byte) (n, content int, err error) {
	if len(b) < 6 {
		return 0, 0, errCutFrame
	}
	switch number := binary.LittleEndian.Uint32(b); {
	case number>>4 == 0x184D2A5: // skippable
		size := uint64(8)
		if len(b) >= 8 {
			size += uint64(binary.LittleEndian.Uint32(b[4:]))
		}
		if size > uint64(len(b)) {
			return 0, 0, errCutFrame
		}
		return int(size), 0, nil
	case number != 0xFD2FB528:
		return 0, 0, malformed("not a zstd frame")
	}
	flags := b[4]
	single := flags>>5&1 == 1
	known := []int{0, 2, 4, 8}[flags>>6] // bytes of the content's size
	if single && known == 0 {
		known = 1
	}
	at := 5 + []int{0, 1, 2, 4}[flags&3] // past the dictionary's number
	if !single {
		at++ // the window's size
	}
	if at+known > len(b) {
		return 0, 0, errCutFrame
	}
	declared := load64(b[:at+known], at)
	if known == 2 {
		declared += 256
	}
	if declared > maxPage {
		return 0, 0, malformed("a zstd frame of %d bytes", declared)
	}
	at += known
	for last := false; !last; {
		if at+3 > len(b) {
			return 0, 0, errCutFrame
		}
		head := uint32(load64(b[:at+3], at))
		last = head&1 == 1
		size := int(head >> 3)
		if size > zstdBlock {
			return 0, 0, malformed("a zstd block of %d bytes", size)
		}
		at += 3
		switch head >> 1 & 3 {
		case 0: // raw
			at, content = at+size, content+size
		case 1: // one byte, repeated
			at, content = at+1, content+size
		default:
			at, content = at+size, content+zstdBlock
		}
	}
	if flags>>2&1 == 1 { // a checksum
		at += 4
	}
	if at > len(b) {
		return 0, 0, errCutFrame
	}
	if known > 0 {
		content = int(declared)
	}
	return at, content, nil
}

// unHadoopLZ4 unfolds what Hadoop's codec wrote, as Spark calls "lz4": blocks,
// each after its size unfolded and its size, big-endian. Old writers have a block
// alone under the same name.
//
// Source: Apache Parquet, Compression.md, "LZ4".
func unHadoopLZ4(dst, src []byte) ([]byte, error) {
	out, at := 0, 0
	for at < len(src) {
		if len(src)-at < 8 {
			return unLZ4(dst, src)
		}
		unfolded, size := binary.BigEndian.Uint32(src[at:]), binary.BigEndian.Uint32(src[at+4:])
		at += 8
		if uint64(unfolded) > uint64(len(dst)-out) || uint64(size) > uint64(len(src)-at) {
			return unLZ4(dst, src)
		}
		block, err := unLZ4(dst[out:out+int(unfolded)], src[at:at+int(size)])
		if err != nil || len(block) != int(unfolded) {
			return unLZ4(dst, src)
		}
		out, at = out+int(unfolded), at+int(size)
	}
	return dst[:out], nil
}

// unLZ4 decodes one raw LZ4 block into dst, exactly. The library's codec doubles
// its buffer for ever on a damaged block.
//
// Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
func unLZ4(dst, src []byte) ([]byte, error) {
	out, at := 0, 0
	length := func(n int) (int, error) {
		if n < 15 {
			return n, nil
		}
		for {
			if at >= len(src) {
				return 0, malformed("an lz4 block is cut off")
			}
			b := src[at]
			at++
			n += int(b)
			if b < 255 {
				return n, nil
			}
		}
	}
	for at < len(src) {
		token := int(src[at])
		at++
		literals, err := length(token >> 4)
		if err != nil {
			return nil, err
		}
		if literals > len(src)-at || literals > len(dst)-out {
			return nil, malformed("an lz4 literal out of bounds")
		}
		out += copy(dst[out:], src[at:at+literals])
		if at += literals; at == len(src) {
			return dst[:out], nil // the last sequence has no match
		}
		if at+2 > len(src) {
			return nil, malformed("an lz4 block is cut off")
		}
		back := int(src[at]) | int(src[at+1])<<8
		at += 2
		match, err := length(token & 15)
		if err != nil {
			return nil, err
		}
		match += 4
		if back == 0 || back > out || match > len(dst)-out {
			return nil, malformed("an lz4 match out of bounds")
		}
		for range match {
			dst[out] = dst[out-back]
			out++
		}
	}
	return dst[:out], nil
}
