package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// aheadEvent has a column of each kind that limits can be on, and others beside them.
type aheadEvent struct {
	Type  string  `anabranch:"type" parquet:"type,dict"`
	Plain string  `anabranch:"plain" parquet:"plain"`
	Maybe *string `anabranch:"maybe" parquet:"maybe,optional,dict"`
	N     int64   `anabranch:"n" parquet:"n"`
	Code  *int64  `anabranch:"code" parquet:"code,optional,dict"`
	Price float64 `anabranch:"price" parquet:"price"`
	ID    int64   `anabranch:"id" parquet:"id,delta"`
	Bad   int8    `anabranch:"bad"` // an int64 in the file
}

type aheadRow struct {
	Type  string  `parquet:"type,dict"`
	Plain string  `parquet:"plain"`
	Maybe *string `parquet:"maybe,optional,dict"`
	N     int64   `parquet:"n"`
	Code  *int64  `parquet:"code,optional,dict"`
	Price float64 `parquet:"price"`
	ID    int64   `parquet:"id,delta"`
	Bad   int64   `parquet:"bad,dict"`
}

var (
	aheadType  = FieldOf(func(e *aheadEvent) *string { return &e.Type })
	aheadPlain = FieldOf(func(e *aheadEvent) *string { return &e.Plain })
	aheadMaybe = OptionalOf(func(e *aheadEvent) **string { return &e.Maybe })
	aheadN     = FieldOf(func(e *aheadEvent) *int64 { return &e.N })
	aheadCode  = OptionalOf(func(e *aheadEvent) **int64 { return &e.Code })
	aheadBad   = FieldOf(func(e *aheadEvent) *int8 { return &e.Bad })
)

// drawAhead draws events in runs, as late in a day or of one user, with rare ones
// between them.
func drawAhead(t *rapid.T) (rows []aheadRow) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	rare, run, bad := rapid.SampledFrom([]int{2, 30, 700}).Draw(t, "rare"), rapid.SampledFrom([]int{1, 40, 900}).Draw(t, "run"), rapid.Bool().Draw(t, "bad")
	distinct := rapid.SampledFrom([]int{3, 100_000}).Draw(t, "distinct")
	for i := range rapid.IntRange(0, 3000).Draw(t, "rows") {
		row := aheadRow{Type: "common", Plain: fmt.Sprint("text ", r.IntN(distinct)), N: int64(i / run), Price: r.Float64(), ID: int64(i)}
		if r.IntN(rare) == 0 {
			row.Type = "rare"
		}
		if r.IntN(3) > 0 {
			row.Maybe = new(fmt.Sprint("maybe ", r.IntN(rare)))
			row.Code = new(int64(r.IntN(rare)))
		}
		if bad && r.IntN(50) == 0 {
			row.Bad = 1000
		}
		rows = append(rows, row)
	}
	return rows
}

// aheadFile writes rows as some writer does.
func aheadFile(t *rapid.T, rows []aheadRow) []byte {
	var file bytes.Buffer
	codecs := []parquet.WriterOption{parquet.Compression(&parquet.Zstd), parquet.Compression(&parquet.Snappy), parquet.Compression(&parquet.Uncompressed)}
	w := parquet.NewGenericWriter[aheadRow](&file, parquet.MaxRowsPerRowGroup(rapid.SampledFrom([]int64{70, 1000, 10_000}).Draw(t, "group")),
		parquet.PageBufferSize(rapid.SampledFrom([]int{100, 3000, 100_000}).Draw(t, "page")), parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(t, "version")),
		rapid.SampledFrom(codecs).Draw(t, "codec"))
	for len(rows) > 0 {
		n := min(len(rows), rapid.IntRange(1, 500).Draw(t, "some")) // pages end between them
		_, err := w.Write(rows[:n])
		require.NoError(t, err)
		rows = rows[n:]
	}
	require.NoError(t, w.Close())
	return file.Bytes()
}

