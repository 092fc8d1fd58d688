package columnar

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go/compress/brotli"
	"github.com/parquet-go/parquet-go/compress/lz4"
	libdelta "github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawRuns gives numbers below 1<<width, some in runs.
func drawRuns(t *rapid.T, width int) []int32 {
	var out []int32
	for range rapid.IntRange(1, 12).Draw(t, "runs") {
		v := rapid.Uint32Range(0, 1<<width-1).Draw(t, "value")
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			out = append(out, int32(v))
			if rapid.Bool().Draw(t, "change") {
				v = rapid.Uint32Range(0, 1<<width-1).Draw(t, "value")
			}
		}
	}
	return out
}

func TestHybridReadsWhatTheLibraryWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 31).Draw(t, "width")
		want := drawRuns(t, width)
		b, err := (&rle.Encoding{BitWidth: width}).EncodeInt32(nil, want)
		require.NoError(t, err)
		h, err := newHybrid(b, uint(width))
		require.NoError(t, err)
		for len(want) > 0 {
			n := rapid.IntRange(1, len(want)).Draw(t, "step")
			got := make([]uint32, n)
			most, err := h.read(got)
			require.NoError(t, err)
			require.Equal(t, slices.Max(got), most)
			for i := range got {
				require.Equal(t, uint32(want[i]), got[i])
			}
			want = want[n:]
		}
	})
}

func TestLevelsCountTheValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		max := rapid.Uint32Range(1, 3).Draw(t, "max")
		var levels []byte
		for _, v := range drawRuns(t, 2) {
			levels = append(levels, byte(min(uint32(v), max)))
		}
		b, err := (&rle.Encoding{BitWidth: bits.Len32(max)}).EncodeLevels(nil, levels)
		require.NoError(t, err)
		h, err := newHybrid(b, width(max))
		require.NoError(t, err)
		valid := make([]bool, len(levels))
		count, err := h.levels(valid, max)
		require.NoError(t, err)
		for i, level := range levels {
			require.Equal(t, level == byte(max), valid[i])
			if valid[i] {
				count--
			}
		}
		require.Zero(t, count)
	})
}

func TestDeltaReadsWhatTheLibraryWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Differences of every width, up to those that wrap around.
		shift := rapid.IntRange(0, 63).Draw(t, "shift")
		var want []int64
		for range rapid.IntRange(0, 300).Draw(t, "n") {
			want = append(want, rapid.Int64().Draw(t, "v")>>shift)
		}
		b, err := (&libdelta.BinaryPackedEncoding{}).EncodeInt64(nil, want)
		require.NoError(t, err)
		d, err := newDelta(append(b, "rest"...))
		require.NoError(t, err)
		for len(want) > 0 {
			n := rapid.IntRange(1, len(want)).Draw(t, "step")
			got := make([]int64, n)
			require.NoError(t, d.read(got))
			require.Equal(t, want[:n], got)
			want = want[n:]
		}
		rest, err := d.rest(nil)
		require.NoError(t, err)
		require.Equal(t, "rest", string(rest))
		require.ErrorIs(t, d.read(make([]int64, 1)), ErrFormat)
	})
}

func TestLZ4ReadsWhatTheLibraryWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []byte
		for range rapid.IntRange(1, 8).Draw(t, "parts") {
			part := rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "part")
			want = append(want, bytes.Repeat(part, rapid.IntRange(1, 60).Draw(t, "times"))...)
		}
		packed, err := (&lz4.Codec{Level: lz4.Fast}).Encode(nil, want)
		require.NoError(t, err)
		if len(packed) == 0 {
			return // the library doesn't pack what doesn't shrink
		}
		got, err := decompress(format.Lz4Raw, nil, packed, len(want))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		for i := range packed {
			damaged := slices.Clone(packed)
			damaged[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
			if got, err := decompress(format.Lz4Raw, nil, damaged, len(want)); err == nil {
				require.Len(t, got, len(want))
			}
		}
	})
}

