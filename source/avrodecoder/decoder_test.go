package avrodecoder_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	hamba "github.com/hamba/avro/v2"
	"github.com/stretchr/testify/require"
	"github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/avrodecoder"
)

const eventSchema = `{"type":"record","name":"Event","fields":[
	{"name":"skipped","type":["null",{"type":"array","items":"string"}]},
	{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"seen","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},
	{"name":"day","type":{"type":"int","logicalType":"date"}},
	{"name":"ok","type":"boolean"},
	{"name":"small","type":"int"},
	{"name":"big","type":"long"},
	{"name":"count","type":["int","null"]},
	{"name":"single","type":"float"},
	{"name":"score","type":["null","double"]},
	{"name":"name","type":"string"},
	{"name":"note","type":["null","string"]},
	{"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH"]}},
	{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},
	{"name":"exact","type":{"type":"fixed","name":"Exact","size":9,"logicalType":"decimal","precision":20,"scale":4}},
	{"name":"id","type":{"type":"string","logicalType":"uuid"}},
	{"name":"inner","type":{"type":"record","name":"Inner","fields":[{"name":"x","type":"double"},{"name":"tags","type":{"type":"array","items":"string"}}]}},
	{"name":"maybe","type":["null",{"type":"record","name":"Maybe","fields":[{"name":"n","type":"long"},{"name":"other","type":"bytes"}]}]},
	{"name":"props","type":{"type":"map","values":"long"}},
	{"name":"blob","type":"bytes"}
]}`

// written is the event as another library writes and reads it.
type written struct {
	Skipped *[]string  `avro:"skipped"`
	At      time.Time  `avro:"at"`
	Seen    *time.Time `avro:"seen"`
	Day     time.Time  `avro:"day"`
	OK      bool       `avro:"ok"`
	Small   int32      `avro:"small"`
	Big     int64      `avro:"big"`
	Count   *int32     `avro:"count"`
	Single  float32    `avro:"single"`
	Score   *float64   `avro:"score"`
	Name    string     `avro:"name"`
	Note    *string    `avro:"note"`
	Level   string     `avro:"level"`
	Price   *big.Rat   `avro:"price"`
	Exact   *big.Rat   `avro:"exact"`
	ID      string     `avro:"id"`
	Inner   struct {
		X    float64  `avro:"x"`
		Tags []string `avro:"tags"`
	} `avro:"inner"`
	Maybe *maybe           `avro:"maybe"`
	Props map[string]int64 `avro:"props"`
	Blob  []byte           `avro:"blob"`
}

type maybe struct {
	N     int64  `avro:"n"`
	Other []byte `avro:"other"`
}

// event is what it's decoded as.
type event struct {
	At     time.Time  `anabranch:"at"`
	Seen   *time.Time `anabranch:"seen"`
	Day    time.Time  `anabranch:"day"`
	OK     bool       `anabranch:"ok"`
	Small  int32      `anabranch:"small"`
	Big    int64      `anabranch:"big"`
	Count  *int       `anabranch:"count"`
	Single float32    `anabranch:"single"`
	Score  *float64   `anabranch:"score"`
	Name   string     `anabranch:"name"`
	Note   *string    `anabranch:"note"`
	Level  string     `anabranch:"level"`
	Price  int64      `anabranch:"price,decimal=3"`
	Exact  *int64     `anabranch:"exact,decimal=2"`
	ID     string     `anabranch:"id"`
	Inner  struct {
		X    float64  `anabranch:"x"`
		Tags []string `anabranch:"tags"`
	} `anabranch:"inner"`
	Maybe struct {
		N *int64 `anabranch:"n"`
	} `anabranch:"maybe"`
	Props  map[string]int64 `anabranch:"props"`
	Blob   []byte           `anabranch:"blob"`
	Absent *string          `anabranch:"absent"`
}

