package source

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// wide has every kind of column.
type wide struct {
	At       time.Time  `anabranch:"at"`
	Name     string     `anabranch:"name"`
	Note     *string    `anabranch:"note"`
	Flag     bool       `anabranch:"flag"`
	Maybe    *bool      `anabranch:"maybe"`
	Small    int8       `anabranch:"small"`
	Unsigned uint32     `anabranch:"unsigned"`
	Big      int64      `anabranch:"big"`
	Count    *int64     `anabranch:"count"`
	Ratio    float64    `anabranch:"ratio"`
	Single   *float32   `anabranch:"single"`
	Price    int64      `anabranch:"price,decimal=2"`
	Refund   *int64     `anabranch:"refund,decimal=4"`
	Seen     *time.Time `anabranch:"seen"`
	Props    struct {
		Tags  []string       `anabranch:"tags"`
		Extra map[string]int `anabranch:"extra"`
		Inner struct {
			Depth int `anabranch:"depth"`
		} `anabranch:"inner"`
	} `anabranch:"props"`
}

func optional[T any](t *rapid.T, label string, values *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, label+" there") {
		return nil
	}
	v := values.Draw(t, label)
	return &v
}

func drawWide(t *rapid.T) wide {
	times := rapid.Map(rapid.OneOf(rapid.SampledFrom([]int64{minTime, maxTime, 0, -1}), rapid.Int64Range(minTime, maxTime)), FromMicros)
	floats := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}))
	texts := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b", "ñandú", "\x00"}), rapid.String(), rapid.StringN(60, 80, -1))
	ints := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 0}))
	w := wide{
		At: times.Draw(t, "at"), Name: texts.Draw(t, "name"), Note: optional(t, "note", texts),
		Flag: rapid.Bool().Draw(t, "flag"), Maybe: optional(t, "maybe", rapid.Bool()),
		Small: rapid.Int8().Draw(t, "small"), Unsigned: rapid.Uint32().Draw(t, "unsigned"),
		Big: ints.Draw(t, "big"), Count: optional(t, "count", ints),
		Ratio: floats.Draw(t, "ratio"), Single: optional(t, "single", rapid.Float32()),
		Price: ints.Draw(t, "price"), Refund: optional(t, "refund", ints), Seen: optional(t, "seen", times),
	}
	w.Props.Tags = rapid.SliceOfN(texts, 0, 2).Draw(t, "tags")
	w.Props.Extra = rapid.MapOfN(rapid.SampledFrom([]string{"x", "y"}), rapid.Int(), 0, 2).Draw(t, "extra")
	w.Props.Inner.Depth = rapid.Int().Draw(t, "depth")
	return w
}

func build[E any](t require.TestingT, partition int, from int64, events ...E) *Chunk[E] {
	schema, err := SchemaOf[E]()
	require.NoError(t, err)
	b := NewBuilder[E](schema, nil)
	offset := from
	for i := range events {
		b.Append(&events[i], offset, nil)
		offset += int64(1 + i%3) // logs have holes
	}
	require.Zero(t, b.Rejected())
	return b.Chunk(partition, from, offset)
}

// write makes a file with row groups of so many events.
func write[E any](t require.TestingT, groupRows int, chunks ...*Chunk[E]) []byte {
	schema, err := SchemaOf[E]()
	require.NoError(t, err)
	w, err := NewParquetWriter[E](schema)
	require.NoError(t, err)
	w.groupRows = groupRows
	rows := int64(0)
	for _, c := range chunks {
		require.NoError(t, w.Write(c))
		rows += int64(c.Len())
	}
	require.Equal(t, rows, w.Rows())
	body, err := w.Close()
	require.NoError(t, err)
	return body
}

// cells are all values of a file, by column, with the offsets.
type cells struct {
	offsets    []int64
	columns    [][]Value
	quarantine []Quarantined
}

func readAll[E any](t require.TestingT, body []byte, options ParquetOptions) cells {
	out, err := tryRead[E](body, options)
	require.NoError(t, err)
	return out
}

