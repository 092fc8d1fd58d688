package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/bench/samples"
)

// rawColumns writes a small data set.
func rawColumns(t testing.TB, rows int) string {
	dir := t.TempDir()
	require.NoError(t, samples.WriteColumns(dir, rows))
	return dir
}

func TestRunTimesEveryDecoder(t *testing.T) {
	dir := rawColumns(t, 6000)
	require.NoError(t, run(io.Discard, dir, 6000, 1, true))
	require.ErrorContains(t, run(io.Discard, dir, 6001, 1, true), "6001 rows of ")
}

func TestCheckNoticesAWrongDecoder(t *testing.T) {
	events, err := samples.Read(rawColumns(t, 100), 100)
	require.NoError(t, err)
	records, _ := samples.Encode(events, false)
	require.NoError(t, check(decoders[0], records, events))
	events[0].Properties.Quantity, events[1].Properties.Quantity = 8, 9
	require.Error(t, check(decoders[0], records, events))
}

func BenchmarkDecode(b *testing.B) {
	events, err := samples.Read(rawColumns(b, 60_000), 60_000)
	require.NoError(b, err)
	for _, layout := range []string{"stable", "shuffled"} {
		records, bytes := samples.Encode(events, layout == "shuffled")
		for _, d := range decoders {
			b.Run(layout+"/"+d.name, func(b *testing.B) {
				b.SetBytes(int64(bytes))
				for b.Loop() {
					_, err := d.pass(records, nil)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(records)), "ns/event")
			})
		}
	}
}
