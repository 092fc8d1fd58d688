package source

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sale is a shop's event: what the archive's cost is measured by.
type sale struct {
	At       time.Time `anabranch:"at"`
	Type     string    `anabranch:"type"`
	User     int64     `anabranch:"user"`
	Product  int64     `anabranch:"product"`
	Category string    `anabranch:"category"`
	Region   string    `anabranch:"region"`
	Quantity int32     `anabranch:"quantity"`
	Cents    int64     `anabranch:"cents,decimal=2"`
	Coupon   *string   `anabranch:"coupon"`
}

func sales(n int) []*Chunk[sale] {
	schema, err := SchemaOf[sale]()
	if err != nil {
		panic(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	b := NewBuilder[sale](schema, nil)
	var chunks []*Chunk[sale]
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(time.Duration(random.IntN(200_000)) * time.Microsecond)
		e := sale{At: at, Type: []string{"view", "view", "view", "cart", "purchase"}[random.IntN(5)],
			User: int64(random.IntN(2_000_000)), Product: int64(random.IntN(50_000)),
			Category: fmt.Sprint("category ", random.IntN(30)), Region: fmt.Sprint("region ", random.IntN(20)),
			Quantity: int32(1 + random.IntN(5)), Cents: int64(100 + random.IntN(50_000))}
		if random.IntN(10) == 0 {
			coupon := fmt.Sprint("coupon ", random.IntN(1000))
			e.Coupon = &coupon
		}
		b.Append(&e, int64(i), nil)
		if b.Len() == 4096 {
			chunks = append(chunks, b.Chunk(0, int64(i-4095), int64(i+1)))
			b.Reset()
		}
	}
	return chunks
}

const benchRows = 1 << 18

func BenchmarkParquetWrite(b *testing.B) {
	chunks := sales(benchRows)
	b.ReportAllocs()
	b.ResetTimer()
	size := 0
	for range b.N {
		size = len(write(b, parquetGroupRows, chunks...))
	}
	perEvent(b, size)
}

func BenchmarkParquetRead(b *testing.B) {
	body := write(b, parquetGroupRows, sales(benchRows)...)
	for _, columns := range [][]int{nil, {0, 1, 4, 7}} {
		for _, rows := range []int{4096, 16384, 65536} {
			b.Run(fmt.Sprintf("columns=%d/rows=%d", len(columns), rows), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					r, err := OpenParquet[sale]("bench.parquet", body, ParquetOptions{Columns: columns, ChunkRows: rows})
					require.NoError(b, err)
					n := 0
					for {
						c, err := r.Next()
						if errors.Is(err, io.EOF) {
							break
						}
						require.NoError(b, err)
						n += c.Len()
					}
					require.Equal(b, benchRows, n)
				}
				perEvent(b, len(body))
			})
		}
	}
}

func perEvent(b *testing.B, size int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/event")
	b.ReportMetric(float64(size)/benchRows, "B/event")
	b.SetBytes(int64(size))
}
