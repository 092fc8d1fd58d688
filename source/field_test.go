package source_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

var (
	idField     = source.FieldOf(func(e *wide) *uint64 { return &e.ID })
	atField     = source.FieldOf(func(e *wide) *time.Time { return &e.At })
	seenField   = source.OptionalOf(func(e *wide) **time.Time { return &e.Seen })
	stampField  = source.FieldOf(func(e *wide) *stamp { return &e.Stamp })
	okField     = source.FieldOf(func(e *wide) *bool { return &e.OK })
	levelField  = source.FieldOf(func(e *wide) *level { return &e.Level })
	priceField  = source.FieldOf(func(e *wide) *money { return &e.Price })
	rebateField = source.OptionalOf(func(e *wide) **int64 { return &e.Discount })
	scoreField  = source.FieldOf(func(e *wide) *float64 { return &e.Score })
	regionField = source.FieldOf(func(e *wide) *region { return &e.Region })
	noteField   = source.OptionalOf(func(e *wide) **string { return &e.Note })
	weightField = source.FieldOf(func(e *wide) *float32 { return &e.Inner.Weight })
	flagField   = source.OptionalOf(func(e *wide) **bool { return &e.Inner.Deep.Flag })
)

func newBinder(t require.TestingT) *source.Binder[wide] {
	b, err := source.NewBinder[wide]()
	require.NoError(t, err)
	return b
}

// bindField gives what the field's values are over a chunk.
func bindField[T any](t require.TestingT, f source.Field[wide, T], c *source.Chunk[wide]) *source.Vector {
	b := newBinder(t)
	slot, err := f.Bind(b)
	require.NoError(t, err)
	frame := b.NewFrame()
	frame.Load(c)
	return frame.Vector(slot)
}

func TestFieldsFindTheirColumns(t *testing.T) {
	require.Equal(t, "id:int", idField.String())
	require.Equal(t, "at:time", atField.String())
	require.Equal(t, "Stamp:time", stampField.String())
	require.Equal(t, "price:decimal(2)", priceField.String())
	require.Equal(t, "inner.Weight:float", weightField.String())
	require.Equal(t, "inner.deep.Flag:bool", flagField.String())
	require.Equal(t, source.String, regionField.Kind())
	require.False(t, regionField.HasCode())
	require.False(t, regionField.IsZero())

	b := newBinder(t)
	for _, bind := range []func() (int, error){
		func() (int, error) { return atField.Bind(b) }, func() (int, error) { return weightField.Bind(b) },
	} {
		_, err := bind()
		require.NoError(t, err)
	}
	require.Equal(t, []int{1, 14}, b.Columns())
	b.NeedRows()
	require.Len(t, b.Columns(), len(schemaOf[wide](t).Columns))
}

var elsewhere int64

func TestSelectorsThatAreNoFields(t *testing.T) {
	refuse := func(what string, err error, part string) {
		require.ErrorIs(t, err, source.ErrField, what)
		require.ErrorContains(t, err, part, what)
	}
	bind := func(f interface {
		Bind(*source.Binder[wide]) (int, error)
		String() string
	}) error {
		_, err := f.Bind(newBinder(t))
		require.Equal(t, "unusable", f.String())
		return err
	}
	refuse("another variable", bind(source.FieldOf(func(*wide) *int64 { return &elsewhere })), "must return the address")
	refuse("a new one", bind(source.FieldOf(func(e *wide) *time.Time { at := e.At; return &at })), "must return the address")
	refuse("nil", bind(source.FieldOf(func(*wide) *string { return nil })), "must return the address")
	refuse("a panic", bind(source.FieldOf(func(e *wide) *string { return new((*e.Note)[1:]) })), "panicked")
	refuse("what an optional points to", bind(source.FieldOf(func(e *wide) *string { return e.Note })), "must return the address")
	refuse("an optional as a field", bind(source.FieldOf(func(e *wide) **string { return &e.Note })), "use OptionalOf")
	refuse("left out", bind(source.FieldOf(func(e *wide) *chan int { return &e.Hidden })), "must return the address")
	refuse("unexported", bind(source.FieldOf(func(e *wide) *int { return &e.secret })), "must return the address")
	refuse("an array's element", bind(source.FieldOf(func(e *wide) *int32 { return &e.Pair[0] })), "must return the address")
	refuse("a group", bind(source.FieldOf(func(e *wide) *inner { return &e.Inner })), "must return the address")
	refuse("a list", bind(source.FieldOf(func(e *wide) *[]string { return &e.Tags })), "is a list or a map")
	refuse("zero", bind(source.Field[wide, int]{}), "the zero Field")
	require.True(t, source.Field[wide, int]{}.IsZero())

	_, err := source.FieldOf(func(e *int) *int { return e }).Bind(nil)
	require.ErrorIs(t, err, source.ErrSchema)
	_, err = source.NewBinder[int]()
	require.ErrorIs(t, err, source.ErrSchema)
}

