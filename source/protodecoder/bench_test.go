package protodecoder_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/anabranch-go/anabranch/source"
)

const shop = `
syntax = "proto3";
import "google/protobuf/timestamp.proto";
message Shopping {
  google.protobuf.Timestamp timestamp = 1;
  string event_type = 2;
  int64 user_id = 3;
  int64 session_id = 4;
  string category = 5;
  string region = 6;
  string price = 7;
  int32 quantity = 8;
  double discount = 9;
  optional string coupon = 10;
}`

// shopping is an event as shops have them, as package source's benchmarks have it.
type shopping struct {
	At       time.Time `anabranch:"timestamp"`
	Type     string    `anabranch:"event_type"`
	User     int64     `anabranch:"user_id"`
	Session  int64     `anabranch:"session_id"`
	Category string    `anabranch:"category"`
	Region   string    `anabranch:"region"`
	Price    int64     `anabranch:"price,decimal=2"`
	Quantity int32     `anabranch:"quantity"`
	Discount float64   `anabranch:"discount"`
	Coupon   *string   `anabranch:"coupon"`
}

func records(b *testing.B, d protoreflect.MessageDescriptor) (out [][]byte, size int) {
	set := func(m *dynamicpb.Message, name string, v any) {
		m.Set(d.Fields().ByName(protoreflect.Name(name)), protoreflect.ValueOf(v))
	}
	for i := range source.DefaultChunkRows {
		m := dynamicpb.NewMessage(d)
		at := m.Mutable(d.Fields().ByName("timestamp")).Message()
		at.Set(at.Descriptor().Fields().ByName("seconds"), protoreflect.ValueOf(int64(1_714_521_600+i)))
		set(m, "event_type", []string{"view", "cart", "purchase"}[i%3])
		set(m, "user_id", int64(i*7919%1_000_000))
		set(m, "session_id", int64(i)*104_729)
		set(m, "category", "category "+string(rune('a'+i%20)))
		set(m, "region", "region "+string(rune('a'+i%8)))
		set(m, "price", "123.45")
		set(m, "quantity", int32(i%9))
		set(m, "discount", float64(i%100)/100)
		if i%4 == 0 {
			set(m, "coupon", "WELCOME")
		}
		record, err := proto.Marshal(m)
		require.NoError(b, err)
		out, size = append(out, record), size+len(record)
	}
	return out, size
}

func BenchmarkDecode(b *testing.B) {
	d := compile(b, shop, "Shopping")
	decoder := newDecoder[shopping](b, d)
	records, size := records(b, d)
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

// BenchmarkUnmarshal is what the library takes to make dynamic messages of the
// same records: the measure for BenchmarkDecode.
func BenchmarkUnmarshal(b *testing.B) {
	d := compile(b, shop, "Shopping")
	records, size := records(b, d)
	b.ReportAllocs()
	for b.Loop() {
		for _, record := range records {
			if err := proto.Unmarshal(record, dynamicpb.NewMessage(d)); err != nil {
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
