package source_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// The law of normalisation: the archived event is the folded event. What comes
// out of a chunk, put into one again, is the same chunk, cell by cell.
func TestNormalisedEventsStayAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := chunkOf(t, rapid.SliceOfN(rawWide, 0, 20).Draw(t, "events"))
		require.Empty(t, first.Quarantine)
		second := chunkOf(t, first.Rows())
		require.Equal(t, cells(first), cells(second))
		require.Equal(t, first.Offsets, second.Offsets)
	})
}

// Events that come cell by cell are the events that come whole.
func TestCellsMakeTheSameEventsAsRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rawWide, 0, 10).Draw(t, "events")
		whole := chunkOf(t, events)
		b := source.NewBuilder[wide](whole.Schema, nil)
		for row := range whole.Len() {
			for _, i := range rapid.Permutation(indices(len(whole.Columns))).Draw(t, "order") {
				v := whole.Columns[i].Value(int32(row))
				if v.Null && rapid.Bool().Draw(t, "leave out") {
					continue
				}
				if whole.Columns[i].Kind == source.String && !v.Null && rapid.Bool().Draw(t, "as bytes") {
					require.NoError(t, b.SetText(i, []byte(v.Text)))
					continue
				}
				require.NoError(t, b.Set(i, v))
			}
			b.Commit(int64(row), nil)
		}
		byCell := b.Chunk(0, 0, int64(len(events)))
		require.NoError(t, byCell.Check())
		require.Equal(t, cells(whole), cells(byCell))
		require.Equal(t, cells(whole), cells(chunkOf(t, byCell.Rows())))
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// zeroTimes sets the times that wide requires, and that a zero wide has.
func zeroTimes(t *testing.T, b *source.Builder[wide]) {
	const year1 = -62135596800_000000
	for i, c := range b.Schema().Columns {
		if c.Required {
			require.NoError(t, b.Set(i, source.Value{Kind: source.Time, Int: year1}))
		}
	}
}

func TestCellsThatAreMissingAreNullOrZero(t *testing.T) {
	schema := schemaOf[wide](t)
	for _, set := range []bool{false, true} {
		b := source.NewBuilder[wide](schema, nil)
		if set {
			for i, c := range schema.Columns {
				if !c.Required {
					require.NoError(t, b.Set(i, source.Value{Kind: c.Kind, Null: true}))
				}
			}
		}
		zeroTimes(t, b)
		b.Commit(0, nil)
		require.Equal(t, wide{}, b.Chunk(0, 0, 1).Rows()[0])
		require.Equal(t, cells(chunkOf(t, []wide{{}})), cells(b.Chunk(0, 0, 1)))
	}
}

func TestTimesAreUTCMicroseconds(t *testing.T) {
	zone := time.FixedZone("plus two", 2*3600)
	c := chunkOf(t, []wide{
		{At: time.Date(2024, 5, 1, 12, 0, 0, 123456789, zone)},
		{At: time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC)},
		{},
		{At: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
	})
	require.Equal(t, time.Date(2024, 5, 1, 10, 0, 0, 123456000, time.UTC), c.Rows()[0].At)
	require.EqualValues(t, -1, column(t, c, "at").Ints[1], "rounded down, not towards zero")
	require.Equal(t, time.Time{}, c.Rows()[2].At)
	require.Equal(t, stamp{}, c.Rows()[2].Stamp)
	require.Equal(t, time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), c.Rows()[3].At)
}

func TestTextsAreValidUTF8(t *testing.T) {
	note := "x\xffy"
	c := chunkOf(t, []wide{{Region: "a\xff\xfeb", Note: &note, Tags: []string{"\xff"}}})
	require.Equal(t, region("a�b"), c.Rows()[0].Region)
	require.Equal(t, "x�y", *c.Rows()[0].Note)
	require.Equal(t, []string{"�"}, c.Rows()[0].Tags)
	require.Equal(t, "x\xffy", note, "the caller's text")
}

func TestNilAndEmptyAreOne(t *testing.T) {
	c := chunkOf(t, []wide{{}, {Tags: []string{}, Props: map[string]int{}}})
	rows := c.Rows()
	require.Equal(t, rows[0], rows[1])
	require.Nil(t, rows[1].Tags)
	require.Nil(t, rows[1].Props)
}

