package source_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

func TestParquetFilesKeepTheContract(t *testing.T) {
	type stored struct {
		Product string `parquet:"product,dict"`
		Cents   int64  `parquet:"cents,decimal(2:18)"`
	}
	sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[order] {
		files := fstest.MapFS{}
		var events []order
		for i := range 3 {
			var rows []stored
			for k := range 7 * i {
				rows = append(rows, stored{fmt.Sprint("product ", k%4), int64(len(events))})
				events = append(events, order(rows[k]))
			}
			var b bytes.Buffer
			require.NoError(t, parquet.Write(&b, rows, parquet.MaxRowsPerRowGroup(4)))
			files[fmt.Sprintf("%d.parquet", i)] = &fstest.MapFile{Data: b.Bytes()}
		}
		log, err := source.NewParquetFiles(files, "*.parquet", source.TablesOptions[order]{ChunkRows: 3})
		require.NoError(t, err)
		return sourcetest.Log[order]{Source: log, Ends: []int64{int64(len(events))}, Events: [][]order{events}}
	})
}

func TestDataSetsInDirectoriesKeepTheContract(t *testing.T) {
	type stored struct {
		Cents int64 `parquet:"cents,decimal(2:18)"`
	}
	sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[order] {
		files := fstest.MapFS{"ventas/_SUCCESS": {}}
		var events []order
		for _, product := range []string{"café", "libro", "lápiz"} {
			var rows []stored
			for range len(product) {
				rows = append(rows, stored{int64(len(events))})
				events = append(events, order{product, int64(len(events))})
			}
			var b bytes.Buffer
			require.NoError(t, parquet.Write(&b, rows, parquet.MaxRowsPerRowGroup(4)))
			files[fmt.Sprintf("ventas/product=%s/part-0.parquet", product)] = &fstest.MapFile{Data: b.Bytes()}
		}
		log, err := source.NewParquetFiles(files, "ventas/**/*.parquet", source.TablesOptions[order]{ChunkRows: 3})
		require.NoError(t, err)
		return sourcetest.Log[order]{Source: log, Ends: []int64{int64(len(events))}, Events: [][]order{events}}
	})
}
