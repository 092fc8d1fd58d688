package clickhousesink

import (
	"context"
	"fmt"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// Rows reads the rows that hold, as the view of current rows does, by the sorting
// key, into memory. It's for tables of results, which are small, and for tests. Lists
// that were written with a null for a NaN come back with a zero there.
func (t *Table[K, R]) Rows(ctx context.Context) ([]sink.Row[K, R], error) {
	l := t.layout
	results := make(proto.Results, len(l.columns))
	for i := range results {
		results[i] = proto.ResultColumn{Name: l.columns[i].Name, Data: l.columns[i].cells(new(source.Vector))}
	}
	var rows []sink.Row[K, R]
	builder := source.NewBuilder[sink.Record[K, R]](t.schema.Schema, nil)
	err := t.server.Do(ctx, ch.Query{
		Body: fmt.Sprintf("SELECT %s FROM %s FINAL WHERE NOT %s ORDER BY %s", clickhouse.QuoteAll(l.names(0, len(l.columns))),
			clickhouse.Quote(l.table), clickhouse.Quote(l.columns[l.removed()].Name), clickhouse.QuoteAll(l.order)),
		Result: results,
		OnResult: func(_ context.Context, block proto.Block) error {
			builder.Reset()
			for row := range block.Rows {
				for i := range l.columns {
					if err := builder.Set(i, l.columns[i].value(results[i].Data.(*cells), row)); err != nil {
						return err
					}
				}
				builder.Commit(int64(row), nil)
			}
			records := builder.Chunk(0, 0, int64(block.Rows)).Rows()
			for i := range records {
				rows = append(rows, records[i].Row())
			}
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the table %s: %w", l.table, err)
	}
	return rows, nil
}
