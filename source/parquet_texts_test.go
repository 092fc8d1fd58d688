package source

import (
	"fmt"
	"testing"

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