// bomb is much from little: n zeros, in the codec.
func bomb(t *testing.T, codec format.CompressionCodec, n int) []byte {
	zeros := make([]byte, n)
	switch codec {
	case format.Gzip:
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(zeros)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.Bytes()
	case format.Zstd:
		out, err := zstdCodec.Encode(nil, zeros)
		require.NoError(t, err)
		return out
	case format.Snappy:
		out, err := snappyCodec.Encode(nil, zeros)
		require.NoError(t, err)
		return out
	}
	if codec == format.Brotli {
		out, err := new(brotli.Codec).Encode(nil, zeros)
		require.NoError(t, err)
		return out
	}
	if codec == format.Lz4 {
		return slices.Concat(hadoopBlock(t, zeros[:n/2]), hadoopBlock(t, zeros[n/2:]))
	}
	return lz4Block(t, zeros)
}

func lz4Block(t *testing.T, b []byte) []byte {
	out, err := (&lz4.Codec{Level: lz4.Fast}).Encode(nil, b)
	require.NoError(t, err)
	return out
}

func hadoopBlock(t *testing.T, b []byte) []byte {
	block := lz4Block(t, b)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(b)))
	return append(binary.BigEndian.AppendUint32(out, uint32(len(block))), block...)
}

// The name LZ4 stands for blocks with Hadoop's sizes before them, and in old
// files for a block alone.
func TestLZ4OfHadoopAndOfOldWriters(t *testing.T) {
	text := bytes.Repeat([]byte("uno dos tres "), 100)
	for _, packed := range [][]byte{hadoopBlock(t, text), lz4Block(t, text), slices.Concat(hadoopBlock(t, text[:50]), hadoopBlock(t, text[50:]))} {
		got, err := decompress(format.Lz4, nil, packed, len(text))
		require.NoError(t, err)
		require.Equal(t, text, got)
		for i := range packed {
			_, err := decompress(format.Lz4, nil, packed[:i], len(text))
			require.ErrorIs(t, err, ErrFormat)
		}
	}
}

func TestInstantsOfImpala(t *testing.T) {
	for _, want := range []struct {
		nanos int64
		day   uint32
		time  time.Time
	}{
		{0, 2440588, time.Unix(0, 0)},
		{1999, 2440588, time.UnixMicro(1)},
		{-1, 2440588, time.UnixMicro(-1)},
		{3_600_000_000_000, 2440587, time.Unix(-23*3600, 0)},
		{0, 2461369, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)},
		{0, 0, time.Date(-4713, 11, 24, 0, 0, 0, 0, time.UTC)},
	} {
		b := binary.LittleEndian.AppendUint64(nil, uint64(want.nanos))
		require.Equal(t, want.time.UnixMicro(), instant(binary.LittleEndian.AppendUint32(b, want.day)), want.time)
	}
	require.Equal(t, int64(math.MaxInt64), instant(bytes.Repeat([]byte{0xff}, 12)))
}

func TestPagesUnfoldToTheSizeTheyClaimOnly(t *testing.T) {
	for _, codec := range []format.CompressionCodec{format.Gzip, format.Zstd, format.Snappy, format.Lz4Raw, format.Lz4, format.Brotli} {
		packed := bomb(t, codec, 1<<20)
		got, err := decompress(codec, nil, packed, 1<<20)
		require.NoError(t, err, codec)
		require.Len(t, got, 1<<20)
		for _, claimed := range []int{0, 100, 1<<20 - 1, 1<<20 + 1} {
			_, err := decompress(codec, nil, packed, claimed)
			require.ErrorIs(t, err, ErrFormat, "%s as %d", codec, claimed)
		}
	}
	_, err := decompress(format.LZO, nil, []byte{1}, 1)
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorIs(t, checkPage(10, 1<<21), ErrFormat)
	require.NoError(t, checkPage(100, 1<<21))
}

// A frame without its content's size, in blocks of one repeated byte, would
// unfold into a thousand times the claim before the decoder came back.
func TestZstdFramesAreMeasuredByTheirBlocks(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x58}
	block := uint32(zstdBlock)<<3 | 1<<1
	for range 1000 {
		frame = append(frame, byte(block), byte(block>>8), byte(block>>16), 0)
	}
	frame = append(frame, 1, 0, 0) // the last, an empty raw block
	require.ErrorIs(t, checkZstd(frame, 1<<20), ErrFormat)
	require.NoError(t, checkZstd(frame, 1000*zstdBlock))
	require.ErrorIs(t, checkZstd(frame[:len(frame)-1], 1000*zstdBlock), ErrFormat)

	got, err := decompress(format.Zstd, nil, append(frame[:6:6], frame[len(frame)-7:]...), zstdBlock)
	require.NoError(t, err)
	require.Len(t, got, zstdBlock)
}
