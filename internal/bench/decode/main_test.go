package main

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/bench/samples"
)

// rawColumns writes columns as the generator does, with three events a session.
func rawColumns(t testing.TB, rows int) string {
	dir := t.TempDir()
	raw := filepath.Join(dir, "raw")
	require.NoError(t, os.Mkdir(raw, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(raw, "names.txt"), []byte("view,click,purchase\nhogar,libros,moda_mujer\nnorte,sur\n"), 0o644))
	r := rand.New(rand.NewPCG(1, 2))
	columns := map[string][]byte{}
	sessions := []uint64{0}
	for i := range rows {
		if i%3 == 0 {
			sessions = append(sessions, r.Uint64()>>1)
		}
		session := sessions[r.IntN(min(1000, len(sessions)))+max(0, len(sessions)-1000)]
		add := func(name string, width int, v uint64) {
			columns[name] = append(columns[name], binary.LittleEndian.AppendUint64(nil, v)[:width]...)
		}
		add("ts", 8, 1_746_057_600_000_000+uint64(i)*130_000)
		add("user", 8, 1+session%40_000_000)
		add("sid", 8, session)
		add("ev", 1, r.Uint64N(3))
		add("cat", 1, r.Uint64N(3))
		add("reg", 1, session%2)
		add("prod", 8, r.Uint64N(100_000))
		add("rev", 8, r.Uint64N(20)/19*r.Uint64N(25_000))
		add("qty", 4, r.Uint64N(3))
	}
	for name, bytes := range columns {
		require.NoError(t, os.WriteFile(filepath.Join(raw, name+".bin"), bytes, 0o644))
	}
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
