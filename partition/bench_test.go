package partition

import (
	"testing"
	"time"
)

func BenchmarkPath(b *testing.B) {
	s := mustNew(b, ByDay("fecha"), ByHash("user_id", 16), ByValue("region"))
	at, user, region := Time(time.Unix(1_795_000_000, 0)), Int(42), String("norte")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Path(at, user, region); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	s := mustNew(b, ByDay("fecha"), ByHash("user_id", 16), ByValue("region"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Parse("fecha=2026-11-24/user_id=7/region=norte%2Fsur"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEscape(b *testing.B) {
	for name, value := range map[string]string{"clean": "Castilla y León", "hostile": "../../etc/passwd\x00"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Escape(value)
			}
		})
	}
}

func BenchmarkBucket(b *testing.B) {
	for name, v := range map[string]Value{"int": Int(1 << 40), "string": String("9f138052-36302")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bucket(v, 64)
			}
		})
	}
}
