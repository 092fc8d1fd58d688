package lambda

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// BenchmarkSegment is what it costs to encode a segment's events, split or not.
func BenchmarkSegment(b *testing.B) {
	chunks := shopChunks(b, 64, 4096, 1_000_000)
	for name, dims := range map[string][]partition.Dimension{
		"whole":      nil,
		"16 buckets": {partition.ByHash("user", 16)},
		"256 parts":  {partition.ByHash("user", 256)},
	} {
		b.Run(name, func(b *testing.B) {
			scheme := partition.Scheme{}
			if dims != nil {
				var err error
				scheme, err = partition.New(dims...)
				require.NoError(b, err)
			}
			l, err := newLayout(chunks[0].Schema, scheme)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				w, err := newSegmentWriter[shopEvent](chunks[0].Schema, l)
				require.NoError(b, err)
				for _, c := range chunks {
					require.NoError(b, w.Write(c))
				}
				require.NoError(b, w.each(func(string, []byte, int64) error { return nil }))
			}
			reportPerEvent(b, chunks)
		})
	}
}

// BenchmarkPrune is what it costs to decide about a file.
func BenchmarkPrune(b *testing.B) {
	schema, err := source.SchemaOf[simEvent]()
	require.NoError(b, err)
	scheme, err := partition.New(partition.ByDay("at"), partition.ByHash("user", 16))
	require.NoError(b, err)
	l, err := newLayout(schema, scheme)
	require.NoError(b, err)
	p := l.pruner(source.And(source.Equal(simUser, 3), source.AtLeast(simAt, simStart)).Limits)
	files := make([]archive.File, 64)
	for i := range files {
		files[i].Name = archive.PartName(fmt.Sprintf("at_day=%s/user_hash16=%d", simStart.Format("2006-01-02"), i%16), 0, 1, "n")
	}
	b.ReportAllocs()
	kept := 0
	for i := 0; b.Loop(); i++ {
		if p.mayHold(files[i%len(files)]) {
			kept++
		}
	}
	b.ReportMetric(float64(kept)/float64(b.N), "kept/op")
}
