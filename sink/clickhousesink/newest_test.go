package clickhousesink

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// TestNewestAsInMemory compares with the sink that finds rows by Go's maps.
func TestNewestAsInMemory(t *testing.T) {
	type key struct {
		Text  source.Null[string]
		Float float64
		Int   int64
	}
	schema, err := sink.SchemaOf[key, int64](sink.SchemaOptions{})
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]sink.Row[key, int64], rapid.IntRange(0, 40).Draw(t, "rows"))
		for i := range rows {
			k := key{Int: rapid.Int64Range(0, 2).Draw(t, "int"), Float: float64(rapid.IntRange(0, 1).Draw(t, "float"))}
			if text := rapid.SampledFrom([]string{"", "a", "null"}).Draw(t, "text"); text != "null" {
				k.Text = source.Some(text)
			}
			rows[i] = sink.Row[key, int64]{View: "v", Key: k, Version: rapid.Int64Range(0, 3).Draw(t, "version"), Value: int64(i)}
		}
		memory := sink.NewMemory[key, int64]()
		require.NoError(t, memory.Write(context.Background(), rows))
		chunk, err := schema.Encoder().Encode(rows)
		require.NoError(t, err)
		want, got := map[string]bool{}, map[string]bool{}
		for _, row := range memory.Rows() {
			want[fmt.Sprint(row.Key, row.Version, row.Value)] = true
		}
		places := newest(chunk.Columns, schema.Identity, schema.Version, chunk.Len())
		if places == nil {
			require.Len(t, want, len(rows))
			return
		}
		for _, place := range places {
			got[fmt.Sprint(rows[place].Key, rows[place].Version, rows[place].Value)] = true
		}
		require.Equal(t, want, got)
		require.Len(t, places, len(want))
	})
}
