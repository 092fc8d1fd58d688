package source_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// exact is all that a chunk holds, to the bit.
func exact[E any](c *source.Chunk[E]) any {
	type column struct {
		source.Vector
		bits []uint64
	}
	columns := make([]column, len(c.Columns))
	for i, v := range c.Columns {
		v.Dict.ID = 0
		columns[i] = column{Vector: v}
		for _, f := range v.Floats {
			columns[i].bits = append(columns[i].bits, math.Float64bits(f))
		}
	}
	return []any{c.Offsets, columns, c.Quarantine}
}

// sameAsComplete decodes records, twice, so that the second time the layouts of
// all are known, and compares with what the complete reader makes of them.
func sameAsComplete[E any](t require.TestingT, records ...string) {
	for _, strict := range []bool{false, true} {
		decoder, complete := source.JSON[E](), source.CompleteJSON[E](strict)
		if strict {
			decoder = source.StrictJSON[E]()
		}
		got, want := source.NewBuilder[E](schemaOf[E](t), nil), source.NewBuilder[E](schemaOf[E](t), nil)
		for range 2 {
			for i, record := range records {
				got.Decode(decoder, []byte(record), int64(i))
				want.Decode(complete, []byte(record), int64(i))
			}
			c, d := got.Chunk(0, 0, int64(len(records))), want.Chunk(0, 0, int64(len(records)))
			require.NoError(t, c.Check())
			require.Equal(t, exact(d), exact(c), "strict: %v, %q", strict, records)
			got.Reset()
			want.Reset()
		}
	}
}

// few has few members, so that records of it are short.
type few struct {
	A *int8     `json:"a"`
	B string    `json:"b" anabranch:",required"`
	C float64   `json:"c"`
	D *int64    `json:"d" anabranch:",decimal=3"`
	E []float32 `json:"e"`
	F *bool     `json:"f"`
	G struct {
		H *float32   `json:"h"`
		I *time.Time `json:"i"`
	} `json:"g"`
}

