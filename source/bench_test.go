package source_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

// shopping is an event as shops have them: about 190 bytes of JSON.
type shopping struct {
	At       time.Time `json:"timestamp"`
	Type     string    `json:"event_type"`
	User     int64     `json:"user_id"`
	Session  int64     `json:"session_id"`
	Category string    `json:"category"`
	Region   string    `json:"region"`
	Price    int64     `json:"price" anabranch:",decimal=2"`
	Quantity int32     `json:"quantity"`
	Discount float64   `json:"discount"`
	Coupon   *string   `json:"coupon"`
}

func shoppings(n int) []shopping {
	r := rand.New(rand.NewPCG(1, 2))
	events := make([]shopping, n)
	for i := range events {
		events[i] = shopping{At: time.Date(2024, 5, 1, 0, 0, 0, i*1000, time.UTC), Type: []string{"view", "cart", "purchase"}[r.IntN(3)],
			User: r.Int64N(1e6), Session: r.Int64N(1e9), Category: fmt.Sprint("category ", r.IntN(20)), Region: fmt.Sprint("region ", r.IntN(8)),
			Price: r.Int64N(1e5), Quantity: r.Int32N(9), Discount: float64(r.IntN(100)) / 100}
		if r.IntN(4) == 0 {
			events[i].Coupon = new(fmt.Sprint("WELCOME", r.IntN(50)))
		}
	}
	return events
}

// chunkBench reports what an event costs where each turn of b.Loop makes a chunk
// of n.
func chunkBench(b *testing.B, n int, bytes int) {
	b.ReportAllocs()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
	b.SetBytes(int64(bytes))
}

func BenchmarkBuilderAppend(b *testing.B) {
	events := shoppings(source.DefaultChunkRows)
	builder := source.NewBuilder[shopping](schemaOf[shopping](b), nil)
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		for i := range events {
			builder.Append(&events[i], int64(i), nil)
		}
	}
	chunkBench(b, len(events), 0)
}

func BenchmarkJSON(b *testing.B) {
	var records [][]byte
	bytes := 0
	for _, e := range shoppings(source.DefaultChunkRows) {
		text, err := json.Marshal(e)
		require.NoError(b, err)
		records = append(records, text)
		bytes += len(text)
	}
	builder, decoder := source.NewBuilder[shopping](schemaOf[shopping](b), nil), source.JSON[shopping]()
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		for i, record := range records {
			builder.Decode(decoder, record, int64(i))
		}
	}
	require.Zero(b, builder.Rejected())
	chunkBench(b, len(records), bytes)
}

// BenchmarkJSONUnmarshal is what package json takes to make structs of the same
// records: the measure for BenchmarkJSON.
func BenchmarkJSONUnmarshal(b *testing.B) {
	var records [][]byte
	bytes := 0
	for _, e := range shoppings(source.DefaultChunkRows) {
		text, err := json.Marshal(e)
		require.NoError(b, err)
		records = append(records, text)
		bytes += len(text)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, record := range records {
			var e shopping
			if err := json.Unmarshal(record, &e); err != nil {
				b.Fatal(err)
			}
		}
	}
	chunkBench(b, len(records), bytes)
}

func BenchmarkCSV(b *testing.B) {
	var file strings.Builder
	file.WriteString("timestamp,event_type,user_id,session_id,category,region,price,quantity,discount,coupon\n")
	for _, e := range shoppings(source.DefaultChunkRows) {
		coupon := ""
		if e.Coupon != nil {
			coupon = *e.Coupon
		}
		fmt.Fprintf(&file, "%s,%s,%d,%d,\"%s\",%s,%d.%02d,%d,%g,%s\n", e.At.Format(time.RFC3339Nano), e.Type, e.User, e.Session,
			e.Category, e.Region, e.Price/100, e.Price%100, e.Quantity, e.Discount, coupon)
	}
	log, err := source.NewFiles(fstest.MapFS{"x.csv": {Data: []byte(file.String())}}, "x.csv", source.CSV[shopping](source.CSVOptions{}), source.FilesOptions[shopping]{})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		reader, err := log.Open(b.Context(), 0, 0)
		require.NoError(b, err)
		for {
			c, err := reader.Next(b.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(b, err)
			require.Empty(b, c.Quarantine)
		}
		require.NoError(b, reader.Close())
	}
	chunkBench(b, source.DefaultChunkRows, file.Len())
}

func BenchmarkMemoryAppend(b *testing.B) {
	events := shoppings(source.DefaultChunkRows)
	for _, batch := range []int{1, 100, len(events)} {
		b.Run(fmt.Sprint("by ", batch), func(b *testing.B) {
			log, err := source.NewMemory("bench", 1, source.MemoryOptions[shopping]{})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				next := int64(0)
				for i := 0; i < len(events); i += batch {
					next, _ = log.Append(0, events[i:min(i+batch, len(events))]...)
				}
				require.NoError(b, log.Trim(0, next))
			}
			chunkBench(b, len(events), 0)
		})
	}
}

func BenchmarkMemoryRead(b *testing.B) {
	events := shoppings(16 * source.DefaultChunkRows)
	log, err := source.NewMemory("bench", 1, source.MemoryOptions[shopping]{})
	require.NoError(b, err)
	end, err := log.Append(0, events...)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		reader, err := log.Open(b.Context(), 0, 0)
		require.NoError(b, err)
		for next := int64(0); next < end; {
			c, err := reader.Next(b.Context())
			require.NoError(b, err)
			next = c.Next
		}
	}
	chunkBench(b, len(events), 0)
}

func BenchmarkRows(b *testing.B) {
	c := chunkOf(b, shoppings(source.DefaultChunkRows))
	b.ReportAllocs()
	for b.Loop() {
		c.Slice(c.From, c.Next).Rows()
	}
	chunkBench(b, c.Len(), 0)
}
