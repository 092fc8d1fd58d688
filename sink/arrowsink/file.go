package arrowsink

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/anabranch-go/anabranch/sink"
)

// batchRows is how many rows a record batch of a file has at most.
const batchRows = 1 << 16

// WriteFile writes rows, as they are, as an Arrow IPC file: record batches of at
// most 65,536 rows with one dictionary for each column of texts. Errors are those
// of [sink.SchemaOf], sink.ErrValue and w's own; after one the file is torn.
func WriteFile[K, R any](w io.Writer, rows []sink.Row[K, R], options sink.SchemaOptions) error {
	schema, err := sink.SchemaOf[K, R](options)
	if err != nil {
		return err
	}
	t, err := newTree(schema.Schema)
	if err != nil {
		return err
	}
	chunk, err := schema.Encoder().Encode(rows)
	if err != nil {
		return err
	}
	all := t.batch(chunk.Columns, chunk.Len())
	defer all.Release()
	file, err := ipc.NewFileWriter(w, ipc.WithSchema(t.schema))
	if err != nil {
		return fmt.Errorf("cannot write an Arrow file: %w", err)
	}
	err = writeBatches(file, all)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("cannot write an Arrow file of %d rows: %w", len(rows), err)
	}
	return nil
}

func writeBatches(file *ipc.FileWriter, all arrow.RecordBatch) error {
	for from := int64(0); from < all.NumRows(); from += batchRows {
		batch := all.NewSlice(from, min(from+batchRows, all.NumRows()))
		err := file.Write(batch)
		batch.Release()
		if err != nil {
			return err
		}
	}
	return nil
}