// hard are records that the two readers might disagree on.
var hard = []string{
	`{"b":"x"}`, `{"b":"x","a":1}`, `{"a":1,"b":"x"}`, `{ "a" : 1 , "b" : "x" }`, `{"a":1,"b":"y"} `, "\t\r\n{\"b\":\"z\"\n}", `{"b":"x",}`, `{,"b":"x"}`, `{"b":"x"`, `{"b":"x"}}`,
	`{"b":"x" "a":1}`, `{"b":"x","a":1,"a":1}`, `{"b":"x","a":1,"\u0061":1}`, `{"b":"x","z":1,"z":1}`, `{"b":"x","z":{"q":1,"q":1}}`, `{"b":"x","z":[{"q":[1,2,"]"]}]}`,
	`{"b":"x","z":"\ud800"}`, "{\"b\":\"x\",\"z\":\"\xff\"}", "{\"b\":\"x\",\"\xff\":1}", "{\"b\":\"\xff\"}", "{\"b\":\"12345678\xff\"}", "{\"b\":\"1234567\x1f\"}", "{\"b\":\"1\xff\",\"a\":1,\"c\":1}", `{"b":"ñ","ñ":1}`, `{"b":"a\n\"\ud83d\ude00"}`, `{"b":"\x"}`, `{"b":"\`,
	`{"b":"x","a":128}`, `{"b":"x","a":-128}`, `{"b":"x","a":01}`, `{"b":"x","a":-}`, `{"b":"x","a":-0}`, `{"b":"x","a":1.0}`, `{"b":"x","a":1.}`, `{"b":"x","a":1e1}`, `{"b":"x","a":1e}`, `{"b":"x","a":.1}`, `{"b":"x","a":+1}`, `{"b":"x","a":1x}`,
	`{"b":"x","a":null,"f":null,"g":null,"d":null,"e":null}`, `{"b":null}`, `{"b":nul}`, `{"b":"x","f":true}`, `{"b":"x","f":false}`, `{"b":"x","f":truest}`, `{"b":"x","f":1}`,
	`{"b":"x","c":0.1}`, `{"b":"x","c":-0}`, `{"b":"x","c":123456789012345678}`, `{"b":"x","c":9007199254740993}`, `{"b":"x","c":0.30000000000000004}`, `{"b":"x","c":1e400}`, `{"b":"x","c":1e-400}`, `{"b":"x","c":"1"}`, `{"b":"x","c":18446744073709551617}`, `{"b":"x","c":-36893488147419103233.5}`, `{"b":"x","g":{"i":"0000-02-29T00:00:00Z"}}`,
	`{"b":"x","d":1.5}`, `{"b":"x","d":1.0005}`, `{"b":"x","d":1.5000}`, `{"b":"x","d":"1.5"}`, `{"b":"x","d":"+.5"}`, `{"b":"x","d":""}`, `{"b":"x","d":9223372036854775.807}`, `{"b":"x","d":9223372036854775.808}`,
	`{"b":"x","e":[1,2]}`, `{"b":"x","e":[1e400]}`, `{"b":"x","e":{}}`, `{"b":"x","e":[1,2}`, `{"b":"x","g":{}}`, `{"b":"x","g":{"h":0.1}}`, `{"b":"x","g":{"h":1e39}}`, `{"b":"x","g":{"h":1},"g":{"i":1}}`, `{"b":"x","g":[]}`, `{"g":{"h":1,"y":2},"b":"x"}`,
	`{"b":"x","g":{"i":"2024-02-29T23:59:59.123456789Z"}}`, `{"b":"x","g":{"i":"2023-02-29T00:00:00Z"}}`, `{"b":"x","g":{"i":"2024-05-01T00:00:00+02:00"}}`, `{"b":"x","g":{"i":"0001-01-01T00:00:00+00:01"}}`, `{"b":"x","g":{"i":"0000-12-31T23:59:59-00:01"}}`,
	`{"b":"x","g":{"i":"9999-12-31T23:59:59.9999999Z"}}`, `{"b":"x","g":{"i":"9999-12-31T23:59:59-00:01"}}`, `{"b":"x","g":{"i":"2024-05-01t00:00:00z"}}`, `{"b":"x","g":{"i":"2024-05-01T24:00:00Z"}}`, `{"b":"x","g":{"i":"2024-05-01T00:00:60Z"}}`, `{"b":"x","g":{"i":"2024-05-01T00:00:00,5Z"}}`,
	`{"b":"x","g":{"i":"2024-05-01T00:00:00.1234567890123Z"}}`, `{"b":"x","g":{"i":"2024-05-01T00:00:00+24:00"}}`, `{"b":"x","g":{"i":"2024-05-01T0:00:00Z"}}`, `{"b":"x","g":{"i":1714521600000000}}`, `{"b":"x","g":{"i":"2024-04-31T00:00:00Z"}}`, `{"b":"x","g":{"i":"2024-05-01T00:00:00Z "}}`,
	`{"g":{"i":"2024-05-01T00:00:00.000001Z"},"b":"x"}`, `{"g":{"i":"2024-05-01T00:00:60.000001Z"},"b":"x"}`, `{"g":{"i":"2024-05-01T00:00:1:.000001Z"},"b":"x"}`,
	`{"g":{"i":"2024-05-01T00:00:59.Z"},"b":"xxxxxxxxxxxx"}`, `{"g":{"i":"2024-05-01T00:00:59.1234567Z"},"b":"x"}`, `{"g":{"i":"2024-05-01T00:00:59.12345678Z"},"b":"xxx"}`,
	``, ` `, `null`, `[]`, `{}`, `{ }`, `{"b":"x"}x`,
}

func FuzzJSONReadersAgree(f *testing.F) {
	for i, record := range hard {
		f.Add(record)
		f.Add(record + "\n" + hard[(i*7+1)%len(hard)] + "\n" + record)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "\n") > 8 {
			return
		}
		records := strings.Split(text, "\n")
		sameAsComplete[few](t, records...)
		sameAsComplete[wide](t, records...)
	})
}

// Every record after every other: what is remembered of one mustn't change what
// the next is.
func TestJSONReadersAgreeOnHardRecords(t *testing.T) {
	sameAsComplete[few](t, hard...)
	for _, first := range hard {
		var records []string
		for _, second := range hard {
			records = append(records, first, second)
		}
		sameAsComplete[few](t, records...)
	}
}

func TestJSONReadersAgreeOnFloats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []string
		for range 50 {
			units := rapid.Int64Range(-1e18, 1e18).Draw(t, "units") / rapid.SampledFrom([]int64{1, 10, 100, 1e6}).Draw(t, "shift")
			whole := rapid.SampledFrom([]int64{10, 1000, 1e9, 1e17}).Draw(t, "point")
			digits := len(fmt.Sprint(whole)) - 1
			records = append(records, fmt.Sprintf(`{"b":"x","c":%d.%0*d}`, units/whole, digits, max(units, -units)%whole))
		}
		sameAsComplete[few](t, records...)
	})
}

func TestJSONReadersAgreeOnManyStrangers(t *testing.T) {
	var records []string
	for i := range 200 {
		records = append(records, fmt.Sprintf(`{"x%d":%d,"b":"x","y%d":[]}`, i, i, i/2), fmt.Sprintf(`{"x%d":1,"b":"x","x%d":2}`, i, i))
	}
	records = append(records, `{"`+strings.Repeat("n", 500)+`":1,"b":"x"}`, `{"a":`+strings.Repeat(" ", 500)+`1,"b":"x"}`,
		`{"z":`+strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999)+`,"b":"x"}`, `{"z":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`,"b":"x"}`)
	sameAsComplete[few](t, records...)
}

// spaced writes members as one JSON object, in the layout that t draws.
func spaced(t *rapid.T, members []string) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n\t"}).Draw(t, "space") }
	usual := space()
	var out strings.Builder
	out.WriteString("{")
	for i, m := range members {
		if i > 0 {
			out.WriteString(space() + ",")
		}
		name, value, _ := strings.Cut(m, "\":")
		out.WriteString(usual + name + "\"" + space() + ":" + usual + value)
	}
	return out.String() + usual + "}"
}

func TestJSONReadersAgreeOnEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rawWide, 1, 6).Draw(t, "events")
		var records []string
		order := rapid.Permutation(indices(20)).Draw(t, "order")
		for _, e := range chunkOf(t, events).Rows() {
			e.Score, e.Inner.Weight = float64(len(records)), 0.25
			if rapid.IntRange(0, 4).Draw(t, "other order") == 0 {
				order = rapid.Permutation(indices(20)).Draw(t, "order")
			}
			c := chunkOf(t, []wide{e})
			var members []string
			for _, i := range order {
				if i >= len(c.Schema.Columns) || rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
					continue
				}
				column := c.Schema.Columns[i]
				text, ok := jsonText(column, c.Columns[i].Value(0))
				if column.Kind == source.Float {
					text, ok = rapid.SampledFrom([]string{"0.1", "1e3", "-7", "12345678901234567890"}).Draw(t, "float"), true
				}
				if ok && column.Kind == source.String && rapid.Bool().Draw(t, "escape") {
					text = strings.ReplaceAll(text, "a", `\u0061`)
				}
				switch {
				case ok && len(column.Path) == 1:
					members = append(members, fmt.Sprintf("%q:%s", column.Name, text))
				case ok && column.Name == "inner.Weight":
					members = append(members, fmt.Sprintf(`"inner":{"Weight":%s,"deep":{"Flag":true}}`, text))
				}
			}
			if rapid.Bool().Draw(t, "extra") {
				members = append(members, rapid.SampledFrom([]string{`"x":1`, `"x":{"y":[1,{}]}`, `"x":"é"`, `"x":-1.5e3`, `"id":1`}).Draw(t, "stranger"))
			}
			records = append(records, spaced(t, members))
		}
		sameAsComplete[wide](t, records...)
	})
}