func TestFrameKnowsWhereTheCallersCodeWas(t *testing.T) {
	c := chunkOf(t, []wide{{Count: 1}, {Count: 2}, {Count: 3}})
	b := newBinder(t)
	slot, err := source.Derive(func(e *wide) int {
		if e.Count == 2 {
			panic("boom")
		}
		return 0
	}).Bind(b)
	require.NoError(t, err)
	frame := b.NewFrame()
	_, ok := frame.Visited()
	require.False(t, ok)
	frame.Load(c.Slice(1, 3))
	_, ok = frame.Visited()
	require.False(t, ok)
	require.Panics(t, func() { frame.Vector(slot) })
	offset, ok := frame.Visited()
	require.True(t, ok)
	require.EqualValues(t, 1, offset)
}

func TestADerivedColumnIsComputedOnceAChunk(t *testing.T) {
	calls := 0
	f := source.Map(scoreField, func(x float64) float64 { calls++; return x })
	b := newBinder(t)
	first, err := f.Bind(b)
	require.NoError(t, err)
	second, err := f.Bind(b)
	require.NoError(t, err)
	require.Equal(t, first, second)
	frame := b.NewFrame()
	for i := range 3 {
		frame.Load(chunkOf(t, []wide{{}, {}}))
		frame.Vector(first)
		frame.Vector(second)
		require.Equal(t, 2*(i+1), calls)
	}
}

// sameAs compares a derived column with a naive computation over rows.
func sameAs[T any](t *rapid.T, f source.Field[wide, T], c *source.Chunk[wide], naive func(e *wide) (T, bool)) {
	v := bindField(t, f, c)
	require.Equal(t, f.Kind(), v.Kind)
	rows := c.Rows()
	for i := range rows {
		got := v.Value(int32(i))
		x, ok := naive(&rows[i])
		require.Equal(t, ok, !got.Null, "row %d", i)
		if !ok {
			continue
		}
		want, err := source.ValueOf(x)
		require.NoError(t, err)
		if want.Float != want.Float {
			require.True(t, got.Float != got.Float)
			continue
		}
		require.Equal(t, want, got, "row %d", i)
	}
}

func TestDerivedColumnsAreTheNaiveOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := chunkOf(t, rapid.SliceOfN(rawWide, 0, 12).Draw(t, "events"))
		upper := func(r region) region { return r + "!" }
		sameAs(t, source.Map(regionField, upper), c, func(e *wide) (region, bool) { return upper(e.Region), true })
		sameAs(t, source.Map(noteField, func(s string) int { return len(s) }), c, func(e *wide) (int, bool) {
			if e.Note == nil {
				return 0, false
			}
			return len(*e.Note), true
		})
		sameAs(t, source.Map(regionField, func(r region) float32 { return float32(len(r)) / 3 }), c,
			func(e *wide) (float32, bool) { return float32(len(e.Region)) / 3, true })
		sameAs(t, source.Map(levelField, func(l level) bool { return l > 3 }), c, func(e *wide) (bool, bool) { return e.Level > 3, true })
		sameAs(t, source.Map(atField, func(x time.Time) string { return x.Month().String() }), c,
			func(e *wide) (string, bool) { return e.At.Month().String(), true })
		sameAs(t, source.Map(stampField, func(x stamp) int { return time.Time(x).Day() }), c,
			func(e *wide) (int, bool) { return time.Time(e.Stamp).Day(), true })
		sameAs(t, source.Map(seenField, func(x time.Time) time.Time { return x.Truncate(time.Hour) }), c,
			func(e *wide) (time.Time, bool) {
				if e.Seen == nil {
					return time.Time{}, false
				}
				return e.Seen.Truncate(time.Hour), true
			})
		sameAs(t, source.Map2(priceField, rebateField, func(p money, d int64) int64 { return int64(p) - d }), c,
			func(e *wide) (int64, bool) {
				if e.Discount == nil {
					return 0, false
				}
				return int64(e.Price) - *e.Discount, true
			})
		sameAs(t, source.Map2(okField, source.Map(weightField, func(w float32) float64 { return float64(w) * 2 }),
			func(ok bool, w float64) float64 {
				if ok {
					return w
				}
				return 1
			}), c,
			func(e *wide) (float64, bool) {
				if e.OK {
					return float64(e.Inner.Weight) * 2, true
				}
				return 1, true
			})
		sameAs(t, source.Map2(flagField, idField, func(flag bool, id uint64) uint16 { return uint16(id) }), c,
			func(e *wide) (uint16, bool) { return uint16(e.ID), e.Inner.Deep.Flag != nil })
		sameAs(t, source.Derive(func(e *wide) string { return string(e.Region) + e.At.String() }), c,
			func(e *wide) (string, bool) { return string(e.Region) + e.At.String(), true })
	})
}