func TestFloatsHaveOneZeroAndOneNaN(t *testing.T) {
	c := chunkOf(t, []wide{{Score: math.Copysign(0, -1)}, {Score: math.Float64frombits(0xfff8000000000123)},
		{Inner: inner{Weight: float32(math.Copysign(0, -1))}}})
	scores := column(t, c, "score").Floats
	require.False(t, math.Signbit(scores[0]))
	require.Equal(t, math.Float64bits(math.NaN()), math.Float64bits(scores[1]))
	require.False(t, math.Signbit(column(t, c, "inner.Weight").Floats[2]))
}

type failing struct {
	N     int
	Items []explosive
}

type explosive struct{ N int }

func (e explosive) MarshalJSON() ([]byte, error) {
	switch e.N {
	case 1:
		return nil, errors.New("wet")
	case 2:
		panic("boom")
	}
	return []byte("1"), nil
}

func (e *explosive) UnmarshalJSON([]byte) error { panic("boom") }

func TestWhatCannotBeNormalisedGoesToQuarantine(t *testing.T) {
	b := source.NewBuilder[wide](schemaOf[wide](t), nil)
	for i, e := range []wide{
		{base: base{ID: math.MaxInt64 + 1}},
		{At: time.Date(0, 12, 31, 23, 59, 59, 0, time.UTC)},
		{At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{At: time.Unix(math.MaxInt64/2, 0)},
		{OK: true},
		{Word: 1 << 63},
		{Seen: new(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC))},
	} {
		b.Append(&e, int64(10+i), []byte{byte(i)})
	}
	c := b.Chunk(3, 10, 17)
	require.NoError(t, c.Check())
	require.Equal(t, []wide{{OK: true}}, c.Rows())
	require.Equal(t, []int64{14}, c.Offsets)
	require.Equal(t, 6, b.Rejected())
	var offsets []int64
	for _, q := range c.Quarantine {
		offsets = append(offsets, q.Offset)
		require.Equal(t, []byte{byte(q.Offset - 10)}, q.Raw)
		require.Contains(t, q.Reason, source.ErrValue.Error())
	}
	require.Equal(t, []int64{10, 11, 12, 13, 15, 16}, offsets)
	require.Contains(t, c.Quarantine[0].Reason, "column id: ")
	require.Contains(t, c.Quarantine[4].Reason, "column Word: ")
	require.Contains(t, c.Quarantine[1].Reason, "in the year 0")
}

func TestListsWhoseElementsFail(t *testing.T) {
	b := source.NewBuilder[failing](schemaOf[failing](t), nil)
	for i := range 3 {
		b.Append(&failing{N: i, Items: []explosive{{i}}}, int64(i), nil)
	}
	c := b.Chunk(0, 0, 3)
	require.Equal(t, []failing{{N: 0}}, c.Rows(), "elements that can't be read back are left out in both layers")
	require.Len(t, c.Quarantine, 2)
	require.Contains(t, c.Quarantine[0].Reason, "wet")
	require.Contains(t, c.Quarantine[1].Reason, "boom")
}

func TestTransform(t *testing.T) {
	transform := func(e *wide) error {
		switch e.Count {
		case 1:
			return errors.New("no such product")
		case 2:
			panic("boom")
		}
		e.Region = "north"
		return nil
	}
	events := []wide{{}, {Count: 1}, {Count: 2}, {Count: 3, Region: "lost"}}
	whole := source.NewBuilder(schemaOf[wide](t), transform)
	byCell := source.NewBuilder(schemaOf[wide](t), transform)
	count, _ := schemaOf[wide](t).Lookup("Count")
	for i, e := range events {
		whole.Append(&e, int64(i), []byte("raw"))
		zeroTimes(t, byCell)
		require.NoError(t, byCell.Set(count, source.Value{Kind: source.Int, Int: int64(i)}))
		byCell.Commit(int64(i), []byte("raw"))
	}
	for _, b := range []*source.Builder[wide]{whole, byCell} {
		c := b.Chunk(0, 0, 4)
		require.NoError(t, c.Check())
		require.Equal(t, []source.Quarantined{
			{Offset: 1, Raw: []byte("raw"), Reason: "the transform: no such product"},
			{Offset: 2, Raw: []byte("raw"), Reason: "the transform panicked: boom"},
		}, c.Quarantine)
		require.Equal(t, []wide{{Region: "north"}, {Count: 3, Region: "north"}}, c.Rows())
	}
}

