package avrodecoder_test

import (
	"testing"
	"time"

	hamba "github.com/hamba/avro/v2"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

const shop = `{"type":"record","name":"Shopping","fields":[
	{"name":"timestamp","type":{"type":"long","logicalType":"timestamp-micros"}},
	{"name":"event_type","type":"string"}, {"name":"user_id","type":"long"}, {"name":"session_id","type":"long"},
	{"name":"category","type":"string"}, {"name":"region","type":"string"}, {"name":"price","type":"string"},
	{"name":"quantity","type":"int"}, {"name":"discount","type":"double"}, {"name":"coupon","type":["null","string"]}]}`

// shopping is an event as shops have them, as package source's benchmarks have it.
type shopping struct {
	At       time.Time `anabranch:"timestamp" avro:"timestamp"`
	Type     string    `anabranch:"event_type" avro:"event_type"`
	User     int64     `anabranch:"user_id" avro:"user_id"`
	Session  int64     `anabranch:"session_id" avro:"session_id"`
	Category string    `anabranch:"category" avro:"category"`
	Region   string    `anabranch:"region" avro:"region"`
	Price    int64     `anabranch:"price,decimal=2" avro:"-"`
	Text     string    `anabranch:"-" avro:"price"`
	Quantity int32     `anabranch:"quantity" avro:"quantity"`
	Discount float64   `anabranch:"discount" avro:"discount"`
	Coupon   *string   `anabranch:"coupon" avro:"coupon"`
}

func records(b *testing.B) (out [][]byte, size int) {
	schema := hamba.MustParse(shop)
	for i := range source.DefaultChunkRows {
		e := shopping{At: time.Unix(1_714_521_600+int64(i), 0), Type: []string{"view", "cart", "purchase"}[i%3], User: int64(i * 7919 % 1_000_000),
			Session: int64(i) * 104_729, Category: "category " + string(rune('a'+i%20)), Region: "region " + string(rune('a'+i%8)),
			Text: "123.45", Quantity: int32(i % 9), Discount: float64(i%100) / 100}
		if i%4 == 0 {
			e.Coupon = new("WELCOME")
		}
		record, err := hamba.Marshal(schema, e)
		require.NoError(b, err)
		out, size = append(out, record), size+len(record)
	}
	return out, size
}

func BenchmarkDecode(b *testing.B) {
	decoder := newDecoder[shopping](b, shop)
	records, size := records(b)
	schema, err := source.SchemaOf[shopping]()
	require.NoError(b, err)
	builder := source.NewBuilder[shopping](schema, nil)
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		for i, record := range records {
			builder.Decode(decoder, record, int64(i))
		}
	}
	require.Zero(b, builder.Rejected())
	report(b, len(records), size)
}

// BenchmarkUnmarshal is what another library takes to make structs of the same
// records: the measure for BenchmarkDecode.
func BenchmarkUnmarshal(b *testing.B) {
	schema := hamba.MustParse(shop)
	records, size := records(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, record := range records {
			var e shopping
			if err := hamba.Unmarshal(schema, record, &e); err != nil {
				b.Fatal(err)
			}
		}
	}
	report(b, len(records), size)
}

func report(b *testing.B, n, size int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
	b.SetBytes(int64(size))
}
