package source

import (
	"bytes"
	"io"
	"testing"
	"testing/fstest"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// TestScanJoinsManyGroups has a file of so many row groups that a part of each would
// read its footer as often.
func TestScanJoinsManyGroups(t *testing.T) {
	type event struct {
		N int64 `anabranch:"n" parquet:"n"`
	}
	const groups, wanted = 500, 3
	var file bytes.Buffer
	w := parquet.NewGenericWriter[event](&file)
	for n := range int64(groups) {
		_, err := w.Write([]event{{n}})
		require.NoError(t, err)
		require.NoError(t, w.Flush())
	}
	require.NoError(t, w.Close())
	log, err := NewParquetFiles(fstest.MapFS{"a.parquet": {Data: file.Bytes()}}, "*.parquet", TablesOptions[event]{})
	require.NoError(t, err)
	parts, err := log.Scan(t.Context(), Scan{Parts: wanted})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(parts), wanted)
	require.Less(t, len(parts), 50)
	next := int64(0)
	for _, part := range parts {
		reader, err := part(t.Context())
		require.NoError(t, err)
		for {
			c, err := reader.Next(t.Context())
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			for i := range c.Offsets {
				require.Equal(t, next, c.Offsets[i])
				require.Equal(t, next, c.Columns[0].Ints[i])
				next++
			}
		}
		require.NoError(t, reader.Close())
	}
	require.EqualValues(t, groups, next)
}