// byHand makes the event of what the other library wrote or read. It's false where
// a value has no place in the event.
func byHand(w *written) (event, bool) {
	e := event{At: w.At, Seen: w.Seen, Day: w.Day, OK: w.OK, Small: w.Small, Big: w.Big, Single: w.Single, Score: w.Score,
		Name: w.Name, Note: w.Note, Level: w.Level, ID: w.ID, Props: w.Props, Blob: w.Blob}
	ok := true
	units := func(r *big.Rat, scale int64) int64 {
		scaled := new(big.Rat).Mul(r, big.NewRat(scale, 1))
		ok = ok && scaled.IsInt() && scaled.Num().IsInt64()
		return scaled.Num().Int64()
	}
	e.Price, e.Exact = units(w.Price, 1000), new(units(w.Exact, 100))
	if w.Count != nil {
		e.Count = new(int(*w.Count))
	}
	e.Inner.X, e.Inner.Tags = w.Inner.X, w.Inner.Tags
	if w.Maybe != nil {
		e.Maybe.N = &w.Maybe.N
	}
	return e, ok
}

var drawn = rapid.Custom(func(t *rapid.T) written {
	at := func(name string, unit time.Duration) time.Time {
		return time.UnixMicro(rapid.Int64Range(-62135596800_000000, 253402300799_999999).Draw(t, name)).Truncate(unit).UTC()
	}
	w := written{At: at("at", time.Millisecond), Day: time.Unix(86400*rapid.Int64Range(-700_000, 2_900_000).Draw(t, "day"), 0).UTC(),
		OK: rapid.Bool().Draw(t, "ok"), Small: rapid.Int32().Draw(t, "small"), Big: rapid.Int64().Draw(t, "big"),
		Count: rapid.Ptr(rapid.Int32(), true).Draw(t, "count"), Single: rapid.Float32().Draw(t, "single"),
		Score: rapid.Ptr(rapid.Float64(), true).Draw(t, "score"), Name: rapid.String().Draw(t, "name"),
		Note: rapid.Ptr(rapid.String(), true).Draw(t, "note"), Level: rapid.SampledFrom([]string{"LOW", "HIGH"}).Draw(t, "level"),
		Price: big.NewRat(rapid.Int64Range(-1<<53, 1<<53).Draw(t, "price"), 100), ID: rapid.StringMatching("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").Draw(t, "id"),
		Props: rapid.MapOfN(rapid.String(), rapid.Int64(), 0, 3).Draw(t, "props"), Blob: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "blob")}
	if rapid.Bool().Draw(t, "seen it") {
		w.Seen = new(at("seen", time.Microsecond))
	}
	w.Exact = big.NewRat(rapid.Int64Range(-1<<52, 1<<52).Draw(t, "exact"), 100)
	if rapid.Bool().Draw(t, "maybe") {
		w.Maybe = &maybe{rapid.Int64().Draw(t, "n"), []byte("x")}
	}
	w.Inner.X, w.Inner.Tags = rapid.Float64().Draw(t, "x"), rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "tags")
	if rapid.Bool().Draw(t, "skip") {
		w.Skipped = &[]string{"x", "y"}
	}
	return w
})

func decode[E any](t require.TestingT, d source.Decoder[E], records ...[]byte) *source.Chunk[E] {
	schema, err := source.SchemaOf[E]()
	require.NoError(t, err)
	b := source.NewBuilder[E](schema, nil)
	for i, record := range records {
		b.Decode(d, record, int64(i))
	}
	c := b.Chunk(0, 0, int64(len(records)))
	require.NoError(t, c.Check())
	return c
}

func chunkOf[E any](t require.TestingT, events ...E) *source.Chunk[E] {
	schema, err := source.SchemaOf[E]()
	require.NoError(t, err)
	b := source.NewBuilder[E](schema, nil)
	for i := range events {
		b.Append(&events[i], int64(i), nil)
	}
	c := b.Chunk(0, 0, int64(len(events)))
	require.Empty(t, c.Quarantine)
	return c
}