func TestSetRefuses(t *testing.T) {
	schema := schemaOf[wide](t)
	for _, test := range []struct {
		column string
		value  source.Value
		part   string
	}{
		{"Count", source.Value{Kind: source.String, Text: "1"}, "a string where a int belongs"},
		{"price", source.Value{Kind: source.Int, Int: 1}, "a int where a decimal belongs"},
		{"Level", source.Value{Kind: source.Int, Int: 128}, "128 in a"},
		{"Level", source.Value{Kind: source.Int, Int: -129}, "-129 in a"},
		{"Small", source.Value{Kind: source.Int, Int: -1}, "-1 in a uint16"},
		{"Small", source.Value{Kind: source.Int, Int: 65536}, "65536 in a uint16"},
		{"id", source.Value{Kind: source.Int, Int: -1}, "-1 in a uint64"},
		{"OK", source.Value{Kind: source.Bool, Int: 2}, "2 in a bool"},
		{"at", source.Value{Kind: source.Time, Int: math.MaxInt64}, "time outside"},
		{"inner.Weight", source.Value{Kind: source.Float, Float: 1e300}, "1e+300 in a float32"},
	} {
		b := source.NewBuilder[wide](schema, nil)
		i, _ := schema.Lookup(test.column)
		err := b.Set(i, test.value)
		require.ErrorIs(t, err, source.ErrValue)
		require.ErrorContains(t, err, "column "+test.column)
		require.ErrorContains(t, err, test.part)
		b.Reject(5, nil, err)
		zeroTimes(t, b)
		b.Commit(6, nil)
		c := b.Chunk(0, 5, 7)
		require.NoError(t, c.Check())
		require.Equal(t, []wide{{}}, c.Rows(), "nothing is left of the cell")
	}

	b := source.NewBuilder[wide](schema, nil)
	region, _ := schema.Lookup("Region")
	count, _ := schema.Lookup("Count")
	require.NoError(t, b.SetText(region, []byte("x")))
	require.ErrorIs(t, b.SetText(region, []byte("y")), source.ErrValue)
	require.ErrorIs(t, b.Set(region, source.Value{Kind: source.String}), source.ErrValue)
	require.ErrorIs(t, b.SetText(count, []byte("1")), source.ErrValue)
}

func TestSetRoundsToTheFieldsFloat(t *testing.T) {
	schema := schemaOf[wide](t)
	weight, _ := schema.Lookup("inner.Weight")
	b := source.NewBuilder[wide](schema, nil)
	require.NoError(t, b.Set(weight, source.Value{Kind: source.Float, Float: 0.1}))
	b.Commit(0, nil)
	c := b.Chunk(0, 0, 1)
	require.Equal(t, cells(c), cells(chunkOf(t, c.Rows())))
	require.NoError(t, b.Set(weight, source.Value{Kind: source.Float, Float: math.Inf(-1)}))
}

func TestDictionariesGoOn(t *testing.T) {
	b := source.NewBuilder[wide](schemaOf[wide](t), nil)
	region, _ := schemaOf[wide](t).Lookup("Region")
	dictionary := func(texts ...string) source.Dictionary {
		b.Reset()
		for i, text := range texts {
			b.Append(&wide{Region: text2region(text)}, int64(i), nil)
		}
		return b.Chunk(0, 0, int64(len(texts))).Columns[region].Dict
	}
	first := dictionary("a", "b", "a")
	second := dictionary("b", "c")
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, []string{"a", "b"}, first.Values)
	require.Equal(t, []string{"a", "b", "c"}, second.Values)

	many := make([]string, 1<<16+1)
	for i := range many {
		many[i] = time.Unix(int64(i), 0).UTC().Format(time.RFC3339)
	}
	require.Equal(t, first.ID, dictionary(many...).ID, "within a chunk")
	fresh := dictionary("a")
	require.NotEqual(t, first.ID, fresh.ID, "a dictionary that grew large isn't carried on")
	require.Equal(t, []string{"a"}, fresh.Values)
}

func text2region(s string) region { return region(s) }

