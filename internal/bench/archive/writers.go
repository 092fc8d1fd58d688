package main

import (
	"bytes"
	"errors"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/anabranch-go/anabranch/source"
)

const (
	chunkRows = 4096    // of a chunk, and of a call of parquet-go's writer
	groupRows = 1 << 18 // of parquet-go's row groups; the library's are its own choice
)

// writer makes a file of all events.
type writer struct {
	name  string
	aside bool // it writes more than the others
	note  string
	write func() ([]byte, error)
}

// newWriters prepares the library's writers, then the one to compare with.
func newWriters(events []row) ([]writer, error) {
	schema, err := source.SchemaOf[event]()
	if err != nil {
		return nil, err
	}
	chunks, err := newChunks(schema, events)
	if err != nil {
		return nil, err
	}
	ours := func(open func(*source.Schema) (*source.ParquetWriter[event], error)) func() ([]byte, error) {
		return func() ([]byte, error) {
			w, err := open(schema)
			if err != nil {
				return nil, err
			}
			for _, c := range chunks {
				if err := w.Write(c); err != nil {
					return nil, err
				}
			}
			return w.Close()
		}
	}
	return []writer{
		{"anabranch", false, "from chunks", ours(source.NewParquetTable[event])},
		{"anabranch's log", true, "with partitions and offsets", ours(source.NewParquetWriter[event])},
		{"parquet-go", false, "its generic writer, from rows", func() ([]byte, error) { return writeRows(events) }},
	}, nil
}

func newChunks(schema *source.Schema, events []row) (chunks []*source.Chunk[event], err error) {
	b := source.NewBuilder[event](schema, nil)
	for i := range events {
		r := &events[i]
		b.Append(&event{time.UnixMicro(r.At), r.User, r.Type, r.Session, r.Category, r.Region, r.Product, r.Revenue, r.Quantity}, int64(i), nil)
		if b.Len() == chunkRows || i == len(events)-1 {
			chunks = append(chunks, b.Chunk(0, int64(i+1-b.Len()), int64(i+1)))
			b.Reset()
		}
	}
	if b.Rejected() > 0 {
		return nil, errors.New("the builder refused events")
	}
	return chunks, nil
}

func writeRows(events []row) ([]byte, error) {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(groupRows))
	for rows := events; len(rows) > 0; {
		n := min(len(rows), chunkRows)
		if _, err := w.Write(rows[:n]); err != nil {
			return nil, err
		}
		rows = rows[n:]
	}
	err := w.Close()
	return out.Bytes(), err
}
