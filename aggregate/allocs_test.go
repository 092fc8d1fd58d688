package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// A vector that was Reset folds the same groups and values in the memory that it
// has.
func TestASecondPassAllocatesNothing(t *testing.T) {
	secondPass(t, aggregate.Sum(cents))
	secondPass(t, aggregate.SumFloat(price))
	secondPass(t, aggregate.Mean(price))
	secondPass(t, aggregate.Variance(cents))
	secondPass(t, aggregate.Regression(price, cents))
	secondPass(t, aggregate.Distinct(cents))
	secondPass(t, aggregate.Distinct(shop))
	secondPass(t, aggregate.Set(cents))
	secondPass(t, aggregate.Set(shop))
	secondPass(t, aggregate.Min(price))
	secondPass(t, aggregate.Max(cents))
	secondPass(t, aggregate.Max(shop))
	secondPass(t, aggregate.First(shop, at))
	secondPass(t, aggregate.Last(shop, at))
	secondPass(t, aggregate.ArgMin(cents, shop, at))
	secondPass(t, aggregate.ArgMax(shop, price, at))
	secondPass(t, aggregate.Histogram(cents, 100, 200, 300))
	secondPass(t, aggregate.Sample(shop, price, at, 10))
	secondPass(t, aggregate.Map(aggregate.Sum(cents), func(n int64) int64 { return n }))
	secondPass(t, aggregate.Join(aggregate.To(aggregate.Last(cents, at), func(r *source.Null[int64]) *source.Null[int64] { return r })))
	secondPass(t, aggregate.Where(aggregate.Distinct(shop), source.AtLeast(cents, 500)))
	secondPass(t, aggregate.Net(aggregate.Sum(cents), source.AtLeast(cents, 500)))
	secondPass(t, aggregate.Join2(aggregate.Count[sale](), aggregate.Distinct(shop), func(a, b int64) int64 { return a + b }))
}

func secondPass[R any](t *testing.T, a aggregate.Aggregate[sale, R]) {
	b, err := source.NewBinder[sale]()
	require.NoError(t, err)
	maker, err := a.Bind(b)
	require.NoError(t, err)
	builder := source.NewBuilder[sale](b.Schema(), nil)
	const n = 1000
	groups, rows := make([]uint32, n), make([]int32, n)
	for i := range n {
		builder.Append(&sale{Cents: int64(i), Price: float64(i) / 7, Shop: fmt.Sprint("shop ", i), At: time.UnixMicro(int64(i))}, int64(i), nil)
		groups[i], rows[i] = uint32(i%10), int32(i)
	}
	frame := b.NewFrame()
	frame.Load(builder.Chunk(0, 0, n))
	s := maker()
	var state []byte
	pass := func() {
		s.Reset()
		s.Grow(10)
		s.Add(groups, rows, frame)
		state = s.AppendState(state[:0], 3)
	}
	pass()
	require.Zero(t, testing.AllocsPerRun(5, pass), "%s", a)
}
