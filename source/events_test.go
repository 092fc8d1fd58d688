package source_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

type (
	level  int8
	money  int64
	region string
	stamp  time.Time
)

type inner struct {
	Weight float32
	Deep   struct {
		Flag *bool
	} `anabranch:"deep"`
}

type base struct {
	ID uint64 `anabranch:"id"`
}

// wide is an event with a column of every kind.
type wide struct {
	base
	At       time.Time  `anabranch:"at"`
	Seen     *time.Time `anabranch:"seen"`
	Stamp    stamp
	OK       bool
	Level    level
	Small    uint16
	Word     uint
	Count    int
	Price    money   `anabranch:"price,decimal=2"`
	Discount *int64  `anabranch:"discount,decimal=3"`
	Score    float64 `json:"score,omitempty"`
	Region   region
	Note     *string
	Inner    inner          `anabranch:"inner"`
	Tags     []string       `json:"tags"`
	Props    map[string]int `json:"props"`
	Pair     [2]int32
	Hidden   chan int `anabranch:"-"`
	secret   int
}

// Raw events: what a caller may hand in, before normalisation.
var (
	rawText  = rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b", "\xff", "a\xff\xfeb", "ñ", "�"}), rapid.String())
	rawFloat = rapid.OneOf(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), 0.1, 1e300}), rapid.Float64())
	rawTime  = rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.IntRange(0, 9).Draw(t, "zero time") == 0 {
			return time.Time{}
		}
		us := rapid.Int64Range(-62135596800_000000, 253402300799_999999).Draw(t, "µs")
		zone := time.FixedZone("z", rapid.IntRange(-12, 12).Draw(t, "zone")*3600)
		return time.UnixMicro(us).Add(time.Duration(rapid.IntRange(0, 999).Draw(t, "ns"))).In(zone)
	})
	rawWide = rapid.Custom(func(t *rapid.T) wide {
		e := wide{
			base:   base{ID: rapid.Uint64Max(math.MaxInt64).Draw(t, "id")},
			At:     rawTime.Draw(t, "at"),
			Seen:   rapid.Ptr(rawTime, true).Draw(t, "seen"),
			Stamp:  stamp(rawTime.Draw(t, "stamp")),
			OK:     rapid.Bool().Draw(t, "ok"),
			Level:  level(rapid.Int8().Draw(t, "level")),
			Small:  rapid.Uint16().Draw(t, "small"),
			Word:   uint(rapid.Uint32().Draw(t, "word")),
			Count:  rapid.Int().Draw(t, "count"),
			Price:  money(rapid.Int64().Draw(t, "price")),
			Score:  rawFloat.Draw(t, "score"),
			Region: region(rawText.Draw(t, "region")),
			Note:   rapid.Ptr(rawText, true).Draw(t, "note"),
			Tags:   rapid.SliceOfN(rawText, 0, 3).Draw(t, "tags"),
			Props:  rapid.MapOfN(rapid.StringMatching("[a-c]{1,2}"), rapid.Int(), 0, 3).Draw(t, "props"),
			Pair:   [2]int32{rapid.Int32().Draw(t, "left"), 7},
		}
		e.Discount = rapid.Ptr(rapid.Int64(), true).Draw(t, "discount")
		e.Inner.Weight = float32(rawFloat.Draw(t, "weight"))
		e.Inner.Deep.Flag = rapid.Ptr(rapid.Bool(), true).Draw(t, "flag")
		return e
	})
)

func schemaOf[E any](t require.TestingT) *source.Schema {
	schema, err := source.SchemaOf[E]()
	require.NoError(t, err)
	return schema
}

// chunkOf appends events at the offsets from 0.
func chunkOf[E any](t require.TestingT, events []E) *source.Chunk[E] {
	b := source.NewBuilder[E](schemaOf[E](t), nil)
	for i := range events {
		b.Append(&events[i], int64(i), nil)
	}
	c := b.Chunk(0, 0, int64(len(events)))
	require.NoError(t, c.Check())
	return c
}

// cells gives a chunk's values by column and row; NaN becomes a text, so that
// it equals itself.
func cells[E any](c *source.Chunk[E]) [][]any {
	out := make([][]any, len(c.Columns))
	for i := range c.Columns {
		for row := range c.Len() {
			v := c.Columns[i].Value(int32(row))
			if math.IsNaN(v.Float) {
				out[i] = append(out[i], math.Float64bits(v.Float))
				continue
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}

func column(t testing.TB, c *source.Chunk[wide], name string) *source.Vector {
	i, ok := c.Schema.Lookup(name)
	require.True(t, ok, name)
	return &c.Columns[i]
}
