package clickhousesource

import (
	"context"
	"fmt"
	"io"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"

	"github.com/anabranch-go/anabranch/source"
)

// pageRows is how many rows are asked for at once: a reader holds that many.
const pageRows = 1 << 18

// reader reads on at an offset. It holds no connection between pages, so a context
// that ends costs no more than the page.
type reader[E any] struct {
	table   *Table[E]
	builder *source.Builder[E]
	page    *source.Chunk[E] // covers next, once it has been read
	next    int64
}

// Next implements [source.Reader].
func (r *reader[E]) Next(ctx context.Context) (*source.Chunk[E], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.next == r.table.digest.Rows {
		return nil, io.EOF
	}
	if r.page == nil || r.next == r.page.Next {
		page, err := r.read(ctx)
		if err != nil {
			return nil, fmt.Errorf("cannot read the table %s at row %d: %w", r.table.options.Table, r.next, err)
		}
		r.page = page
	}
	chunk := r.page.Slice(r.next, r.next+int64(r.table.options.ChunkRows))
	r.next = chunk.Next
	return chunk, nil
}

// read reads the page at the next offset. A query sees the table as it was at one
// time, and that was before the digest is taken: where the digest is still ours the
// page is too.
func (r *reader[E]) read(ctx context.Context) (*source.Chunk[E], error) {
	t := r.table
	results := make(proto.Results, len(t.columns))
	for i := range results {
		results[i].Data = t.columns[i].result()
	}
	r.builder.Reset()
	next := r.next
	err := t.server.Do(ctx, ch.Query{
		Body:   fmt.Sprintf("SELECT %s FROM %s ORDER BY %s LIMIT %d OFFSET %d", t.values(), t.from, t.order, pageRows, next),
		Result: results,
		OnResult: func(_ context.Context, block proto.Block) error {
			for row := range block.Rows {
				r.add(results, row, next)
				next++
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	now, err := t.now(ctx)
	switch {
	case err != nil:
		return nil, err
	case now != t.digest || next != min(r.next+pageRows, t.digest.Rows):
		return nil, fmt.Errorf("%w: it had %d rows, of digest %s, and has %d, of digest %s: make a new log of it, which is another one",
			ErrChanged, t.digest.Rows, t.digest.Sum, now.Rows, now.Sum)
	}
	return r.builder.Chunk(0, r.next, next), nil
}

// add adds an event, or what's wrong with it.
func (r *reader[E]) add(results proto.Results, row int, offset int64) {
	for i := range results {
		if err := set(r.builder, i, &r.table.columns[i], results[i].Data, row); err != nil {
			r.builder.Reject(offset, []byte(err.Error()), fmt.Errorf("%s: row %d: %w", r.table.options.Table, offset, err))
			return
		}
	}
	r.builder.Commit(offset, nil)
}

// Close implements [source.Reader].
func (r *reader[E]) Close() error { return nil }