// A frame goes from chunk to chunk: of one dictionary that grows, and of another.
func TestTextFunctionsRunOncePerText(t *testing.T) {
	var mapped, tested []string
	f := source.Map(noteField, func(s string) int { mapped = append(mapped, s); return len(s) })
	p := source.Match(noteField, func(s string) bool { tested = append(tested, s); return s > "b" })
	binder := newBinder(t)
	slot, err := f.Bind(binder)
	require.NoError(t, err)
	filter, err := p.Bind(binder)
	require.NoError(t, err)
	frame := binder.NewFrame()
	read := func(c *source.Chunk[wide]) (lengths []int64, kept []int32) {
		mapped, tested = nil, nil
		frame.Load(c)
		kept = filter.Keep(frame, rowsOf(c), nil)
		require.Equal(t, mapped, []string(nil), "before anyone asks")
		return frame.Vector(slot).Ints, kept
	}
	builder := source.NewBuilder[wide](schemaOf[wide](t), nil)
	chunk := func(notes ...*string) *source.Chunk[wide] {
		builder.Reset()
		for i, note := range notes {
			builder.Append(&wide{Note: note}, int64(i), nil)
		}
		return builder.Chunk(0, 0, int64(len(notes)))
	}

	lengths, kept := read(chunk(new("a"), nil, new("ccc"), new("a")))
	require.Equal(t, []int64{1, 3, 1}, []int64{lengths[0], lengths[2], lengths[3]})
	require.Equal(t, []int32{2}, kept)
	require.Equal(t, []string{"a", "ccc"}, mapped, "a null isn't a text")
	require.Equal(t, []string{"a", "ccc"}, tested)

	lengths, kept = read(chunk(new("ccc"), new("dd")))
	require.Equal(t, []int64{3, 2}, lengths)
	require.Equal(t, []int32{0, 1}, kept)
	require.Equal(t, []string{"dd"}, mapped, "the dictionary went on")
	require.Equal(t, []string{"dd"}, tested)

	builder = source.NewBuilder[wide](schemaOf[wide](t), nil)
	lengths, kept = read(chunk(new("bbbb"), new("a")))
	require.Equal(t, []int64{4, 1}, lengths)
	require.Equal(t, []int32{0}, kept)
	require.Equal(t, []string{"bbbb", "a"}, mapped, "another dictionary")
	require.Equal(t, []string{"bbbb", "a"}, tested)
}

func rowsOf[E any](c *source.Chunk[E]) []int32 {
	rows := make([]int32, c.Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

func TestDerivedFieldsSayWhatTheyAre(t *testing.T) {
	f := source.Map2(source.Map(regionField, func(r region) int { return len(r) }), priceField, func(int, money) bool { return true })
	require.Equal(t, "map2(map(Region:string)int,price:decimal(2))bool", f.String())
	require.True(t, f.HasCode())
	require.Equal(t, source.Bool, f.Kind())
	require.Equal(t, "derive()float", source.Derive(func(*wide) float64 { return 0 }).String())

	bad := source.FieldOf(func(*wide) *string { return nil })
	for _, field := range []source.Field[wide, int]{
		source.Map(bad, func(string) int { return 0 }),
		source.Map2(bad, priceField, func(string, money) int { return 0 }),
		source.Map2(priceField, bad, func(money, string) int { return 0 }),
		source.Map(source.Field[wide, int]{}, func(int) int { return 0 }),
		source.Map2(priceField, source.Field[wide, int]{}, func(money, int) int { return 0 }),
	} {
		_, err := field.Bind(newBinder(t))
		require.ErrorIs(t, err, source.ErrField)
	}
	_, err := source.Map(priceField, func(money) []int { return nil }).Bind(newBinder(t))
	require.ErrorIs(t, err, source.ErrField)
	_, err = source.Derive(func(*wide) *int { return nil }).Bind(newBinder(t))
	require.ErrorIs(t, err, source.ErrField)
}

func TestDerivedColumnsCostNoMemoryForEachRow(t *testing.T) {
	c := chunkOf(t, make([]wide, 500))
	c.Rows()
	b := newBinder(t)
	var slots []int
	for _, bind := range []func(*source.Binder[wide]) (int, error){
		source.Map(priceField, func(p money) int64 { return int64(p) * 2 }).Bind,
		source.Map(atField, func(x time.Time) time.Time { return x }).Bind,
		source.Map(regionField, func(r region) region { return r }).Bind,
		source.Map2(scoreField, priceField, func(s float64, p money) float64 { return s }).Bind,
		source.Derive(func(e *wide) string { return string(e.Region) }).Bind,
	} {
		slot, err := bind(b)
		require.NoError(t, err)
		slots = append(slots, slot)
	}
	frame := b.NewFrame()
	require.Zero(t, testing.AllocsPerRun(10, func() {
		frame.Load(c)
		for _, slot := range slots {
			frame.Vector(slot)
		}
	}))
}
