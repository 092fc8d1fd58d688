package clickhousesink

import (
	"fmt"
	"io"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// blockRows is how many rows a block of an INSERT has at most.
const blockRows = 1 << 17

// blocks turns rows into blocks: one more while another is sent, since the server
// would wait for it otherwise.
type blocks[K, R any] struct {
	table *Table[K, R]
	rows  []sink.Row[K, R]
	from  int          // the next row that no block has
	ahead []chan block // the next one, and the one after
}

// block is a block, or why there's none.
type block struct {
	input proto.Input
	err   error
}

// next gives the next block, io.EOF after the last.
func (b *blocks[K, R]) next() (proto.Input, error) {
	for b.from < len(b.rows) && len(b.ahead) < 2 {
		made, from := make(chan block, 1), b.from
		b.from = min(from+blockRows, len(b.rows))
		rows := b.rows[from:b.from]
		b.ahead = append(b.ahead, made)
		go func() {
			input, err := b.table.block(rows)
			if err != nil && from > 0 {
				err = fmt.Errorf("behind the first %d rows: %w", from, err)
			}
			made <- block{input, err}
		}()
	}
	if len(b.ahead) == 0 {
		return nil, io.EOF
	}
	next := <-b.ahead[0]
	b.ahead = b.ahead[1:]
	return next.input, next.err
}

// wait waits for the blocks that are being made, and which nobody wants any more.
func (b *blocks[K, R]) wait() {
	for _, made := range b.ahead {
		<-made
	}
}

// block makes a block of rows.
func (t *Table[K, R]) block(rows []sink.Row[K, R]) (proto.Input, error) {
	encoder := t.encoders.Get().(*sink.Encoder[K, R])
	defer t.encoders.Put(encoder)
	chunk, err := encoder.Encode(rows)
	if err != nil {
		return nil, err
	}
	if err := t.layout.fit(chunk.Columns); err != nil {
		return nil, err
	}
	var input proto.Input
	for i := range t.layout.columns {
		c := &t.layout.columns[i]
		input = append(input, proto.InputColumn{Name: c.Name, Data: c.cells(&chunk.Columns[i])})
	}
	return input, nil
}

// fit makes the columns those of the table. The values of removed rows don't matter.
func (l *layout) fit(columns []source.Vector) error {
	removed := columns[l.removed()].Ints
	for i := range l.columns {
		var blank []int64
		if l.identity <= i && i < l.version {
			blank = removed
		}
		if err := l.columns[i].fit(&columns[i], blank); err != nil {
			return err
		}
	}
	return nil
}
