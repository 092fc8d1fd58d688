package window

import (
	"math/rand/v2"
	"testing"
	"time"
)

const chunk = 4096

// reportPerEvent turns the loop's time into ns/op per event of a chunk.
func reportPerEvent(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chunk, "ns/event")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAssign takes times as a log has them, nearly in order over two hours,
// and times all over a month, where most leave the window of the one before.
func BenchmarkAssign(b *testing.B) {
	loc := load(b, "Europe/Madrid")
	first := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	random := rand.New(rand.NewPCG(1, 2))
	ordered, scattered, starts := make([]int64, chunk), make([]int64, chunk), make([]int64, chunk)
	for i := range ordered {
		ordered[i] = first + int64(i)*2*hour/chunk + random.Int64N(second)
		scattered[i] = first + random.Int64N(30*day)
	}
	for _, s := range []Spec{Tumbling(5 * time.Minute), Hour(loc), Day(loc), Month(loc), Global()} {
		for name, times := range map[string][]int64{"ordered": ordered, "scattered": scattered} {
			b.Run(s.String()+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.Assign(starts, times)
				}
				reportPerEvent(b)
			})
		}
	}
}

// BenchmarkObserve: honest chunks, and chunks with one event a thousand days
// ahead, which costs the bisection each time.
func BenchmarkObserve(b *testing.B) {
	for name, ahead := range map[string]int64{"honest": 0, "future": 1000 * day} {
		b.Run(name, func(b *testing.B) {
			w := NewWatermark(Lateness{})
			times := make([]int64, chunk)
			for i := range times {
				times[i] = int64(i) * 1000
			}
			b.ReportAllocs()
			for b.Loop() {
				for i := range times {
					times[i] += second
				}
				honest := times[7]
				times[7] += ahead
				w.Observe(times)
				times[7] = honest
			}
			reportPerEvent(b)
		})
	}
}

// BenchmarkDay is the price of declaring a calendar window: its zone's table.
func BenchmarkDay(b *testing.B) {
	loc := load(b, "Europe/Madrid")
	b.ReportAllocs()
	for b.Loop() {
		Day(loc)
	}
}

func BenchmarkRollsUpTo(b *testing.B) {
	fine, coarse := Tumbling(5*time.Minute), Day(load(b, "Europe/Madrid"))
	b.ReportAllocs()
	for b.Loop() {
		if err := fine.RollsUpTo(coarse); err != nil {
			b.Fatal(err)
		}
	}
}