func tryRead[E any](body []byte, options ParquetOptions) (cells, error) {
	r, err := OpenParquet[E]("test.parquet", body, options)
	if err != nil {
		return cells{}, err
	}
	var out cells
	for {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return cells{}, err
		}
		if err := c.Check(); err != nil {
			return cells{}, err
		}
		out.add(c.Offsets, c.Columns)
		out.quarantine = append(out.quarantine, c.Quarantine...)
	}
}

func (c *cells) add(offsets []int64, columns []Vector) {
	if len(offsets) == 0 {
		return
	}
	c.offsets = append(c.offsets, offsets...)
	if c.columns == nil {
		c.columns = make([][]Value, len(columns))
	}
	for i := range columns {
		for row := 0; columns[i].Kind != Invalid && row < len(offsets); row++ {
			v := columns[i].Value(int32(row))
			if v.Kind == Float { // NaN isn't equal to itself
				v.Int, v.Float = int64(math.Float64bits(v.Float)), 0
			}
			c.columns[i] = append(c.columns[i], v)
		}
	}
}

func cellsOf[E any](chunks ...*Chunk[E]) cells {
	var out cells
	for _, c := range chunks {
		out.add(c.Offsets, c.Columns)
	}
	return out
}

func TestParquetGivesBackWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var chunks []*Chunk[wide]
		next := rapid.Int64Range(0, math.MaxInt64-1000).Draw(t, "from")
		for range rapid.IntRange(0, 4).Draw(t, "chunks") {
			c := build(t, 3, next, rapid.SliceOfN(rapid.Custom(drawWide), 0, 12).Draw(t, "events")...)
			chunks = append(chunks, c)
			next = c.Next
		}
		body := write(t, rapid.IntRange(1, 20).Draw(t, "rows in a group"), chunks...)
		got := readAll[wide](t, body, ParquetOptions{ChunkRows: rapid.IntRange(1, 9).Draw(t, "rows in a chunk")})
		require.Equal(t, cellsOf(chunks...), got)
	})
}

func TestParquetBytesDoNotDependOnTheChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := build(t, 0, 10, rapid.SliceOfN(rapid.Custom(drawWide), 1, 30).Draw(t, "events")...)
		groupRows := rapid.IntRange(1, 40).Draw(t, "rows in a group")
		var parts []*Chunk[wide]
		for from := c.From; from < c.Next; {
			to := from + rapid.Int64Range(1, 9).Draw(t, "step")
			parts = append(parts, c.Slice(from, to))
			from = to
		}
		require.Equal(t, write(t, groupRows, c), write(t, groupRows, parts...))
	})
}

func TestParquetReadsTheColumnsAskedFor(t *testing.T) {
	var w wide
	w.Name, w.Big = "uno", 7
	body := write(t, 10, build(t, 0, 0, w, w))
	schema, err := SchemaOf[wide]()
	require.NoError(t, err)
	name, _ := schema.Lookup("name")
	big, _ := schema.Lookup("big")
	r, err := OpenParquet[wide]("a.parquet", body, ParquetOptions{Columns: []int{big, name}, Partition: 4})
	require.NoError(t, err)
	require.Equal(t, int64(2), r.Rows())
	c, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, 4, c.Partition)
	require.Equal(t, []int64{0, 1}, []int64{c.From, c.Offsets[1]})
	for i, v := range c.Columns {
		if i != name && i != big {
			require.Equal(t, Vector{}, v, schema.Columns[i].Name)
		}
	}
	require.Equal(t, "uno", c.Columns[name].Value(1).Text)
	require.Equal(t, []int64{7, 7}, c.Columns[big].Ints)
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)

	_, err = OpenParquet[wide]("a.parquet", body, ParquetOptions{Columns: []int{99}})
	require.ErrorIs(t, err, ErrOptions)
	_, err = OpenParquet[wide]("a.parquet", body, ParquetOptions{ChunkRows: -1})
	require.ErrorIs(t, err, ErrOptions)
}

func TestParquetRowsAreTheEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := build(t, 0, 0, rapid.SliceOfN(rapid.Custom(drawWide), 1, 5).Draw(t, "events")...)
		r, err := OpenParquet[wide]("a.parquet", write(t, 10, c), ParquetOptions{})
		require.NoError(t, err)
		got, err := r.Next()
		require.NoError(t, err)
		again := build(t, 0, 0, got.Rows()...)
		require.Equal(t, cellsOf(c), cellsOf(again))
		rows := got.Rows()
		for i, want := range c.Rows() {
			require.Equal(t, want.Props, rows[i].Props)
			require.Equal(t, want.At, rows[i].At)
			require.Equal(t, want.Note, rows[i].Note)
		}
	})
}

func TestParquetWriterRefusesWhatIsNotWhole(t *testing.T) {
	c := build(t, 0, 0, wide{})
	w, err := NewParquetWriter[wide](c.Schema)
	require.NoError(t, err)
	unread := *c
	unread.Columns = append([]Vector{{}}, c.Columns[1:]...)
	require.ErrorIs(t, w.Write(&unread), ErrSchema)
	unread.Columns = c.Columns[1:]
	require.Error(t, w.Write(&unread))
	falling := build(t, 0, 0, wide{}, wide{})
	falling.Offsets = []int64{1, 0}
	require.ErrorIs(t, w.Write(falling), ErrOffset)
	require.Zero(t, w.Rows())
}

func TestParquetWriterSaysAboutHowLargeItIs(t *testing.T) {
	chunks := sales(1 << 14)
	w, err := NewParquetWriter[sale](chunks[0].Schema)
	require.NoError(t, err)
	for _, c := range chunks {
		before := w.Size()
		require.NoError(t, w.Write(c))
		require.Greater(t, w.Size(), before)
	}
	about := w.Size()
	body, err := w.Close()
	require.NoError(t, err)
	require.InDelta(t, len(body), about, float64(len(body)))
}

// Whatever is done to a file's bytes, reading gives an error or well-formed
// chunks; in the pages, whose checksums the file has, an error or the very same.
func TestParquetSurvivesDamage(t *testing.T) {
	text, n := "dos", int64(1)
	first, second := sale{At: FromMicros(1), Type: "uno", Cents: 5}, sale{At: FromMicros(2), Coupon: &text}
	type small struct {
		At    time.Time `anabranch:"at"`
		Name  string    `anabranch:"name"`
		Count *int64    `anabranch:"count"`
		Ratio float64   `anabranch:"ratio"`
	}
	c := build(t, 0, 0, small{first.At, first.Type, nil, 1}, small{second.At, text, &n, 2}, small{second.At, text, &n, 2})
	body, want := write(t, 2, c), cellsOf(c)
	pages := len(body) - 8 - int(uint32(body[len(body)-8])|uint32(body[len(body)-7])<<8)
	for i := range body {
		_, err := tryRead[small](body[:i], ParquetOptions{})
		require.Error(t, err)
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := append([]byte(nil), body...)
			damaged[i] ^= flip
			got, err := tryRead[small](damaged, ParquetOptions{})
			if err == nil && i < pages {
				require.Equal(t, want, got, "byte %d", i)
			}
		}
	}
}

func FuzzOpenParquet(f *testing.F) {
	var w wide
	w.Name = "uno"
	f.Add(write(f, 2, build(f, 0, 0, w, w, w)))
	o, _ := foreignRow(1)
	f.Add(foreignFile(f, []other{o, o}))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := OpenParquet[wide]("fuzz.parquet", body, ParquetOptions{Quarantine: true})
		for rows := 0; err == nil && rows < 1<<14; {
			var c *Chunk[wide]
			if c, err = r.Next(); err == nil {
				require.NoError(t, c.Check())
				require.Len(t, c.Rows(), c.Len())
				rows += c.Len()
			}
		}
		_, _ = tryReadSome[ours](body)
	})
}

// tryReadSome reads the first chunks of what may claim millions of rows.
func tryReadSome[E any](body []byte) (int, error) {
	r, err := OpenParquet[E]("fuzz.parquet", body, ParquetOptions{})
	rows := 0
	for err == nil && rows < 1<<14 {
		var c *Chunk[E]
		if c, err = r.Next(); err == nil {
			rows += len(c.Rows())
		}
	}
	return rows, err
}