func cells[E any](c *source.Chunk[E]) map[string][]string {
	out := map[string][]string{}
	for i := range c.Columns {
		for row := range c.Len() {
			out[c.Schema.Columns[i].Name] = append(out[c.Schema.Columns[i].Name], c.Columns[i].Value(int32(row)).String())
		}
	}
	return out
}

func newDecoder[E any](t require.TestingT, schema string) source.Decoder[E] {
	d, err := avrodecoder.New[E](schema, avrodecoder.Options{})
	require.NoError(t, err)
	return d
}

// encode writes a value as the schema has it.
func encode(t require.TestingT, schema string, v any) []byte {
	s, err := avro.Parse(schema)
	require.NoError(t, err)
	record, err := s.Encode(v)
	require.NoError(t, err)
	return record
}

func TestDecodedEqualsByHand(t *testing.T) {
	d, schema := newDecoder[event](t, eventSchema), hamba.MustParse(eventSchema)
	rapid.Check(t, func(t *rapid.T) {
		var records [][]byte
		var want []event
		for _, w := range rapid.SliceOfN(drawn, 1, 4).Draw(t, "events") {
			record, err := hamba.Marshal(schema, w)
			require.NoError(t, err)
			e, ok := byHand(&w)
			require.True(t, ok)
			records, want = append(records, record), append(want, e)
		}
		got := decode(t, d, records...)
		require.Empty(t, got.Quarantine)
		require.Equal(t, cells(chunkOf(t, want...)), cells(got))
	})
}

func FuzzDecode(f *testing.F) {
	d, schema := newDecoder[event](f, eventSchema), hamba.MustParse(eventSchema)
	whole, err := hamba.Marshal(schema, written{At: time.UnixMilli(5), Day: time.Unix(0, 0), Level: "LOW", Price: big.NewRat(5, 4), Name: "name",
		ID: "x", Maybe: &maybe{7, []byte("o")}, Props: map[string]int64{"a": 1}, Blob: []byte{1}, Exact: big.NewRat(-1, 2), Note: new("note")})
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(whole[:len(whole):len(whole)], 0))
	f.Add([]byte{})
	f.Add([]byte{2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{2, 0xfe, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, record []byte) {
		got := decode(t, d, record)
		require.Equal(t, 1, got.Len()+len(got.Quarantine))
		if got.Len() == 0 {
			return // and the other library may allocate gigabytes for what lies
		}
		var w written
		reader := hamba.NewReader(nil, 0).Reset(record)
		reader.ReadVal(schema, &w)
		if reader.Error != nil {
			return // the libraries differ in what they forgive
		}
		e, ok := byHand(&w)
		require.True(t, ok)
		require.Equal(t, cells(chunkOf(t, e)), cells(got))
	})
}

func TestMalformedRecordsGoToQuarantine(t *testing.T) {
	const list = `{"type":"record","name":"R","fields":[{"name":"tags","type":{"type":"array","items":"null"}},{"name":"name","type":"string"}]}`
	type event struct {
		Tags []any  `anabranch:"tags"`
		Name string `anabranch:"name"`
	}
	d := newDecoder[event](t, list)
	for record, reason := range map[string]string{
		"":                     "",
		"\x00":                 "",
		"\x00\x02":             "",
		"\x00\x01a":            "", // a negative length
		"\x00\x02ab":           "1 bytes follow the record",
		"\xfe\xff\xff\xff\x0f": "", // an array of many that cost nothing
		"\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01a": "",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01":  "",
	} {
		c := decode(t, d, []byte("\x00\x02a"), []byte(record))
		require.Len(t, c.Quarantine, 1, "%q", record)
		require.Contains(t, c.Quarantine[0].Reason, source.ErrValue.Error())
		require.Contains(t, c.Quarantine[0].Reason, reason)
		require.Equal(t, record, string(c.Quarantine[0].Raw))
		require.Equal(t, []event{{Name: "a"}}, c.Rows())
	}
}

