package source_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// decode reads records into a chunk, at the offsets from 0.
func decode[E any](t require.TestingT, d source.Decoder[E], records ...string) *source.Chunk[E] {
	b := source.NewBuilder[E](schemaOf[E](t), nil)
	for i, record := range records {
		b.Decode(d, []byte(record), int64(i))
	}
	c := b.Chunk(0, 0, int64(len(records)))
	require.NoError(t, c.Check())
	return c
}

// timed gives an object the times that wide requires: zero ones, as they are in a
// wide that says nothing of them.
func timed(record string) string {
	const zero = `"at":"0001-01-01T00:00:00Z","Stamp":"0001-01-01T00:00:00Z"`
	body := strings.TrimPrefix(strings.TrimSpace(record), "{")
	if strings.TrimSpace(body) != "}" {
		body = "," + body
	}
	return "{" + zero + body
}

func TestJSONReadsEveryKind(t *testing.T) {
	c := decode(t, source.JSON[wide](), `{
		"id": 9223372036854775807, "at": "2024-05-01T12:00:00.123456789+02:00", "seen": 1714557600000001, "Stamp": "2024-01-01T00:00:00Z",
		"OK": true, "Level": -128, "Small": 65535, "Word": 7, "Count": -5, "price": 12.50, "discount": "0.125", "score": 1e-3,
		"Region": "a\"\u00f1\ud83d\ude00", "Note": "", "inner": {"Weight": 0.1, "deep": {"Flag": false, "more": [{}]}},
		"tags": ["x", "\u0079"], "props": {"b": 2, "a": 1}, "Pair": [1, 2], "Hidden": {"deep": [1, {"x": null}]}, "unknown": "x"}`)
	require.Empty(t, c.Quarantine)
	seen := time.Date(2024, 5, 1, 10, 0, 0, 1000, time.UTC)
	want := wide{base: base{ID: math.MaxInt64}, At: time.Date(2024, 5, 1, 10, 0, 0, 123456000, time.UTC), Seen: &seen,
		Stamp: stamp(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)), OK: true, Level: -128, Small: 65535, Word: 7, Count: -5,
		Price: 1250, Discount: new(int64(125)), Score: 1e-3, Region: "a\"ñ😀", Note: new(""), Tags: []string{"x", "y"},
		Props: map[string]int{"a": 1, "b": 2}, Pair: [2]int32{1, 2}}
	want.Inner.Weight, want.Inner.Deep.Flag = 0.1, new(false)
	require.Equal(t, want, c.Rows()[0])
	require.Equal(t, cells(chunkOf(t, []wide{want})), cells(c))
}

func TestJSONMissingAndNullAreOne(t *testing.T) {
	nulls := []string{}
	for _, c := range schemaOf[wide](t).Columns {
		if len(c.Path) == 1 && !c.Required {
			nulls = append(nulls, fmt.Sprintf("%q:null", c.Name))
		}
	}
	empty := cells(chunkOf(t, []wide{{}}))
	for _, record := range []string{`{}`, ` { } `, "{" + strings.Join(nulls, ",") + "}", `{"inner":null}`, `{"inner":{}}`,
		`{"inner":{"Weight":null,"deep":null}}`, `{"tags":[],"props":{}}`} {
		require.Equal(t, empty, cells(decode(t, source.JSON[wide](), timed(record))), record)
	}
}

