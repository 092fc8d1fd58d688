package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

const benchChunk = 4096

// click is a typical event, with none of the rare kinds.
type click struct {
	User  string
	ID    int64
	Cents int64
	Price float64
	At    time.Time
}

var (
	clickUser  = source.FieldOf(func(e *click) *string { return &e.User })
	clickID    = source.FieldOf(func(e *click) *int64 { return &e.ID })
	clickCents = source.FieldOf(func(e *click) *int64 { return &e.Cents })
	clickAt    = source.FieldOf(func(e *click) *time.Time { return &e.At })
	clickPrice = source.FieldOf(func(e *click) *float64 { return &e.Price })
)

// bench folds the same 64 chunks again and again: events of 10,000 users, each in
// one of n groups at random. ns/op is per event, the groups' memory in place.
func bench[R any](b *testing.B, name string, a aggregate.Aggregate[click, R]) {
	for _, n := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprintf("%s/groups=%d", name, n), func(b *testing.B) {
			s, frame, chunks, groups := benchStates(b, a, n)
			rows := make([]int32, benchChunk)
			for i := range rows {
				rows[i] = int32(i)
			}
			fold := func(i int) {
				frame.Load(chunks[i%len(chunks)])
				s.Add(groups[i%len(chunks)], rows, frame)
			}
			for i := range chunks {
				fold(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += benchChunk {
				fold(i / benchChunk)
			}
		})
	}
}

func benchStates[R any](b *testing.B, a aggregate.Aggregate[click, R], n int) (
	aggregate.Results[click, R], *source.Frame[click], []*source.Chunk[click], [][]uint32) {
	binder, err := source.NewBinder[click]()
	if err != nil {
		b.Fatal(err)
	}
	states, err := a.Bind(binder)
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	builder := source.NewBuilder[click](binder.Schema(), nil)
	var chunks []*source.Chunk[click]
	var groups [][]uint32
	for range 64 {
		builder.Reset()
		to := make([]uint32, benchChunk)
		for i := range to {
			user := random.IntN(10_000)
			builder.Append(&click{User: "user-" + strconv.Itoa(user), ID: int64(user), Cents: random.Int64N(100_000),
				Price: float64(random.IntN(100_000)) / 100, At: time.Unix(random.Int64N(100_000), 0)}, int64(i), nil)
			to[i] = uint32(random.IntN(n))
		}
		chunks, groups = append(chunks, builder.Chunk(0, 0, benchChunk)), append(groups, to)
	}
	s := states()
	s.Grow(n)
	return s, binder.NewFrame(), chunks, groups
}

var joined = aggregate.Join3(aggregate.Sum(clickCents), aggregate.Count[click](), aggregate.Distinct(clickUser),
	func(a, b, c int64) [3]int64 { return [3]int64{a, b, c} })

type clicks struct {
	Cents, Clicks int64
	Last          source.Null[int64]
}

var (
	histogram10 = aggregate.Histogram(clickCents, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 80_000)
	joinedMany  = aggregate.Join(
		aggregate.To(aggregate.Sum(clickCents), func(r *clicks) *int64 { return &r.Cents }),
		aggregate.To(aggregate.Count[click](), func(r *clicks) *int64 { return &r.Clicks }),
		aggregate.To(aggregate.Last(clickCents, clickAt), func(r *clicks) *source.Null[int64] { return &r.Last }))
)

func BenchmarkAdd(b *testing.B) {
	bench(b, "count", aggregate.Count[click]())
	bench(b, "sum", aggregate.Sum(clickCents))
	bench(b, "sumfloat", aggregate.SumFloat(clickPrice))
	bench(b, "mean_int", aggregate.Mean(clickCents))
	bench(b, "mean_float", aggregate.Mean(clickPrice))
	bench(b, "variance_int", aggregate.Variance(clickCents))
	bench(b, "variance_float", aggregate.Variance(clickPrice))
	bench(b, "covariance_int", aggregate.Covariance(clickID, clickCents))
	bench(b, "regression_float", aggregate.Regression(clickCents, clickPrice))
	bench(b, "distinct_int", aggregate.Distinct(clickID))
	bench(b, "distinct_string", aggregate.Distinct(clickUser))
	bench(b, "set_string", aggregate.Set(clickUser))
	bench(b, "min_int", aggregate.Min(clickCents))
	bench(b, "max_float", aggregate.Max(clickPrice))
	bench(b, "max_string", aggregate.Max(clickUser))
	bench(b, "first_int", aggregate.First(clickCents, clickAt))
	bench(b, "last_string", aggregate.Last(clickUser, clickAt))
	bench(b, "argmin_float", aggregate.ArgMin(clickUser, clickPrice, clickAt))
	bench(b, "argmax_string", aggregate.ArgMax(clickCents, clickUser, clickAt))
	bench(b, "histogram_10", histogram10)
	bench(b, "sample_int_10", aggregate.Sample(clickID, clickCents, clickAt, 10))
	bench(b, "sample_string_10", aggregate.Sample(clickUser, clickCents, clickAt, 10))
	bench(b, "map", aggregate.Map(aggregate.Sum(clickCents), func(n int64) int64 { return n }))
	bench(b, "join_of_many", joinedMany)
	bench(b, "where", aggregate.Where(aggregate.Sum(clickCents), source.AtLeast(clickCents, 50_000)))
	bench(b, "net", aggregate.Net(aggregate.Sum(clickCents), source.Less(clickCents, 5_000))) // one in twenty
	bench(b, "join3", joined)
}

