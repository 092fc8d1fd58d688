package source

import (
	"bytes"
	"fmt"
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
