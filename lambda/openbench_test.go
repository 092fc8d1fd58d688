package lambda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/window"
)

// BenchmarkOpenDelta folds events into an open delta of windows of each kind, with a
// flush after every ten thousand and a seal in the end: what the speed layer does for
// a view, without its stores. The shop's events come a thousand a second.
func BenchmarkOpenDelta(b *testing.B) {
	chunks := shopChunks(b, 64, 4096, 50_000)
	for _, windows := range []window.Spec{window.Tumbling(10 * time.Second), window.Tumbling(5 * time.Minute),
		window.Sliding(5*time.Minute, time.Minute), window.Session(10 * time.Second), window.Global()} {
		b.Run(windows.String(), func(b *testing.B) {
			view := shopByUser()
			view.Window = windows
			h, err := Register(New[shopEvent](Config{Archive: archive.Memory()}), view)
			require.NoError(b, err)
			d, err := newOpenDelta(h.reg, Config{Deltas: delta.Memory(), Observer: quiet{}}, "", 0, 1, 0)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				d.begin(0)
				for i, c := range chunks {
					_, err := d.fold(c)
					require.NoError(b, err)
					if i%3 == 2 {
						d.build()
					}
				}
				d.sealed()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(64*4096), "ns/event")
		})
	}
}
