package parquettable

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
)

// Rows are merged as columns, never as structs: a list that was written with a null
// for a NaN would change if it went through Go's types.

// place is where a row is.
type place struct {
	columns []source.Vector
	row     int32
}

// newest collects the newest row of each identity.
type newest[K, R any] struct {
	schema  *sink.Schema[K, R]
	index   map[string]int
	places  []place
	key     []byte
	changed bool // a row has come, or replaced another of different values
}

func newNewest[K, R any](schema *sink.Schema[K, R]) *newest[K, R] {
	return &newest[K, R]{schema: schema, index: map[string]int{}}
}

// add takes a row that was written after those before.
func (n *newest[K, R]) add(p place) {
	n.key = n.key[:0]
	for i := range n.schema.Identity {
		n.key = appendValue(n.key, p.columns[i].Value(p.row))
	}
	at, known := n.index[string(n.key)]
	if !known {
		n.index[string(n.key)] = len(n.places)
		n.places, n.changed = append(n.places, p), true
		return
	}
	old := n.places[at]
	if p.columns[n.schema.Version].Ints[p.row] < old.columns[n.schema.Version].Ints[old.row] {
		return
	}
	n.changed = n.changed || !equal(old, p)
	n.places[at] = p
}

func appendValue(to []byte, v source.Value) []byte {
	switch {
	case v.Null:
		return append(to, 0)
	case v.Kind == source.String || v.Kind == source.Opaque:
		to = binary.AppendUvarint(append(to, 1), uint64(len(v.Text)))
		return append(to, v.Text...)
	case v.Kind == source.Float:
		return binary.BigEndian.AppendUint64(append(to, 1), math.Float64bits(v.Float))
	}
	return binary.BigEndian.AppendUint64(append(to, 1), uint64(v.Int))
}

// equal says whether two rows have the same values; their NaNs are the same.
func equal(a, b place) bool {
	for i := range a.columns {
		x, y := a.columns[i].Value(a.row), b.columns[i].Value(b.row)
		if math.Float64bits(x.Float) != math.Float64bits(y.Float) {
			return false
		}
		x.Float, y.Float = 0, 0
		if x != y {
			return false
		}
	}
	return true
}

// sorted gives the rows by view, window and key.
func (n *newest[K, R]) sorted() []place {
	slices.SortFunc(n.places, func(a, b place) int {
		for i := range n.schema.Identity {
			if c := compare(&a.columns[i], a.row, &b.columns[i], b.row); c != 0 {
				return c
			}
		}
		return 0
	})
	return n.places
}

// compare orders two values of one column, nulls first.
func compare(a *source.Vector, i int32, b *source.Vector, j int32) int {
	switch x, y := a.IsNull(i), b.IsNull(j); {
	case x && y:
		return 0
	case x:
		return -1
	case y:
		return 1
	}
	switch a.Kind {
	case source.String, source.Opaque:
		x, y := a.Codes[i], b.Codes[j]
		if x == y && a.Dict.ID == b.Dict.ID {
			return 0
		}
		return cmp.Compare(a.Dict.Values[x], b.Dict.Values[y])
	case source.Float:
		return cmp.Compare(a.Floats[i], b.Floats[j])
	}
	return cmp.Compare(a.Ints[i], b.Ints[j])
}

// chunkRows is how many rows go to a writer at once.
const chunkRows = 1 << 14

// encode writes the rows of a partition as a Parquet file.
func (n *newest[K, R]) encode() ([]byte, error) {
	w, err := source.NewParquetTable[sink.Record[K, R]](n.schema.Schema)
	if err != nil {
		return nil, err
	}
	b := source.NewBuilder[sink.Record[K, R]](n.schema.Schema, nil)
	for rows := range slices.Chunk(n.sorted(), chunkRows) {
		b.Reset()
		for i, p := range rows {
			if err := copyRow(b, p); err != nil {
				return nil, err
			}
			b.Commit(int64(i), nil)
		}
		if err := w.Write(b.Chunk(0, 0, int64(len(rows)))); err != nil {
			return nil, err
		}
	}
	return w.Close()
}

func copyRow[E any](b *source.Builder[E], p place) error {
	for i := range p.columns {
		if err := b.Set(i, p.columns[i].Value(p.row)); err != nil {
			return err
		}
	}
	return nil
}

// read gives the rows of a file that encode has written.
func read[K, R any](schema *sink.Schema[K, R], path string) (*source.Chunk[sink.Record[K, R]], error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := source.OpenParquet[sink.Record[K, R]](path, body, source.ParquetOptions{Schema: schema.Schema})
	if err != nil {
		return nil, err
	}
	b := source.NewBuilder[sink.Record[K, R]](schema.Schema, nil)
	for n := int64(0); ; {
		chunk, err := r.Next()
		if errors.Is(err, io.EOF) {
			return b.Chunk(0, 0, n), nil
		}
		if err != nil {
			return nil, err
		}
		for i := range chunk.Len() {
			if err := copyRow(b, place{chunk.Columns, int32(i)}); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			b.Commit(n, nil)
			n++
		}
	}
}
