package main

import (
	jsonv1 "encoding/json"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/goccy/go-json"
	segmentio "github.com/segmentio/encoding/json"

	"github.com/anabranch-go/anabranch/internal/bench/samples"
	"github.com/anabranch-go/anabranch/source"
)

// decoder reads all records once. Where there are sums it adds every event to
// them. What it gives is the same for all that read the same.
type decoder struct {
	name string
	pass func(records [][]byte, s *sums) (string, error)
}

var decoders = []decoder{
	{"anabranch", chunks},
	{"segmentio, zero-copy", each(func(record []byte, e *samples.Event) error {
		rest, err := segmentio.Parse(record, e, segmentio.ZeroCopy)
		if err == nil && len(rest) > 0 {
			err = fmt.Errorf("%q follows", rest)
		}
		return err
	})},
	{"goccy", each(func(record []byte, e *samples.Event) error { return json.Unmarshal(record, e) })},
	{"go-json-experiment v2", each(func(record []byte, e *samples.Event) error { return jsonv2.Unmarshal(record, e) })},
	{"encoding/json v1", each(func(record []byte, e *samples.Event) error { return jsonv1.Unmarshal(record, e) })},
}

// each reads records one by one, into one struct.
func each(parse func([]byte, *samples.Event) error) func([][]byte, *sums) (string, error) {
	return func(records [][]byte, s *sums) (string, error) {
		var e samples.Event
		products := int64(0)
		for _, record := range records {
			e = samples.Event{}
			if err := parse(record, &e); err != nil {
				return "", err
			}
			products += e.Properties.ProductID
			if s != nil {
				s.add(&e)
			}
		}
		return tally(len(records), products), nil
	}
}

// chunkRows is how many events a chunk holds, as in the logs of this module.
const chunkRows = 4096

// chunks reads records as a log does: into a builder, chunk after chunk.
func chunks(records [][]byte, s *sums) (string, error) {
	schema, err := source.SchemaOf[samples.Event]()
	if err != nil {
		return "", err
	}
	builder, decoder := source.NewBuilder[samples.Event](schema, nil), source.JSON[samples.Event]()
	product := 0
	for schema.Columns[product].Name != "properties.product_id" {
		product++
	}
	n, products := 0, int64(0)
	for from := 0; from < len(records); from += chunkRows {
		next := min(from+chunkRows, len(records))
		builder.Reset()
		for i := from; i < next; i++ {
			builder.Decode(decoder, records[i], int64(i))
		}
		chunk := builder.Chunk(0, int64(from), int64(next))
		if len(chunk.Quarantine) > 0 {
			return "", fmt.Errorf("offset %d: %s", chunk.Quarantine[0].Offset, chunk.Quarantine[0].Reason)
		}
		n += chunk.Len()
		for _, id := range chunk.Columns[product].Ints {
			products += id
		}
		if s != nil {
			rows := chunk.Rows()
			for i := range rows {
				s.add(&rows[i])
			}
		}
	}
	return tally(n, products), nil
}

func tally(n int, products int64) string { return fmt.Sprintf("%d %d", n, products) }
