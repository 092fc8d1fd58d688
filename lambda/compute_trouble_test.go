package lambda_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// TestComputeOfChangedFiles changes files after they were looked into.
func TestComputeOfChangedFiles(t *testing.T) {
	type event struct {
		N int64 `anabranch:"n" parquet:"n"`
	}
	n := source.FieldOf(func(e *event) *int64 { return &e.N })
	view := lambda.View[event, int64, int64]{Name: "v", Version: 1, Window: window.Global(), Key: lambda.By(n), Aggregate: aggregate.Count[event]()}
	name := filepath.Join(t.TempDir(), "a.parquet")
	write := func(rows int64) {
		var events []event
		for i := range rows {
			events = append(events, event{i % 7})
		}
		require.NoError(t, parquet.WriteFile(name, events, parquet.MaxRowsPerRowGroup(100)))
	}
	// pad makes the file as long as it was, by bytes that no reader looks at.
	pad := func(size int64) {
		body, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Less(t, int64(len(body)), size)
		whole := append([]byte("PAR1"), make([]byte, size)...)
		copy(whole[size-int64(len(body)):], body)
		require.NoError(t, os.WriteFile(name, whole[:size], 0o600))
	}
	for what, change := range map[string]func(size int64){
		"gone":    func(int64) { require.NoError(t, os.Remove(name)) },
		"shorter": func(size int64) { require.NoError(t, os.Truncate(name, size/2)) },
		"fewer":   func(size int64) { write(300); pad(size) },
	} {
		t.Run(what, func(t *testing.T) {
			write(1000)
			info, err := os.Stat(name)
			require.NoError(t, err)
			log, err := source.NewParquetFiles(os.DirFS(filepath.Dir(name)), "*.parquet", source.TablesOptions[event]{})
			require.NoError(t, err)
			_, err = log.End(t.Context(), 0)
			require.NoError(t, err)
			change(info.Size())
			_, err = lambda.Compute(t.Context(), view, log, lambda.ComputeOptions{Workers: 4})
			require.ErrorContains(t, err, "a.parquet")
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		write(1000)
		log, err := source.NewParquetFiles(os.DirFS(filepath.Dir(name)), "*.parquet", source.TablesOptions[event]{})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		stopping := view
		stopping.Where = source.Func(func(*event) bool { cancel(); return true })
		_, err = lambda.Compute(ctx, stopping, log, lambda.ComputeOptions{Workers: 4})
		require.ErrorIs(t, err, context.Canceled)
	})
}
