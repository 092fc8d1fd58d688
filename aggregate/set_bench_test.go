package aggregate

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A window's worth of events: 700,000 of 200,000 users, each of whom comes to few
// of the groups. ns/row is with all that a new set allocates.
func BenchmarkSet(b *testing.B) { benchSet(b, 700_000, 200_000, 30, 240, 100_000) }

// A month's.
func BenchmarkLargeSet(b *testing.B) { benchSet(b, 10_000_000, 3_000_000, 30) }

func benchSet(b *testing.B, rows, users int, groupCounts ...int) {
	for _, n := range groupCounts {
		random := rand.New(rand.NewPCG(1, 2))
		words, groups := make([]int64, rows), make([]uint32, rows)
		for i := range words {
			user := random.IntN(users)
			words[i] = int64(user) * 197
			groups[i] = uint32((user*31 + random.IntN(2)) % n)
		}
		fold := func() *set {
			s := &set{}
			s.grow(n)
			for at := 0; at < rows; at += gathered {
				end := min(rows, at+gathered)
				s.add(groups[at:end], words[at:end])
			}
			return s
		}
		perRow := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
		}
		b.Run(fmt.Sprintf("add/groups=%d", n), func(b *testing.B) {
			for range b.N {
				fold()
			}
			perRow(b)
		})
		b.Run(fmt.Sprintf("merge/groups=%d", n), func(b *testing.B) {
			from, same := fold(), make([]uint32, n)
			for i := range same {
				same[i] = uint32(i)
			}
			for range b.N {
				s := &set{}
				s.grow(n)
				s.merge(same, from, nil)
			}
			perRow(b)
		})
		b.Run(fmt.Sprintf("list/groups=%d", n), func(b *testing.B) {
			s := fold()
			var lent []int64
			for range b.N {
				s.version++
				for g := range n {
					lent = sortWords(s.words(uint32(g)), lent)
				}
			}
			perRow(b)
		})
	}
}
