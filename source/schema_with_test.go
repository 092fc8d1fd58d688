package source_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

type hour time.Time

// optionals are columns that may be null, by a Null.
type optionals struct {
	ID    int64                        `anabranch:"id"`
	Text  source.Null[string]          `anabranch:"text"`
	At    source.Null[time.Time]       `anabranch:"at"`
	Small source.Null[int8]            `anabranch:"small"`
	Half  source.Null[float32]         `anabranch:"half"`
	Flag  source.Null[bool]            `anabranch:"flag"`
	Price source.Null[int64]           `anabranch:"price,decimal=2"`
	Hour  source.Null[hour]            `anabranch:"hour"`
	In    struct{ X source.Null[int] } `anabranch:"in"`
}

func someOptionals() []optionals {
	full := optionals{ID: 1, Text: source.Some("a"), At: source.Some(time.UnixMicro(7).UTC()), Small: source.Some[int8](-8), Half: source.Some[float32](0.1),
		Flag: source.Some(true), Price: source.Some[int64](1250), Hour: source.Some(hour(time.UnixMicro(9).UTC()))}
	full.In.X = source.Some(5)
	zeros := optionals{ID: 2, Text: source.Some(""), Small: source.Some[int8](0), Half: source.Some[float32](0), Flag: source.Some(false), Price: source.Some[int64](0)}
	return []optionals{full, {ID: 3}, zeros}
}

func TestNullsAreOptionalColumns(t *testing.T) {
	schema := schemaOf[optionals](t)
	require.Len(t, schema.Columns, 9)
	for _, c := range schema.Columns[1:] {
		require.True(t, c.Nullable, c.Name)
	}
	b := source.NewBuilder[optionals](schema, nil)
	events := someOptionals()
	for i := range events {
		b.Append(&events[i], int64(i), nil)
	}
	chunk := b.Chunk(0, 0, 3)
	require.NoError(t, chunk.Check())
	require.Equal(t, events, chunk.Rows())
	price, _ := schema.Lookup("price")
	require.True(t, chunk.Columns[price].IsNull(1))
	require.Equal(t, source.Value{Kind: source.Decimal, Int: 1250}, chunk.Columns[price].Value(0))

	w, err := source.NewParquetTable[optionals](schema)
	require.NoError(t, err)
	require.NoError(t, w.Write(chunk))
	body, err := w.Close()
	require.NoError(t, err)
	r, err := source.OpenParquet[optionals]("x", body, source.ParquetOptions{Base: 40})
	require.NoError(t, err)
	back, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, events, back.Rows())
	require.Equal(t, []int64{40, 41, 42}, back.Offsets, "a table has no offsets, so its rows are numbered")

	b.Reset()
	require.NoError(t, source.JSON[optionals]().Decode([]byte(`{"id":3,"text":null,"in":{"X":7}}`), b))
	b.Commit(0, nil)
	want := optionals{ID: 3}
	want.In.X = source.Some(7)
	require.Equal(t, []optionals{want}, b.Chunk(0, 0, 1).Rows())
}

func TestNullFieldsAreGroupedBy(t *testing.T) {
	text := source.FieldOf(func(e *optionals) *source.Null[string] { return &e.Text })
	b, err := source.NewBinder[optionals]()
	require.NoError(t, err)
	slot, err := text.Bind(b)
	require.NoError(t, err)
	require.Equal(t, 1, slot)
	require.Equal(t, source.String, text.Kind())
	_, err = source.FieldOf(func(e *optionals) *string { return &e.Text.V }).Bind(b)
	require.ErrorIs(t, err, source.ErrField, "the value alone would lose the nulls")
}

func TestEmbeddedNullIsAGroup(t *testing.T) {
	type holder struct {
		source.Null[int]
		Y int
	}
	type event struct{ H holder }
	var names []string
	for _, c := range schemaOf[event](t).Columns {
		names = append(names, c.Name)
	}
	require.Equal(t, []string{"H.Null", "H.Y"}, names)
	refuse[struct{ X source.Null[[]int] }](t, "can't be stored")
	refuse[struct{ X source.Null[inner] }](t, "can't be stored")
}

// pair is a struct of anyone's types, laid out flat.
type pair[K, V any] struct {
	Key   K `anabranch:"key,inline"`
	Value V `anabranch:"value,inline"`
}

func namesWith[E any](t *testing.T, options source.SchemaOptions) (names []string) {
	t.Helper()
	schema, err := source.SchemaWith[E](options)
	require.NoError(t, err)
	for _, c := range schema.Columns {
		names = append(names, c.Name)
	}
	return names
}

