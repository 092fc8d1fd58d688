package statefile

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/internal/columnar"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/parquet-go/parquet-go/format"
)

var meta = Meta{View: "ventas", Fingerprint: "f00d", Codec: "sum/1"}

func drawStates(t *rapid.T) []delta.State {
	states := rapid.SliceOf(rapid.Custom(func(t *rapid.T) delta.State {
		return delta.State{
			Key:    rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "key"),
			Window: rapid.OneOf(rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 0}), rapid.Int64()).Draw(t, "window"),
			State:  rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "state"),
		}
	})).Draw(t, "states")
	slices.SortFunc(states, func(a, b delta.State) int { return compare(&a, &b) })
	return slices.CompactFunc(states, func(a, b delta.State) bool { return compare(&a, &b) == 0 })
}

func TestDecodeGivesBackWhatWasEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := drawStates(t)
		body, err := Encode(meta, states)
		require.NoError(t, err)
		again, err := Encode(meta, states)
		require.NoError(t, err)
		require.Equal(t, body, again)

		gotMeta, got, err := Decode("a.parquet", body)
		require.NoError(t, err)
		require.Equal(t, meta, gotMeta)
		require.Len(t, got, len(states))
		for i := range states {
			require.Equal(t, string(states[i].Key), string(got[i].Key))
			require.Equal(t, states[i].Window, got[i].Window)
			require.Equal(t, string(states[i].State), string(got[i].State))
		}
	})
}

func many(n int) []delta.State {
	states := make([]delta.State, n)
	for i := range states {
		states[i] = delta.State{Key: fmt.Appendf(nil, "key %07d", i/3), Window: int64(i%3) * 300e6, State: fmt.Append(nil, i*i)}
	}
	return states
}

func TestDecodeReadsManyRowGroups(t *testing.T) {
	states := many(groupRows + 1000)
	states[5].State = make([]byte, groupBytes) // ends a row group by itself
	body, err := Encode(meta, states)
	require.NoError(t, err)
	_, got, err := Decode("a.parquet", body)
	require.NoError(t, err)
	require.Equal(t, states, got)
}

func TestEncodeRefusesStatesOutOfOrder(t *testing.T) {
	a, b := delta.State{Key: []byte("a"), Window: 2}, delta.State{Key: []byte("b"), Window: 1}
	for _, states := range [][]delta.State{{b, a}, {a, a}, {a, {Key: []byte("a"), Window: 1}}} {
		_, err := Encode(meta, states)
		require.ErrorIs(t, err, ErrOrder)
	}
}

// file makes one of other columns, keys or order than a file of states has.
func file(t *testing.T, columns []columnar.Column, data []columnar.Data, keys ...format.KeyValue) []byte {
	w, err := columnar.NewWriter(columns)
	require.NoError(t, err)
	require.NoError(t, w.WriteGroup(2, data))
	body, err := w.Close(keys...)
	require.NoError(t, err)
	return body
}

func TestDecodeRefusesOtherFiles(t *testing.T) {
	keys := []format.KeyValue{{Key: keyFormat, Value: thisFormat}, {Key: keyView, Value: "v"}, {Key: keyFingerprint, Value: "f"}, {Key: keyCodec, Value: "c"}}
	blobs := columnar.Data{Blobs: [][]byte{{1}, {2}}}
	data := []columnar.Data{blobs, {Ints: []int64{1, 2}}, blobs}
	good := file(t, columns, data, keys...)
	_, states, err := Decode("good.parquet", good)
	require.NoError(t, err)
	require.Len(t, states, 2)

	fewer := slices.Clone(columns)[:2]
	renamed := slices.Clone(columns)
	renamed[0].Path = []string{"other"}
	for name, body := range map[string][]byte{
		"nothing":            {},
		"no parquet":         []byte("not a file of any kind"),
		"no format":          file(t, columns, data, keys[1:]...),
		"no codec":           file(t, columns, data, keys[:3]...),
		"of another version": file(t, columns, data, append([]format.KeyValue{{Key: keyFormat, Value: "states/2"}}, keys[1:]...)...),
		"a column missing":   file(t, fewer, data[:2], keys...),
		"a column renamed":   file(t, renamed, data, keys...),
		"out of order":       file(t, columns, []columnar.Data{{Blobs: [][]byte{{2}, {1}}}, data[1], blobs}, keys...),
		"a group twice":      file(t, columns, []columnar.Data{{Blobs: [][]byte{{1}, {1}}}, {Ints: []int64{1, 1}}, blobs}, keys...),
	} {
		_, _, err := Decode("some/file.parquet", body)
		require.ErrorIs(t, err, ErrFile, name)
		require.ErrorContains(t, err, "some/file.parquet", name)
	}
}

// Whatever is done to a file's bytes, decoding gives an error or states in
// order; in the pages, whose checksums the file has, an error or the very same.
func TestDecodeSurvivesDamage(t *testing.T) {
	states := many(50)
	body, err := Encode(meta, states)
	require.NoError(t, err)
	pages := len(body) - 8 - int(uint32(body[len(body)-8])|uint32(body[len(body)-7])<<8)
	for i := range body {
		_, _, err := Decode("a.parquet", body[:i])
		require.ErrorIs(t, err, ErrFile)
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := slices.Clone(body)
			damaged[i] ^= flip
			_, got, err := Decode("a.parquet", damaged)
			if err != nil {
				require.ErrorIs(t, err, ErrFile)
			} else if i < pages {
				require.Equal(t, states, got, "byte %d", i)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, n := range []int{0, 1, 100} {
		body, err := Encode(meta, many(n))
		require.NoError(f, err)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		meta, states, err := Decode("fuzz.parquet", body)
		if err != nil {
			require.ErrorIs(t, err, ErrFile)
			return
		}
		again, err := Encode(meta, states)
		require.NoError(t, err)
		gotMeta, got, err := Decode("again.parquet", again)
		require.NoError(t, err)
		require.Equal(t, meta, gotMeta)
		require.Len(t, got, len(states))
	})
}

const benchStates = 1 << 18

func BenchmarkEncode(b *testing.B) {
	states := many(benchStates)
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		body, err := Encode(meta, states)
		require.NoError(b, err)
		size = len(body)
	}
	perState(b, size)
}

func BenchmarkDecode(b *testing.B) {
	body, err := Encode(meta, many(benchStates))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, states, err := Decode("bench.parquet", body)
		require.NoError(b, err)
		require.Len(b, states, benchStates)
	}
	perState(b, len(body))
}

func perState(b *testing.B, size int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchStates, "ns/state")
	b.ReportMetric(float64(size)/benchStates, "B/state")
	b.SetBytes(int64(size))
}