// benchState takes every group's state out, and in again; ns/op is per state.
// With 1,000 groups each holds about 262 events, with 1M at most a few.
func benchState[R any](b *testing.B, name string, a aggregate.Aggregate[click, R]) {
	for _, n := range []int{1000, 1_000_000} {
		s, frame, chunks, groups := benchStates(b, a, n)
		rows := make([]int32, benchChunk)
		for i := range rows {
			rows[i] = int32(i)
		}
		for i := range chunks {
			frame.Load(chunks[i])
			s.Add(groups[i], rows, frame)
		}
		b.Run(fmt.Sprintf("append/%s/groups=%d", name, n), func(b *testing.B) {
			var state []byte
			var size int
			b.ReportAllocs()
			for i := range b.N {
				state = s.AppendState(state[:0], uint32(i%n))
				size += len(state)
			}
			b.ReportMetric(float64(size)/float64(b.N), "bytes/state")
		})
		b.Run(fmt.Sprintf("merge/%s/groups=%d", name, n), func(b *testing.B) {
			encoded := make([][]byte, min(n, 4096))
			for i := range encoded {
				encoded[i] = s.AppendState(nil, uint32(i))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				i %= len(encoded)
				if err := s.MergeState(uint32(i), encoded[i]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkState(b *testing.B) {
	benchState(b, "count", aggregate.Count[click]())
	benchState(b, "sum", aggregate.Sum(clickCents))
	benchState(b, "sumfloat", aggregate.SumFloat(clickPrice))
	benchState(b, "mean_int", aggregate.Mean(clickCents))
	benchState(b, "variance_float", aggregate.Variance(clickPrice))
	benchState(b, "regression_float", aggregate.Regression(clickCents, clickPrice))
	benchState(b, "distinct_int", aggregate.Distinct(clickID))
	benchState(b, "distinct_string", aggregate.Distinct(clickUser))
	benchState(b, "set_string", aggregate.Set(clickUser))
	benchState(b, "min_int", aggregate.Min(clickCents))
	benchState(b, "max_float", aggregate.Max(clickPrice))
	benchState(b, "max_string", aggregate.Max(clickUser))
	benchState(b, "first_int", aggregate.First(clickCents, clickAt))
	benchState(b, "last_string", aggregate.Last(clickUser, clickAt))
	benchState(b, "argmin_float", aggregate.ArgMin(clickUser, clickPrice, clickAt))
	benchState(b, "histogram_10", histogram10)
	benchState(b, "sample_string_10", aggregate.Sample(clickUser, clickCents, clickAt, 10))
	benchState(b, "join_of_many", joinedMany)
	benchState(b, "join3", joined)
}

// Results are read a thousand at a time; ns/op is per result.
func BenchmarkRead(b *testing.B) {
	benchResult(b, "count", aggregate.Count[click]())
	benchResult(b, "sum_int", aggregate.Sum(clickCents))
	benchResult(b, "sum_float", aggregate.SumFloat(clickPrice))
	benchResult(b, "max_int", aggregate.Max(clickCents))
	benchResult(b, "distinct_int", aggregate.Distinct(clickID))
	benchResult(b, "join_of_many", joinedMany)
	benchResult(b, "join3", joined)
	benchResult(b, "mean_int", aggregate.Mean(clickCents))
	benchResult(b, "mean_float", aggregate.Mean(clickPrice))
	benchResult(b, "variance_int", aggregate.Variance(clickCents))
	benchResult(b, "variance_float", aggregate.Variance(clickPrice))
	benchResult(b, "covariance_float", aggregate.Covariance(clickCents, clickPrice))
	benchResult(b, "regression_float", aggregate.Regression(clickCents, clickPrice))
}

func benchResult[R any](b *testing.B, name string, a aggregate.Aggregate[click, R]) {
	const n = 1000
	s, frame, chunks, groups := benchStates(b, a, n)
	rows := make([]int32, benchChunk)
	for i := range rows {
		rows[i] = int32(i)
	}
	for i := range chunks {
		frame.Load(chunks[i])
		s.Add(groups[i], rows, frame)
	}
	b.Run(name, func(b *testing.B) {
		of, into := make([]uint32, n), make([]R, n)
		for i := range of {
			of[i] = uint32(i)
		}
		b.ReportAllocs()
		for i := 0; i < b.N; i += n {
			if _, err := s.Read(of, into); err != nil {
				b.Fatal(err)
			}
		}
	})
}