func TestJSONRefuses(t *testing.T) {
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for record, part := range map[string]string{
		``:                                    "unexpected EOF",
		`   `:                                 "unexpected EOF",
		`null`:                                "a JSON null where an object belongs",
		`[]`:                                  "a JSON list where an object belongs",
		`7`:                                   "a JSON number where an object belongs",
		`nope`:                                "invalid",
		`{`:                                   "unexpected EOF",
		`{"id":1`:                             "unexpected EOF",
		`{"id":1,}`:                           "invalid character",
		`{"id":1}{}`:                          "something follows",
		`{"id":1} x`:                          "something follows",
		`{"id":1,"id":2}`:                     "duplicate",
		`{"x":1,"\u0078":2}`:                  "duplicate",
		`{"x":{"y":1,"y":2}}`:                 "duplicate",
		`{"inner":{"Weight":1},"inner":null}`: "duplicate",
		"{\"Region\":\"\xff\"}":               "invalid UTF-8",
		"{\"\xff\":1}":                        "invalid UTF-8",
		`{"Region":"\ud800"}`:                 "surrogate",
		`{"x":` + deep + `}`:                  "depth",
		`{"id":"1"}`:                          "column id: source: unfit value: a JSON string where a int belongs",
		`{"id":-1}`:                           "column id: source: unfit value: -1 in a uint64",
		`{"id":9223372036854775808}`:          `column id: source: unfit value: "9223372036854775808" is past 64 bits`,
		`{"Count":1.5}`:                       `column Count: source: unfit value: "1.5" has more than 0 digits after the point`,
		`{"Count":1e400}`:                     "past 64 bits",
		`{"Count":01}`:                        "invalid character",
		`{"Level":200}`:                       "column Level: source: unfit value: 200 in a source_test.level",
		`{"price":1.005}`:                     "more than 2 digits after the point",
		`{"price":"1,5"}`:                     `column price: source: unfit value: "1,5" is no number`,
		`{"price":""}`:                        "is no number",
		`{"price":true}`:                      "a JSON bool where a decimal belongs",
		`{"score":1e400}`:                     `"1e400" is no float64`,
		`{"score":"NaN"}`:                     "a JSON string where a float belongs",
		`{"inner":{"Weight":1e39}}`:           "column inner.Weight: ",
		`{"inner":7}`:                         "member inner: a JSON number where an object belongs",
		`{"inner":{"deep":[]}}`:               "member deep: a JSON list where an object belongs",
		`{"OK":1}`:                            "a JSON number where a bool belongs",
		`{"Region":1}`:                        "a JSON number where a string belongs",
		`{"at":"2024-05-01"}`:                 `"2024-05-01" is no time in RFC 3339`,
		`{"at":"0000-05-01T00:00:00Z"}`:       "in the year 0",
		`{"at":1e20}`:                         "past 64 bits",
		`{"at":253402300800000000}`:           "time outside the years",
		`{"at":0.5}`:                          "digits after the point",
		`{"tags":["x",1]}`:                    "column tags: ",
		`{"tags":"x"}`:                        "column tags: ",
		`{"Pair":[1]}`:                        "column Pair: ",
		`{"Pair":[1,2,3]}`:                    "column Pair: ",
	} {
		c := decode(t, source.JSON[wide](), timed(`{"id":1}`), record, timed(`{"id":2}`))
		require.Len(t, c.Quarantine, 1, record)
		require.EqualValues(t, 1, c.Quarantine[0].Offset)
		require.Equal(t, record, string(c.Quarantine[0].Raw))
		require.Contains(t, c.Quarantine[0].Reason, part, record[:min(len(record), 80)])
		require.Equal(t, []wide{{base: base{ID: 1}}, {base: base{ID: 2}}}, c.Rows(), record)
	}
}

// Numbers are compared with math/big's in number_test.go; here, that JSON's
// forms of one number are one.
func TestJSONNumbersAreExact(t *testing.T) {
	for _, form := range []string{"1000", "1e3", "1E+3", "1000.0", "0.1e4", "10000000e-4", "1000.000e0"} {
		c := decode(t, source.JSON[wide](), timed(`{"Count":`+form+`,"price":`+form+`,"discount":"`+form+`"}`))
		require.Empty(t, c.Quarantine, form)
		require.Equal(t, 1000, c.Rows()[0].Count)
		require.EqualValues(t, 100_000, c.Rows()[0].Price)
		require.EqualValues(t, 1_000_000, *c.Rows()[0].Discount)
	}
	c := decode(t, source.JSON[wide](), timed(`{"price":92233720368547758.07}`), timed(`{"price":-92233720368547758.08}`),
		timed(`{"price":92233720368547758.08}`), timed(`{"score":-0}`), timed(`{"Count":-0.0}`))
	require.EqualValues(t, math.MaxInt64, c.Rows()[0].Price)
	require.EqualValues(t, math.MinInt64, c.Rows()[1].Price)
	require.Len(t, c.Quarantine, 1)
	require.False(t, math.Signbit(c.Rows()[2].Score))
	require.Zero(t, c.Rows()[3].Count)
}

