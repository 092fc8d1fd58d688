package arrowsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/fstest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

type sale struct {
	At       time.Time `anabranch:"at"`
	Category string    `anabranch:"category"`
	User     int64     `anabranch:"user"`
	Quantity int32     `anabranch:"quantity"`
	Cents    int64     `anabranch:"cents,decimal=2"`
	Coupon   *string   `anabranch:"coupon"`
}

// sales makes batches of 64 Ki rows; categories are a dictionary or plain texts.
func sales(batches int, coded bool) (out []arrow.RecordBatch) {
	text := arrow.DataType(arrow.BinaryTypes.String)
	if coded {
		text = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: text}
	}
	b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema([]arrow.Field{
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us}, {Name: "category", Type: text, Nullable: true},
		{Name: "user", Type: arrow.PrimitiveTypes.Int64}, {Name: "quantity", Type: arrow.PrimitiveTypes.Int32},
		{Name: "cents", Type: &arrow.Decimal64Type{Precision: 18, Scale: 2}}, {Name: "coupon", Type: text, Nullable: true}}, nil))
	str := func(i int, s string) {
		var err error
		switch c := b.Field(i).(type) {
		case *array.StringBuilder:
			c.Append(s)
		case *array.BinaryDictionaryBuilder:
			err = c.AppendString(s)
		}
		if err != nil {
			panic(err)
		}
	}
	for batch := range batches {
		for i := range 1 << 16 {
			n := batch<<16 + i
			b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1_764_000_000_000_000 + n*1000))
			str(1, fmt.Sprint("category ", n*7919%30))
			b.Field(2).(*array.Int64Builder).Append(int64(n * 7919 % 2_000_000))
			b.Field(3).(*array.Int32Builder).Append(int32(n%5 + 1))
			b.Field(4).(*array.Decimal64Builder).Append(100)
			if n%10 == 0 {
				str(5, fmt.Sprint("coupon ", n%1000))
			} else {
				b.Field(5).AppendNull()
			}
		}
		out = append(out, b.NewRecordBatch())
	}
	return out
}

func BenchmarkRead(b *testing.B) {
	for name, c := range map[string]struct {
		coded   bool
		options []ipc.Option
	}{"dictionary": {true, []ipc.Option{ipc.WithDictionaryDeltas(true)}}, "texts": {false, nil}, "texts,zstd": {false, []ipc.Option{ipc.WithZstd()}}} {
		body := encode(b, false, sales(4, c.coded), c.options...)
		b.Run(name, func(b *testing.B) {
			log, err := NewFiles(fstest.MapFS{"x": {Data: body}}, "x", source.TablesOptions[sale]{})
			require.NoError(b, err)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				r, err := log.Open(context.Background(), 0, 0)
				require.NoError(b, err)
				for {
					c, err := r.Next(context.Background())
					if errors.Is(err, io.EOF) {
						break
					}
					require.NoError(b, err)
					n += c.Len()
				}
				require.NoError(b, r.Close())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
		})
	}
}
