package source

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Texts that hardly repeat are written without a dictionary from distinctRows on,
// and that depends on the events alone.
func TestParquetOfManyTexts(t *testing.T) {
	type visit struct {
		Session string  `anabranch:"session"`
		Note    *string `anabranch:"note"`
	}
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.IntRange(1, 5).Draw(t, "events of a session")
		nulls := rapid.IntRange(2, 5).Draw(t, "one in so many is null")
		visits := make([]visit, rapid.IntRange(distinctRows-50, distinctRows+500).Draw(t, "events"))
		for i := range visits {
			note := fmt.Sprint("note ", i*7%(len(visits)/share))
			visits[i].Session = fmt.Sprintf("%016x", uint64(i/share)*0x9E3779B97F4A7C15)
			if i%nulls > 0 {
				visits[i].Note = &note
			}
		}
		whole := build(t, 0, 0, visits...)
		var parts []*Chunk[visit]
		for from := 0; from < len(visits); {
			to := min(len(visits), from+rapid.IntRange(1, 2000).Draw(t, "step"))
			part := build(t, 0, whole.Offsets[from], visits[from:to]...) // with a dictionary of its own
			copy(part.Offsets, whole.Offsets[from:to])
			part.Next = part.Offsets[len(part.Offsets)-1] + 1
			parts = append(parts, part)
			from = to
		}
		groupRows := rapid.IntRange(distinctRows-100, 2*distinctRows).Draw(t, "rows in a group")
		body := write(t, groupRows, whole)
		require.Equal(t, body, write(t, groupRows, parts...))
		require.Equal(t, cellsOf(whole), readAll[visit](t, body, ParquetOptions{}))
	})
}

// Each row group's texts decide for themselves.
func TestParquetTextsOfEachRowGroup(t *testing.T) {
	type visit struct {
		Session string `anabranch:"session"`
	}
	visits := make([]visit, 3*distinctRows)
	for i := range visits {
		visits[i].Session = "the same"
		if i/distinctRows == 1 {
			visits[i].Session = fmt.Sprint("session ", i)
		}
	}
	chunk := build(t, 0, 0, visits...)
	body := write(t, distinctRows, chunk)
	require.Equal(t, cellsOf(chunk), readAll[visit](t, body, ParquetOptions{}))
	f, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	for i, want := range []format.Encoding{format.RLEDictionary, format.DeltaLengthByteArray, format.RLEDictionary} {
		require.Contains(t, f.Metadata().RowGroups[i].Columns[0].MetaData.Encoding, want)
	}
}

// TestTextsKeepTheirCodes: whatever repeats, and however often the dictionary begins
// anew, a code is its text, for as long as the dictionary's ID stays; and what a
// dictionary has of texts outside the file's is bounded where they aren't looked up.
func TestTextsKeepTheirCodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		var all texts
		entries := rapid.SampledFrom([]int{0, 3, 6000}).Draw(t, "entries")
		for i := range entries {
			require.EqualValues(t, i, all.Entry(fmt.Append(nil, "entry ", i%5000)))
		}
		known := map[uint64][]string{}
		for range rapid.IntRange(1, 40).Draw(t, "chunks") {
			n, distinct := rapid.IntRange(1, 900).Draw(t, "rows"), rapid.SampledFrom([]int{2, 1 << 40}).Draw(t, "distinct")
			all.begin(n)
			codes, want := make([]uint32, n), make([]string, n)
			for i := range n {
				want[i] = fmt.Sprint("text ", random.IntN(distinct), "\xff")
				if codes[i] = all.Code([]byte(want[i])); random.IntN(9) == 0 {
					want[i] = ""
					codes[i] = all.find("")
				}
				want[i] = CanonicalText(want[i])
			}
			dict := all.dictionary()
			for i, code := range codes {
				require.Equal(t, want[i], dict.Values[code])
			}
			before := known[dict.ID]
			require.True(t, slices.Equal(before, dict.Values[:len(before)]), "one dictionary has two texts of a code")
			known[dict.ID] = dict.Values
			if all.each {
				require.LessOrEqual(t, len(dict.Values), 2*entries+fewTexts+2*textSample+40*900/4)
			}
		}
		if entries > 0 {
			require.Equal(t, "entry 0", all.dictionary().Values[0])
		}
	})
}