func drawAheadPredicate(t *rapid.T, rows int) Predicate[aheadEvent] {
	n := int64(rapid.IntRange(0, max(1, rows/20)).Draw(t, "n"))
	one := []func() Predicate[aheadEvent]{
		func() Predicate[aheadEvent] { return Equal(aheadType, "rare") },
		func() Predicate[aheadEvent] { return In(aheadType, "common", "none") },
		func() Predicate[aheadEvent] { return In(aheadPlain, "text 1", "text 2") },
		func() Predicate[aheadEvent] { return Equal(aheadMaybe, "maybe 1") },
		func() Predicate[aheadEvent] { return And(AtLeast(aheadN, n), Less(aheadN, n+3)) },
		func() Predicate[aheadEvent] { return In(aheadN, n, n+2, n+9) },
		func() Predicate[aheadEvent] { return Equal(aheadCode, n%7) },
		func() Predicate[aheadEvent] { return Equal(aheadBad, 1) },
	}
	first := one[rapid.IntRange(0, len(one)-1).Draw(t, "first")]()
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		return And(first, one[rapid.IntRange(0, len(one)-1).Draw(t, "second")]())
	case 1:
		return Or(first, one[rapid.IntRange(0, len(one)-1).Draw(t, "second")]())
	}
	return first
}

// scanAhead gives what a predicate selects of a scan, by offset, and what is
// quarantined.
func scanAhead(t *rapid.T, log *Tables[aheadEvent], where Predicate[aheadEvent], limits func(int) (Limits, bool)) (events map[int64]aheadEvent, bad map[int64]string, rows int) {
	binder, err := NewBinder[aheadEvent]()
	require.NoError(t, err)
	filter, err := where.Bind(binder)
	require.NoError(t, err)
	frame := binder.NewFrame()
	parts, err := log.Scan(context.Background(), Scan{Limits: limits, Parts: rapid.IntRange(1, 4).Draw(t, "parts")})
	require.NoError(t, err)
	events, bad = map[int64]aheadEvent{}, map[int64]string{}
	next := int64(0)
	for _, part := range parts {
		r, err := part(context.Background())
		require.NoError(t, err)
		for {
			c, err := r.Next(context.Background())
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			require.NoError(t, c.Check())
			require.GreaterOrEqual(t, c.From, next)
			next = c.Next
			rows += c.Len()
			for _, q := range c.Quarantine {
				bad[q.Offset] = q.Reason
			}
			all := make([]int32, c.Len())
			for i := range all {
				all[i] = int32(i)
			}
			frame.Load(c)
			for _, row := range filter.Keep(frame, all, nil) {
				events[c.Offsets[row]] = c.Rows()[row]
			}
		}
		require.NoError(t, r.Close())
	}
	return events, bad, rows
}

// TestScanReadsAhead: whatever is read of the columns without limits, a predicate
// selects what it does of all rows, and they have all that they have. Bad values of a
// column with limits are told of.
func TestScanReadsAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawAhead(t)
		files := fstest.MapFS{"a.parquet": {Data: aheadFile(t, rows)}}
		log, err := NewParquetFiles[aheadEvent](files, "*", TablesOptions[aheadEvent]{ChunkRows: rapid.SampledFrom([]int{1, 33, 500, 4096}).Draw(t, "chunk")})
		require.NoError(t, err)
		where := drawAheadPredicate(t, len(rows))
		want, allBad, total := scanAhead(t, log, where, nil)
		got, bad, some := scanAhead(t, log, where, where.Limits)
		require.Equal(t, want, got)
		require.LessOrEqual(t, some, total)
		for offset, reason := range bad {
			require.Equal(t, allBad[offset], reason)
		}
		for offset := range got {
			require.Equal(t, rows[offset].ID, got[offset].ID)
		}
	})
}

// TestScanTellsOfBadLimits: a row whose limited column has a bad value isn't passed
// over in silence, unless its page is by its bounds.
func TestScanTellsOfBadLimits(t *testing.T) {
	rows := make([]aheadRow, 3000)
	for i := range rows {
		rows[i].Bad = int64(i % 2 * 100)
	}
	rows[1500].Bad = 1000
	var file bytes.Buffer
	require.NoError(t, parquet.Write(&file, rows))
	log, err := NewParquetFiles[aheadEvent](fstest.MapFS{"a": {Data: file.Bytes()}}, "*", TablesOptions[aheadEvent]{})
	require.NoError(t, err)
	parts, err := log.Scan(t.Context(), Scan{Limits: Equal(aheadBad, 50).Limits})
	require.NoError(t, err)
	require.Len(t, parts, 1)
	r, err := parts[0](t.Context())
	require.NoError(t, err)
	c, err := r.Next(t.Context())
	require.NoError(t, err)
	require.Zero(t, c.Len())
	require.Len(t, c.Quarantine, 1)
	require.EqualValues(t, 1500, c.Quarantine[0].Offset)
	require.Contains(t, c.Quarantine[0].Reason, "row 1500: column bad: 1000 doesn't fit")
	_, err = r.Next(t.Context())
	require.Equal(t, io.EOF, err)
}
