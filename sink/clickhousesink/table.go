package clickhousesink

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
	"github.com/anabranch-go/anabranch/sink"
)

// Table is a table of a view's rows. It's a [sink.Sink], and safe for concurrent use.
type Table[K, R any] struct {
	schema   *sink.Schema[K, R]
	layout   *layout
	server   *clickhouse.Server
	encoders sync.Pool // one that was used makes room for as many rows at once
}

// Open connects to a table, and makes sure that it's the one that the options
// describe; with Options.Create it's made where it isn't there. A table of other
// columns, keys or engine is ErrTable, and stays as it is.
//
// Errors are those of [sink.SchemaOf], ErrOptions, ErrServer, ErrAccess and ErrTable.
func Open[K, R any](ctx context.Context, options Options) (*Table[K, R], error) {
	schema, l, statements, err := plan[K, R](options)
	if err != nil {
		return nil, err
	}
	s, err := clickhouse.NewServer(options.Addresses, options.Client)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	t := &Table[K, R]{schema: schema, layout: l, server: s, encoders: sync.Pool{New: func() any { return schema.Encoder() }}}
	if err := t.prepare(ctx, statements, options.Create); err != nil {
		s.Close()
		return nil, fmt.Errorf("cannot open the table %s: %w", options.Table, err)
	}
	return t, nil
}

func (t *Table[K, R]) prepare(ctx context.Context, statements []string, create bool) error {
	if !create {
		return t.check(ctx, statements[0])
	}
	// A table that's another one gets no view.
	if err := t.server.Do(ctx, ch.Query{Body: statements[0]}); err != nil {
		return err
	}
	if err := t.check(ctx, statements[0]); err != nil {
		return err
	}
	if err := t.server.Do(ctx, ch.Query{Body: statements[1]}); err != nil {
		return err
	}
	return t.checkView(ctx)
}

// Close ends the connections once no query runs on them.
func (t *Table[K, R]) Close() error {
	t.server.Close()
	return nil
}

// insertSettings make an INSERT do what it says. The server drops one that's the
// same as another of late, though a third may have come between them, and by
// version also acknowledges one that it holds in memory alone. What servers of
// other versions don't know, they ignore.
var insertSettings = []ch.Setting{
	{Key: "async_insert", Value: "0"},
	{Key: "insert_deduplicate", Value: "0"},
	{Key: "deduplicate_insert", Value: "disable"},
}

// Write implements [sink.Sink], by one INSERT. The rows of a block and a partition
// appear at once; a batch of several may appear in parts. What a column can't hold
// is sink.ErrValue; nothing is written then, unless it's blocks that stood before.
//
// That the newest of each row stays, of one version the last, is the engine's doing,
// inside a batch as well.
func (t *Table[K, R]) Write(ctx context.Context, rows []sink.Row[K, R]) error {
	if err := ctx.Err(); err != nil || len(rows) == 0 {
		return err
	}
	blocks := &blocks[K, R]{table: t, rows: rows}
	defer blocks.wait()
	input, err := blocks.next()
	if err != nil {
		return err
	}
	if err := t.server.Do(ctx, t.layout.insert(input, blocks.next)); err != nil {
		return fmt.Errorf("cannot write %d rows to the table %s: %w", len(rows), t.layout.table, err)
	}
	return nil
}

// insert gives the query that writes a block, and those that next gives until io.EOF.
func (l *layout) insert(first proto.Input, next func() (proto.Input, error)) ch.Query {
	return ch.Query{
		Body:     fmt.Sprintf("INSERT INTO %s (%s) FORMAT Native", clickhouse.Quote(l.table), clickhouse.QuoteAll(l.names(0, len(l.columns)))),
		Settings: insertSettings,
		Input:    first,
		OnInput: func(context.Context) error {
			block, err := next()
			if err == io.EOF {
				first.Reset() // what a block still holds would be sent again
			}
			copy(first, block)
			return err
		},
	}
}