// A record mustn't allocate out of proportion to its bytes.
func TestRecordsThatLieAllocateLittle(t *testing.T) {
	d := newDecoder[event](t, eventSchema)
	schema, err := source.SchemaOf[event]()
	require.NoError(t, err)
	record := []byte{2, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0xfe, 0xff, 0xff, 0xff, 0x0f}
	b := source.NewBuilder[event](schema, nil)
	result := testing.Benchmark(func(bench *testing.B) {
		for bench.Loop() {
			b.Decode(d, record, 0)
			b.Reset()
		}
	})
	require.Less(t, result.AllocedBytesPerOp(), int64(64<<10))
}

func TestTimesOfEveryUnit(t *testing.T) {
	for logical, micros := range map[string]int64{
		"timestamp-millis": -1500_000, "timestamp-micros": -1500, "timestamp-nanos": -2,
		"local-timestamp-millis": -1500_000, "local-timestamp-micros": -1500, "local-timestamp-nanos": -2,
	} {
		schema := `{"type":"record","name":"R","fields":[{"name":"at","type":{"type":"long","logicalType":"` + logical + `"}}]}`
		type event struct {
			At time.Time `anabranch:"at"`
		}
		c := decode(t, newDecoder[event](t, schema), binary.AppendVarint(nil, -1500), binary.AppendVarint(nil, math.MinInt64))
		require.Equal(t, source.FromMicros(micros), c.Rows()[0].At, logical)
		if !strings.HasSuffix(logical, "nanos") {
			require.Len(t, c.Quarantine, 1, "a time far away")
		}
	}
}

