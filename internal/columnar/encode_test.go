package columnar

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// writeInts makes a file of one column and row group.
func writeInts(t require.TestingT, ints []int64, valid []bool) []byte {
	w, err := NewWriter([]Column{{Path: []string{"n"}, Type: format.Int64, Optional: valid != nil}})
	require.NoError(t, err)
	require.NoError(t, w.WriteGroup(len(ints), []Data{{Ints: ints, Valid: valid}}))
	body, err := w.Close()
	require.NoError(t, err)
	return body
}

// Integers come back from a dictionary of any size, and from none.
func TestIntegersOfEveryRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 3*pageRows).Draw(t, "rows")
		different := rapid.IntRange(1, 1<<16).Draw(t, "different")
		spread := rapid.SampledFrom([]int64{1, 1000003, 0x9E3779B97F4A7C15 >> 1}).Draw(t, "spread")
		nulls := rapid.IntRange(0, 3).Draw(t, "one in so many is null")
		ints, valid := make([]int64, rows), []bool(nil)
		if nulls > 0 {
			valid = make([]bool, rows)
		}
		random := rapid.Uint64().Draw(t, "seed")
		for i := range ints {
			random = random*6364136223846793005 + 1442695040888963407
			ints[i] = int64(random>>33) % int64(different) * spread
			if nulls > 0 {
				valid[i] = i%nulls > 0
			}
		}
		body := writeInts(t, ints, valid)
		f, err := Open("ints.parquet", body)
		require.NoError(t, err)
		c, err := f.Column(0, 0)
		require.NoError(t, err)
		got, there := make([]int64, rows), make([]bool, rows)
		_, err = c.Ints(got, there)
		require.NoError(t, err)
		for i, v := range valid {
			require.Equal(t, v, there[i])
			if !v {
				got[i] = ints[i] // a null's place doesn't matter
			}
		}
		require.True(t, slices.Equal(ints, got))
		library, err := parquet.Read[struct {
			N *int64 `parquet:"n"`
		}](bytes.NewReader(body), int64(len(body)))
		require.NoError(t, err)
		for i := range library {
			if valid == nil || valid[i] {
				require.Equal(t, ints[i], *library[i].N)
			}
		}
	})
}

func TestDistinctNumbersEachIntegerOnce(t *testing.T) {
	var d distinct
	d.reset()
	seen := map[int64]uint32{}
	for i := range int64(100_000) {
		v := i * i % 2729 << (i % 3 * 20)
		code, ok := d.code(v)
		require.True(t, ok)
		want, known := seen[v]
		if !known {
			want, seen[v] = uint32(len(seen)), uint32(len(seen))
		}
		require.Equal(t, want, code)
		require.Equal(t, v, d.values[code])
	}
	ok := true
	for v := int64(-1); ok; v-- {
		_, ok = d.code(v)
	}
	require.Len(t, d.values, maxDistinct)
}

// The bounds of texts are those that comparing them all would find.
func TestBoundsOfTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SampledFrom([]rune{0, 'a', 'b', 'ñ'})
		want := rapid.SliceOfN(rapid.StringOfN(letters, 0, 12, -1), 1, 20).Draw(t, "texts")
		var b, coded pageBounds
		var list TextList
		var codes []uint32
		for _, text := range want {
			b.blob([]byte(text))
			codes = append(codes, list.Code(text))
		}
		coded.texts(codes, &list, new(scratch))
		for _, got := range []pageBounds{b, coded} {
			require.True(t, got.known)
			require.Equal(t, slices.Min(want), string(got.min))
			require.Equal(t, slices.Max(want), string(got.max))
		}
		for i, code := range codes {
			require.Equal(t, want[i], string(list.At(int(code))))
			require.Equal(t, slices.Index(codes, code), slices.Index(want, want[i]))
		}
	})
}

func TestBoundsOfIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Int64(), 1, 20).Draw(t, "integers")
		var b pageBounds
		b.ints(want)
		require.Equal(t, appendPlainInts(nil, []int64{slices.Min(want), slices.Max(want)}, format.Int64), slices.Concat(b.min, b.max))
	})
}

// Identifiers of one length, with and without a common beginning, in a dictionary
// that is large enough to be compressed by its stride.
func TestDictionariesOfIdentifiers(t *testing.T) {
	for _, prefix := range []string{"", "s", "sess-", strings.Repeat("visit ", 9)} {
		var list TextList
		var codes []uint32
		for i := range uint64(3 * pageRows) {
			codes = append(codes, list.Code(prefix+fmt.Sprintf("%08x", i/9*0x9E3779B97F4A7C15>>32)))
		}
		w, err := NewWriter([]Column{{Path: []string{"id"}, Type: format.ByteArray, Logical: new(format.StringType)}})
		require.NoError(t, err)
		require.NoError(t, w.WriteGroup(len(codes), []Data{{Codes: codes, Texts: &list}}))
		body, err := w.Close()
		require.NoError(t, err)
		rows, err := parquet.Read[struct {
			ID string `parquet:"id"`
		}](bytes.NewReader(body), int64(len(body)))
		require.NoError(t, err)
		for i, code := range codes {
			require.Equal(t, string(list.At(int(code))), rows[i].ID)
		}
	}
}