// The order of members may change from record to record.
func TestJSONMembersComeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := chunkOf(t, rapid.SliceOfN(rawWide, 1, 6).Draw(t, "events"))
		var records []string
		for row := range events.Len() {
			var members []string
			for _, i := range rapid.Permutation(indices(len(events.Columns))).Draw(t, "order") {
				if c := events.Schema.Columns[i]; len(c.Path) == 1 {
					if text, ok := jsonText(c, events.Columns[i].Value(int32(row))); ok {
						members = append(members, fmt.Sprintf("%q: %s", c.Name, text))
					}
				}
				if rapid.IntRange(0, 9).Draw(t, "extra") == 0 {
					members = append(members, fmt.Sprintf(`"extra%d": [1, {"id": 2}]`, i))
				}
			}
			records = append(records, "{"+strings.Join(members, ",")+"}")
		}
		decoded := decode(t, source.JSON[wide](), records...)
		require.Empty(t, decoded.Quarantine)
		want, got := cells(events), cells(decoded)
		for i, c := range events.Schema.Columns {
			if len(c.Path) == 1 && c.Name != "score" {
				require.Equal(t, want[i], got[i], c.Name)
			}
		}
	})
}

// jsonText writes a cell as JSON, in one of the forms that are read.
func jsonText(c source.Column, v source.Value) (string, bool) {
	switch {
	case v.Null:
		return "null", true
	case c.Kind == source.Bool:
		return fmt.Sprint(v.Int == 1), true
	case c.Kind == source.Float:
		return "", false // some have no JSON
	case c.Kind == source.String:
		text, err := json.Marshal(v.Text)
		return string(text), err == nil
	case c.Kind == source.Opaque:
		return v.Text, true
	case c.Kind == source.Decimal:
		return fmt.Sprintf("%de-%d", v.Int, c.Scale), true
	case c.Kind == source.Time && v.Int%2 == 0:
		return `"` + source.FromMicros(v.Int).Format(time.RFC3339Nano) + `"`, true
	}
	return fmt.Sprint(v.Int), true
}

func TestJSONIsSafeForConcurrentUse(t *testing.T) {
	d, schema := source.JSON[wide](), schemaOf[wide](t)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			b := source.NewBuilder[wide](schema, nil)
			for i := range int64(200) {
				b.Decode(d, []byte(timed(fmt.Sprintf(`{"Count":%d,"Region":"r%d","tags":["%d"]}`, i, g, i))), i)
			}
			for i, e := range b.Chunk(0, 0, 200).Rows() {
				if e.Count != i || e.Region != region(fmt.Sprint("r", g)) || e.Tags[0] != fmt.Sprint(i) {
					t.Errorf("event %d: %+v", i, e)
				}
			}
		})
	}
	group.Wait()
}

type panicky struct{}

func (panicky) Decode(record []byte, b *source.Builder[wide]) error {
	if err := b.Set(0, source.Value{Kind: source.Int, Int: 1}); err != nil {
		return err
	}
	if string(record) == "panic" {
		panic("boom")
	}
	return errors.Join(b.Set(1, source.Value{Kind: source.Time, Int: 0}), b.Set(3, source.Value{Kind: source.Time, Int: 0}))
}

func TestADecoderThatPanics(t *testing.T) {
	c := decode(t, panicky{}, "panic", "fine")
	require.Equal(t, []source.Quarantined{{Offset: 0, Raw: []byte("panic"), Reason: "the decoder panicked: boom"}}, c.Quarantine)
	epoch := source.FromMicros(0)
	require.Equal(t, []wide{{base: base{ID: 1}, At: epoch, Stamp: stamp(epoch)}}, c.Rows())
}

// both sets a cell that the record has too.
type both struct{ source.Decoder[wide] }

func (d both) Decode(record []byte, b *source.Builder[wide]) error {
	if err := b.Set(0, source.Value{Kind: source.Int, Int: 1}); err != nil {
		return err
	}
	return d.Decoder.Decode(record, b)
}

func TestADecoderThatAddsCellsOfItsOwn(t *testing.T) {
	c := decode(t, both{source.JSON[wide]()}, `{"id":1}`, `{"id":null}`, timed(`{"Count":2}`))
	require.Len(t, c.Quarantine, 2)
	require.Contains(t, c.Quarantine[0].Reason, "column id is there twice")
	require.Equal(t, []wide{{base: base{ID: 1}, Count: 2}}, c.Rows())
}

func TestQuarantineKeepsACopyOfTheRecord(t *testing.T) {
	record := []byte(`{"id":-1}`)
	b := source.NewBuilder[wide](schemaOf[wide](t), nil)
	b.Decode(source.JSON[wide](), record, 0)
	clear(record)
	require.Equal(t, `{"id":-1}`, string(b.Chunk(0, 0, 1).Quarantine[0].Raw))
}