func TestDecimals(t *testing.T) {
	for _, test := range []struct {
		scale int
		bytes string
		want  string // of a column with two digits after the point
	}{
		{2, "\x04\xd2", "1234"}, {2, "", "0"}, {2, "\xff", "-1"}, {2, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff", "255"},
		{2, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "-129"}, {0, "\x7f", "12700"}, {4, "\x27\x10", "100"}, {4, "\x27\x11", "more digits"},
		{2, "\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807"}, {2, "\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808"},
		{2, "\x00\x80\x00\x00\x00\x00\x00\x00\x00", "can't hold exactly"}, {0, "\x7f\xff\xff\xff\xff\xff\xff\xff", "past 64 bits"},
		{25, "\x08\x45\x95\x16\x14\x01\x48\x4a\x00\x00\x00", "100"}, {4, "\x00\x8a\xc7\x23\x04\x89\xe8\x00\x00", "100000000000000000"},
		{2, strings.Repeat("\x55", 65), "a decimal of 65 bytes"},
	} {
		schema := fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"p","type":{"type":"bytes","logicalType":"decimal","precision":500,"scale":%d}}]}`, test.scale)
		type event struct {
			P int64 `anabranch:"p,decimal=2"`
		}
		record := append(binary.AppendVarint(nil, int64(len(test.bytes))), test.bytes...)
		c := decode(t, newDecoder[event](t, schema), record)
		if c.Len() == 1 {
			require.Equal(t, test.want, fmt.Sprint(c.Rows()[0].P), "%d %q", test.scale, test.bytes)
			continue
		}
		require.Contains(t, c.Quarantine[0].Reason, test.want)
		require.Contains(t, c.Quarantine[0].Reason, "column p: ")
	}
}

func TestNumbersOfOtherKindsAndTexts(t *testing.T) {
	schema := `{"type":"record","name":"R","fields":[{"name":"p","type":"long"},{"name":"q","type":"string"},{"name":"at","type":"string"},
		{"name":"f","type":"long"},{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"narrow","type":"long"}]}`
	type event struct {
		P      int64     `anabranch:"p,decimal=2"`
		Q      int64     `anabranch:"q,decimal=2"`
		At     time.Time `anabranch:"at"`
		F      float64   `anabranch:"f"`
		E      int       `anabranch:"e"`
		Narrow int8      `anabranch:"narrow"`
	}
	record := func(p int64, q, at string, f int64, narrow int64) []byte {
		return encode(t, schema, map[string]any{"p": p, "q": q, "at": at, "f": f, "e": "B", "narrow": narrow})
	}
	c := decode(t, newDecoder[event](t, schema), record(7, "1.5", "1970-01-01T00:00:01Z", 9, -128),
		record(math.MaxInt64, "1", "1970-01-01T00:00:01Z", 9, 0), record(7, "x", "1970-01-01T00:00:01Z", 9, 0),
		record(7, "1", "then", 9, 0), record(7, "1", "1970-01-01T00:00:01Z", 1<<53+1, 0), record(7, "1", "1970-01-01T00:00:01Z", 1, 128))
	require.Equal(t, []event{{700, 150, source.FromMicros(1e6), 9, 1, -128}}, c.Rows())
	require.Len(t, c.Quarantine, 5)
}

func TestListsOfEverything(t *testing.T) {
	schema := `{"type":"record","name":"R","fields":[{"name":"v","type":{"type":"array","items":["null","boolean","int","long","float","double","string","bytes",
		{"type":"map","values":"string"},{"type":"record","name":"P","fields":[{"name":"x","type":"int"},{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
		{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":3}},{"name":"u","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}}]}]}}]}`
	type event struct {
		V []any `anabranch:"v"`
	}
	d := newDecoder[event](t, schema)
	point := map[string]any{"x": 1, "at": time.UnixMilli(1500), "d": big.NewRat(-5, 4), "u": [16]byte{15: 7}}
	c := decode(t, d, encode(t, schema, map[string]any{"v": []any{nil, true, int32(3), int64(4), float32(0.1), 0.25, "é\"", []byte{0, 255},
		map[string]any{"k": "v"}, map[string]any{"P": point}}}), encode(t, schema, map[string]any{"v": []any{math.NaN()}}))
	require.Equal(t, []event{{V: []any{nil, true, 3.0, 4.0, 0.1, 0.25, "é\"", "AP8=", map[string]any{"k": "v"},
		map[string]any{"x": 1.0, "at": "1970-01-01T00:00:01.5Z", "d": -1.25, "u": "00000000-0000-0000-0000-000000000007"}}}}, c.Rows())
	require.Contains(t, c.Quarantine[0].Reason, "column v: source: unfit value: JSON has no NaN")
}

func TestNullsWithoutAPointer(t *testing.T) {
	schema := `{"type":"record","name":"R","fields":[{"name":"n","type":["null","long"]},{"name":"m","type":["null","long"]},{"name":"z","type":"null"}]}`
	type event struct {
		N int    `anabranch:"n"`
		M int    `anabranch:"m,required"`
		Z *int64 `anabranch:"z"`
	}
	c := decode(t, newDecoder[event](t, schema), encode(t, schema, map[string]any{"m": 1, "z": nil}), encode(t, schema, map[string]any{"n": 1, "z": nil}))
	require.Equal(t, []event{{M: 1}}, c.Rows())
	require.Contains(t, c.Quarantine[0].Reason, "column m: source: unfit value: it's required")
}

func TestReadersSchema(t *testing.T) {
	const writer = `{"type":"record","name":"R","fields":[{"name":"old","type":"int"},{"name":"gone","type":"string"}]}`
	const reader = `{"type":"record","name":"R","fields":[{"name":"n","type":"long","aliases":["old"]},{"name":"kind","type":"string","default":"web"}]}`
	type event struct {
		N    int64  `anabranch:"n"`
		Kind string `anabranch:"kind"`
	}
	_, err := avrodecoder.New[event](writer, avrodecoder.Options{})
	require.ErrorIs(t, err, source.ErrSchema)
	d, err := avrodecoder.New[event](writer, avrodecoder.Options{Reader: reader})
	require.NoError(t, err)
	c := decode(t, d, encode(t, writer, map[string]any{"old": 7, "gone": "x"}))
	require.Equal(t, []event{{7, "web"}}, c.Rows())
	_, err = avrodecoder.New[event](writer, avrodecoder.Options{Reader: strings.ReplaceAll(reader, `"long"`, `"boolean"`)})
	require.ErrorIs(t, err, source.ErrSchema)
	_, err = avrodecoder.New[event](writer, avrodecoder.Options{Reader: "{"})
	require.ErrorIs(t, err, source.ErrSchema)
}

func TestMismatchesAreFoundAtOnce(t *testing.T) {
	field := func(typ string) string {
		return `{"type":"record","name":"R","fields":[{"name":"a","type":` + typ + `}]}`
	}
	type integer struct {
		A int `anabranch:"a"`
	}
	type text struct {
		A string `anabranch:"a"`
	}
	type timed struct {
		A time.Time `anabranch:"a"`
	}
	type nested struct {
		A struct {
			X int `anabranch:"x"`
		} `anabranch:"a"`
	}
	refuse := func(err error, part string) {
		t.Helper()
		require.ErrorIs(t, err, source.ErrSchema)
		require.ErrorContains(t, err, part)
	}
	as := func(schema string, event any) error {
		var err error
		switch event.(type) {
		case integer:
			_, err = avrodecoder.New[integer](schema, avrodecoder.Options{})
		case text:
			_, err = avrodecoder.New[text](schema, avrodecoder.Options{})
		case timed:
			_, err = avrodecoder.New[timed](schema, avrodecoder.Options{})
		case nested:
			_, err = avrodecoder.New[nested](schema, avrodecoder.Options{})
		}
		return err
	}
	refuse(as("{", integer{}), "cannot parse the schema")
	refuse(as(`"long"`, integer{}), "the schema is a long, not a record")
	refuse(as(strings.Replace(field(`"long"`), `"a"`, `"b"`, 1), integer{}), "column a: the schema doesn't have the field")
	refuse(as(field(`"string"`), integer{}), "column a: the field is a string, and no int")
	refuse(as(field(`"bytes"`), text{}), "column a: the field is a bytes, and no string")
	refuse(as(field(`"long"`), timed{}), "column a: the field is a long, and no time")
	refuse(as(field(`{"type":"long","logicalType":"time-micros"}`), timed{}), "the field is a long time-micros, and no time")
	refuse(as(field(`["null","int","string"]`), integer{}), "a union of several types")
	refuse(as(field(`"null"`), integer{}), "column a: the schema doesn't have the field")
	refuse(as(field(`"int"`), nested{}), "the field a is a int, not a record")
	refuse(as(field(`{"type":"record","name":"I","fields":[]}`), nested{}), "column a.x: the schema doesn't have the field")
	_, err := avrodecoder.New[int](field(`"int"`), avrodecoder.Options{})
	require.ErrorIs(t, err, source.ErrSchema)
}

// A named type may be used again by its name alone.
func TestNamedTypes(t *testing.T) {
	schema := `{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":{"type":"record","name":"P","fields":[{"name":"x","type":"int"}]}},
		{"name":"b","type":["null","P"]},{"name":"next","type":["null","R"]}]}`
	type event struct {
		A struct {
			X int `anabranch:"x"`
		} `anabranch:"a"`
		B struct {
			X *int `anabranch:"x"`
		} `anabranch:"b"`
	}
	point := map[string]any{"x": 1}
	inner := map[string]any{"a": point, "b": nil, "next": nil}
	c := decode(t, newDecoder[event](t, schema), encode(t, schema, map[string]any{"a": point, "b": point, "next": inner}), encode(t, schema, inner))
	require.Empty(t, c.Quarantine)
	require.Equal(t, []int{1, 1}, []int{c.Rows()[0].A.X, *c.Rows()[0].B.X})
	require.Nil(t, c.Rows()[1].B.X)
}

type small struct {
	N int64 `anabranch:"n"`
}

const (
	first  = `{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}`
	second = `{"type":"record","name":"R","fields":[{"name":"s","type":"string"},{"name":"n","type":"long"}]}`
	unfit  = `{"type":"record","name":"R","fields":[{"name":"n","type":"string"}]}`
)

func TestConfluent(t *testing.T) {
	calls := map[uint32]int{}
	d, err := avrodecoder.Confluent[small](func(id uint32) (string, error) {
		calls[id]++
		switch id {
		case 1:
			return first, nil
		case 1 << 31:
			return second, nil
		case 3:
			return unfit, nil
		}
		return "", errors.New("no such schema")
	}, avrodecoder.Options{})
	require.NoError(t, err)
	c := decode(t, d, []byte("\x00\x00\x00\x00\x01\x02"), []byte("\x00\x80\x00\x00\x00\x02s\x04"), []byte("\x00\x00\x00\x00\x03\x00"),
		[]byte("\x00\x00\x00\x00\x04\x00"), []byte("\x00\x00\x00\x00\x04\x00"), []byte("\x01\x00\x00\x00\x01\x02"), []byte("\x00\x00\x00\x01"), nil,
		[]byte("\x00\x00\x00\x00\x01"), []byte("\x00\x00\x00\x00\x03\x00"), []byte("\x00\x00\x00\x00\x01\x06"))
	require.Equal(t, []small{{1}, {2}, {3}}, c.Rows())
	require.Equal(t, map[uint32]int{1: 1, 1 << 31: 1, 3: 1, 4: 2}, calls)
	require.Len(t, c.Quarantine, 8)
	for i, reason := range []string{"the schema 3: source: not an event type", "the schema 4: cannot look it up: no such schema", "the schema 4",
		"doesn't begin with a zero byte", "doesn't begin", "doesn't begin", "", "the schema 3: "} {
		require.Contains(t, c.Quarantine[i].Reason, "source: unfit value: ")
		require.Contains(t, c.Quarantine[i].Reason, reason)
	}
	_, err = avrodecoder.Confluent[small](nil, avrodecoder.Options{})
	require.ErrorIs(t, err, source.ErrOptions)
	_, err = avrodecoder.Confluent[small](func(uint32) (string, error) { return first, nil }, avrodecoder.Options{Reader: unfit})
	require.ErrorIs(t, err, source.ErrSchema)
}

func TestSingleObject(t *testing.T) {
	one, err := avro.Parse(first)
	require.NoError(t, err)
	two, err := avro.Parse(second)
	require.NoError(t, err)
	a, err := one.AppendSingleObject(nil, map[string]any{"n": 1})
	require.NoError(t, err)
	b, err := two.AppendSingleObject(nil, map[string]any{"s": "", "n": 2})
	require.NoError(t, err)
	d, err := avrodecoder.SingleObject[small]([]string{first, second}, avrodecoder.Options{})
	require.NoError(t, err)
	c := decode(t, d, a, b, a[:9], []byte("\xc3\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02"), nil)
	require.Equal(t, []small{{1}, {2}}, c.Rows())
	require.Len(t, c.Quarantine, 3)
	require.Contains(t, c.Quarantine[1].Reason, "no schema has the fingerprint 0000000000000000")
	for _, schemas := range [][]string{nil, {first, first}} {
		_, err = avrodecoder.SingleObject[small](schemas, avrodecoder.Options{})
		require.ErrorIs(t, err, source.ErrOptions)
	}
	_, err = avrodecoder.SingleObject[small]([]string{first, unfit}, avrodecoder.Options{})
	require.ErrorIs(t, err, source.ErrSchema)
}

func TestDecodersAreSafeForConcurrentUse(t *testing.T) {
	d, err := avrodecoder.Confluent[small](func(id uint32) (string, error) { return second, nil }, avrodecoder.Options{})
	require.NoError(t, err)
	var group sync.WaitGroup
	for g := range int64(4) {
		group.Go(func() {
			for i := range int64(100) {
				record := binary.AppendVarint([]byte{0, 0, 0, 0, byte(i), 2, 'x'}, g*1000+i)
				if c := decode(t, d, record); c.Len() != 1 || c.Rows()[0].N != g*1000+i {
					t.Errorf("%+v %+v", c.Rows(), c.Quarantine)
				}
			}
		})
	}
	group.Wait()
}