// flat is an event without lists, whose events cost no memory of their own.
type flat struct {
	At    time.Time
	Name  string
	Note  *string
	Score float32
	Cents int64 `anabranch:",decimal=2"`
}

func TestASecondChunkOfTheSameTextsAllocatesNothing(t *testing.T) {
	const events = 100
	note := "note"
	e := flat{At: time.Unix(1, 0), Name: "name", Note: &note}
	other := flat{Name: "other"}
	b := source.NewBuilder[flat](schemaOf[flat](t), nil)
	fill := func() {
		b.Reset()
		for i := range int64(events) {
			b.Append(&e, 2*i, nil)
			b.Append(&other, 2*i+1, nil)
		}
	}
	fill()
	resets := testing.AllocsPerRun(20, fill)
	// One slice for each column, one for the offsets, one for the column with nulls.
	require.LessOrEqual(t, resets, float64(len(schemaOf[flat](t).Columns)+2))
}

func TestChunkSlice(t *testing.T) {
	b := source.NewBuilder[wide](schemaOf[wide](t), nil)
	note := "n"
	for offset := int64(10); offset < 20; offset++ {
		switch offset % 3 {
		case 0:
			b.Reject(offset, nil, source.ErrValue)
		case 1:
			b.Append(&wide{Count: int(offset), Note: &note}, offset, nil)
		}
	}
	c := b.Chunk(2, 10, 20)
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(5, 25).Draw(t, "from")
		to := rapid.Int64Range(5, 25).Draw(t, "to")
		s := c.Slice(from, to)
		require.NoError(t, s.Check())
		require.Equal(t, 2, s.Partition)
		want, rejected := []int64{}, 0
		for offset := max(from, 10); offset < min(to, 20); offset++ {
			switch offset % 3 {
			case 0:
				rejected++
			case 1:
				want = append(want, offset)
			}
		}
		require.Len(t, s.Quarantine, rejected)
		require.Equal(t, want, append([]int64{}, s.Offsets...))
		for i, e := range s.Rows() {
			require.EqualValues(t, want[i], e.Count)
		}
		if from <= to && from >= 10 && to <= 20 {
			require.Equal(t, [2]int64{from, to}, [2]int64{s.From, s.Next})
		}
	})
}

func TestChunkCheck(t *testing.T) {
	good := func() *source.Chunk[wide] { return chunkOf(t, []wide{{Region: "a"}, {Region: "b"}}) }
	for _, test := range []struct {
		spoil func(*source.Chunk[wide])
		want  error
	}{
		{func(c *source.Chunk[wide]) { c.From, c.Next = 5, 4 }, source.ErrOffset},
		{func(c *source.Chunk[wide]) { c.Offsets = []int64{1, 1} }, source.ErrOffset},
		{func(c *source.Chunk[wide]) { c.Offsets = []int64{0, 2} }, source.ErrOffset},
		{func(c *source.Chunk[wide]) { c.From = 1 }, source.ErrOffset},
		{func(c *source.Chunk[wide]) { c.Quarantine = []source.Quarantined{{Offset: 2}} }, source.ErrOffset},
		{func(c *source.Chunk[wide]) { c.Schema = nil }, source.ErrChunk},
		{func(c *source.Chunk[wide]) { c.Columns = c.Columns[1:] }, source.ErrChunk},
		{func(c *source.Chunk[wide]) { c.Columns[0].Kind = source.Float }, source.ErrChunk},
		{func(c *source.Chunk[wide]) { column(t, c, "score").Floats = []float64{1} }, source.ErrChunk},
		{func(c *source.Chunk[wide]) { column(t, c, "Count").Ints = nil }, source.ErrChunk},
		{func(c *source.Chunk[wide]) { column(t, c, "Note").Valid = []bool{true} }, source.ErrChunk},
		{func(c *source.Chunk[wide]) { column(t, c, "Region").Codes[1] = 9 }, source.ErrChunk},
	} {
		c := good()
		require.NoError(t, c.Check())
		test.spoil(c)
		require.ErrorIs(t, c.Check(), test.want)
	}
	c := good()
	*column(t, c, "score") = source.Vector{}
	require.NoError(t, c.Check(), "a column that wasn't read")
	require.Equal(t, []wide{{Region: "a"}, {Region: "b"}}, c.Rows())
}