// What makers of JSON usually write is for the fast reader.
func TestTheFastReaderTakesWhatIsUsual(t *testing.T) {
	for _, record := range []string{
		`{"b":"x"}`, ` { "b" : "ñ" , "a" : -7 } `, `{"a":1.0,"b":"a\n\u00f1"}`, `{"b":"x","c":1e-7,"f":true,"e":[1,2]}`, `{"b":"x","a":null,"g":null}`, `{"b":"x","d":"12.50"}`, `{"b":"x","d":12.5}`,
		`{"g":{"h":0.1,"i":"2024-05-01T00:00:00.123+02:00"},"b":"x"}`, `{"b":"x","z":{"q":[1,"]"]},"y":"s","w":-1.5e3,"v":false,"ñ":null}`,
	} {
		require.Empty(t, decode(t, source.FastJSON[few](false), record, record).Quarantine, record)
	}
	for _, e := range shoppings(100) {
		text, err := json.Marshal(e)
		require.NoError(t, err)
		require.Empty(t, decode(t, source.FastJSON[shopping](true), string(text)).Quarantine, string(text))
	}
}

func TestJSONOfAStableLayoutAllocatesNothing(t *testing.T) {
	b, decoder := source.NewBuilder[shopping](schemaOf[shopping](t), nil), source.JSON[shopping]()
	record := []byte(`{"timestamp":"2024-05-01T10:20:30.123456Z","event_type":"view","user_id":7,"session_id":8,"category":"caf\u00e9","region":"ñ","price":12.5,"quantity":3,"discount":0.15,"coupon":null,"more":"x"}`)
	offset := int64(0)
	next := func() {
		b.Decode(decoder, record, offset)
		offset++
	}
	next()
	require.Zero(t, testing.AllocsPerRun(2000, next))
	require.Zero(t, b.Rejected())
}

// Texts, numbers and times of every length, in the middle and at the end, after one
// another: what is read eight bytes at once must end where it ends.
func TestJSONReadersAgreeOnShortValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func() string {
			return rapid.StringMatching(`[a-zñ\x{7f}]{0,20}(\\n|\x01)?`).Draw(t, "text")
		}
		number := func() string { return rapid.StringMatching(`-?[0-9]{0,10}(\.[0-9]{0,10})?(e[0-9])?`).Draw(t, "number") }
		at := func() string {
			return rapid.StringMatching(`2024-05-0[1-3]T1[0-9]:0[0-9]:[0-6][0-9](\.[0-9]{0,9})?(Z|\+01:00|z|x)`).Draw(t, "time")
		}
		var records []string
		for range rapid.IntRange(1, 40).Draw(t, "records") {
			members := []string{
				`"b":"` + text() + `"`, `"a":` + number(), `"c":` + number(), `"d":` + number(), `"d":"` + number() + `"`,
				`"g":{"i":"` + at() + `"}`, `"g":{"h":` + number() + `}`, `"g":{"i":"` + at() + `","h":1}`, `"z":"` + text() + `"`,
			}
			order := rapid.Permutation(indices(len(members))).Draw(t, "order")[:rapid.IntRange(1, len(members)).Draw(t, "members")]
			chosen := []string{`"b":"x"`}[:rapid.IntRange(0, 1).Draw(t, "b first")]
			for _, i := range order {
				chosen = append(chosen, members[i])
			}
			record := "{" + strings.Join(chosen, ",") + "}"
			records = append(records, record[:len(record)-rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2}).Draw(t, "cut")])
		}
		sameAsComplete[few](t, records...)
	})
}
