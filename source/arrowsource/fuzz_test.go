package arrowsource

import (
	"bytes"
	"testing"
	"testing/fstest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/anabranch-go/anabranch/source"
)

// FuzzFiles reads anything as a file or stream of several types: it gives an
// error or well-formed chunks, which don't change when they are read again.
func FuzzFiles(f *testing.F) {
	batches, _ := orders(0, 3, 2)
	texts := one(arrow.BinaryTypes.StringView, func(b *array.StringViewBuilder) {
		b.AppendStringValues([]string{"uno", "a text that is longer"}, []bool{true, true})
	})
	times := one(arrow.FixedWidthTypes.Timestamp_ms, func(b *array.TimestampBuilder) { b.Append(1); b.AppendNull() })
	for _, stream := range []bool{false, true} {
		f.Add(encode(f, stream, batches, ipc.WithDictionaryDeltas(true)))
		f.Add(encode(f, stream, batches, ipc.WithDictionaryDeltas(true), ipc.WithLZ4()))
		f.Add(encode(f, stream, []arrow.RecordBatch{texts}))
		f.Add(encode(f, stream, []arrow.RecordBatch{times}, ipc.WithZstd()))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows(t, body, source.TablesOptions[order]{})
		rows(t, body, source.TablesOptions[value[string]]{ChunkRows: 1 << 12})
		rows(t, body, source.TablesOptions[value[*time.Time]]{})
		rows(t, body, source.TablesOptions[value[int16]]{})
	})
}

// rows reads the first chunks of what may claim millions of rows.
func rows[E any](t *testing.T, body []byte, opts source.TablesOptions[E]) {
	log, err := NewFiles(fstest.MapFS{"x": {Data: bytes.Clone(body)}}, "x", opts)
	if err != nil {
		t.Fatal(err)
	}
	r, err := log.Open(t.Context(), 0, 0)
	if err != nil {
		return
	}
	defer r.Close()
	for n := 0; n < 1<<14; {
		c, err := r.Next(t.Context())
		if err != nil {
			return
		}
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		n += len(c.Rows()) + len(c.Quarantine)
	}
}