func TestSchemaInlines(t *testing.T) {
	type other struct {
		In inner `anabranch:"in"`
		N  int
	}
	require.Equal(t, []string{"key", "in.Weight", "in.deep.Flag", "N"}, namesWith[pair[string, other]](t, source.SchemaOptions{}))
	require.Equal(t, []string{"id", "value"}, namesWith[pair[base, []int]](t, source.SchemaOptions{}))
	require.Equal(t, []string{"value"}, namesWith[pair[struct{}, source.Null[int]]](t, source.SchemaOptions{}))
	require.Equal(t, []string{"key", "value"}, namesWith[pair[time.Time, bool]](t, source.SchemaOptions{}))

	_, err := source.SchemaOf[pair[base, base]]()
	require.ErrorIs(t, err, source.ErrSchema)
	require.ErrorIs(t, err, source.ErrNames)
	_, err = source.SchemaOf[pair[struct{ hidden int }, int]]()
	require.ErrorContains(t, err, "shows no fields")
	require.NotErrorIs(t, err, source.ErrNames)
}

func TestSchemaWith(t *testing.T) {
	type other struct {
		In inner `anabranch:"in"`
	}
	require.Equal(t, []string{"product", "inside.Weight", "inside.deep.Flag"},
		namesWith[pair[string, other]](t, source.SchemaOptions{Rename: map[string]string{"key": "product", "in": "inside"}}))
	schema, err := source.SchemaWith[pair[string, int64]](source.SchemaOptions{Rename: map[string]string{"value": "revenue"}, Decimals: map[string]int{"revenue": 2}})
	require.NoError(t, err)
	require.Equal(t, source.Decimal, schema.Columns[1].Kind)
	require.Equal(t, 2, schema.Columns[1].Scale)

	for part, options := range map[string]source.SchemaOptions{
		`no column "nothing" to rename`:       {Rename: map[string]string{"nothing": "x"}},
		`no column "nothing" to be a decimal`: {Decimals: map[string]int{"nothing": 2}},
		"is an int64, not a string":           {Decimals: map[string]int{"key": 2}},
		"0 to 18, not 19":                     {Decimals: map[string]int{"value": 19}},
		"have one name":                       {Rename: map[string]string{"value": "key"}},
		"without dots":                        {Rename: map[string]string{"value": "a.b"}},
		"begin with _":                        {Rename: map[string]string{"value": "_x"}},
	} {
		_, err := source.SchemaWith[pair[string, int64]](options)
		require.ErrorIs(t, err, source.ErrSchema)
		require.ErrorContains(t, err, part)
	}
	_, err = source.SchemaWith[pair[string, int64]](source.SchemaOptions{Rename: map[string]string{"value": ""}})
	require.ErrorContains(t, err, "without dots")
}

func TestLossySchemaWritesWhatJSONDoesNotHave(t *testing.T) {
	type lists struct {
		Floats []float64
		Halves [2]float32
		Waits  map[string]time.Duration
	}
	event := lists{[]float64{1.5, math.NaN()}, [2]float32{0.1, float32(math.Inf(1))}, map[string]time.Duration{"a": time.Second}}
	build := func(lossy bool) *source.Chunk[lists] {
		schema, err := source.SchemaWith[lists](source.SchemaOptions{Lossy: lossy})
		require.NoError(t, err)
		b := source.NewBuilder[lists](schema, nil)
		b.Append(&event, 0, nil)
		return b.Chunk(0, 0, 1)
	}
	chunk := build(true)
	require.Empty(t, chunk.Quarantine)
	var texts []string
	for i := range chunk.Columns {
		texts = append(texts, chunk.Columns[i].Value(0).Text)
	}
	require.Equal(t, []string{"[1.5,null]", "[0.1,null]", `{"a":1000000000}`}, texts)
	require.Len(t, build(false).Quarantine, 1)
}

func TestParquetReadsBySchemasOfItsOwn(t *testing.T) {
	schema, err := source.SchemaWith[pair[string, int64]](source.SchemaOptions{Rename: map[string]string{"key": "product"}})
	require.NoError(t, err)
	b := source.NewBuilder[pair[string, int64]](schema, nil)
	b.Append(&pair[string, int64]{"libro", 3}, 0, nil)
	w, err := source.NewParquetTable[pair[string, int64]](schema)
	require.NoError(t, err)
	require.NoError(t, w.Write(b.Chunk(0, 0, 1)))
	body, err := w.Close()
	require.NoError(t, err)
	r, err := source.OpenParquet[pair[string, int64]]("x", body, source.ParquetOptions{Schema: schema})
	require.NoError(t, err)
	chunk, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, []pair[string, int64]{{"libro", 3}}, chunk.Rows())
	_, err = source.OpenParquet[pair[string, int64]]("x", body, source.ParquetOptions{Schema: schemaOf[base](t)})
	require.ErrorIs(t, err, source.ErrOptions)
}
