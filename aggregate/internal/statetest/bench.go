package statetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Bench folds the same 64 chunks again and again, events of 10,000 users in 1, in
// 1,000 and in a million groups at random; ns/op is per row, bytes/state that of
// the groups' states on average.
func Bench[R any](b *testing.B, name string, a aggregate.Aggregate[Event, R]) {
	for _, n := range []int{1, 1000, 1_000_000} {
		b.Run(fmt.Sprintf("%s/groups=%d", name, n), func(b *testing.B) {
			v := New(b, a, n)
			chunks, groups := benchChunks(v, n)
			rows := make([]int32, ChunkRows)
			for i := range rows {
				rows[i] = int32(i)
			}
			fold := func(i int) {
				v.Frame.Load(chunks[i%len(chunks)])
				v.Add(groups[i%len(chunks)], rows, v.Frame)
			}
			for i := range chunks {
				fold(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += ChunkRows {
				fold(i / ChunkRows)
			}
			b.StopTimer()
			var size, states int
			for g := 0; g < n; g += max(1, n/1000) {
				size += len(v.AppendState(nil, uint32(g)))
				states++
			}
			b.ReportMetric(float64(size)/float64(states), "bytes/state")
		})
	}
}

func benchChunks[R any](v *Vector[R], n int) ([]*source.Chunk[Event], [][]uint32) {
	random := rand.New(rand.NewPCG(1, 2))
	var chunks []*source.Chunk[Event]
	var groups [][]uint32
	for range 64 {
		v.builder.Reset()
		to := make([]uint32, ChunkRows)
		for i := range to {
			user := random.IntN(10_000)
			v.builder.Append(&Event{Text: "user-" + strconv.Itoa(user), Int: int64(user), Size: random.Uint64N(1000),
				Float: random.ExpFloat64(), At: time.Unix(0, 0)}, int64(i), nil)
			to[i] = uint32(random.IntN(n))
		}
		chunks, groups = append(chunks, v.builder.Chunk(0, 0, ChunkRows)), append(groups, to)
	}
	return chunks, groups
}
