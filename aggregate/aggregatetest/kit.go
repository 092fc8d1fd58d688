package aggregatetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// kit is an aggregate bound to its schema.
type kit[E, R any] struct {
	schema *source.Schema
	frame  *source.Frame[E]
	make   aggregate.Maker[E, R]
	equal  func(R, R) bool
}

func newKit[E, R any](a aggregate.Aggregate[E, R], equal func(R, R) bool) (*kit[E, R], error) {
	if a.Codec() == "" || a.String() == "" {
		return nil, errors.New("its Codec or its String is empty")
	}
	b, err := source.NewBinder[E]()
	if err != nil {
		return nil, err
	}
	make, err := a.Bind(b)
	if err != nil {
		return nil, err
	}
	return &kit[E, R]{b.Schema(), b.NewFrame(), make, equal}, nil
}

// states makes a vector of n groups.
func (k *kit[E, R]) states(n int) aggregate.Results[E, R] {
	s := k.make()
	s.Grow(n)
	return s
}

// accepted leaves out the events that can't be normalised.
func (k *kit[E, R]) accepted(events []E) []E {
	builder := source.NewBuilder[E](k.schema, nil)
	var out []E
	for _, e := range events {
		if n := builder.Len(); appendTo(builder, e, 0) > n {
			out = append(out, e)
		}
	}
	return out
}

// appendTo adds a copy of an event, and gives the number of events.
func appendTo[E any](b *source.Builder[E], e E, offset int64) int {
	b.Append(&e, offset, nil)
	return b.Len()
}

// chunk makes a chunk of records of one partition, whose offsets rise.
func (k *kit[E, R]) chunk(b *source.Builder[E], records []record[E]) *source.Chunk[E] {
	b.Reset()
	if len(records) == 0 {
		return b.Chunk(0, 0, 0)
	}
	for _, r := range records {
		appendTo(b, r.event, r.offset)
	}
	return b.Chunk(records[0].partition, records[0].offset, records[len(records)-1].offset+1)
}

// fold folds records, as one chunk of each partition, into a group.
func (k *kit[E, R]) fold(s aggregate.States[E], group uint32, records []record[E]) {
	for _, records := range byPartition(records) {
		groups, rows := make([]uint32, len(records)), make([]int32, len(records))
		for i := range records {
			groups[i], rows[i] = group, int32(i)
		}
		k.frame.Load(k.chunk(source.NewBuilder[E](k.schema, nil), records))
		s.Add(groups, rows, k.frame)
	}
}

// folded gives a vector whose only group holds records.
func (k *kit[E, R]) folded(records []record[E]) aggregate.Results[E, R] {
	s := k.states(1)
	k.fold(s, 0, records)
	return s
}

// bytes is the state of records.
func (k *kit[E, R]) bytes(records []record[E]) []byte { return k.folded(records).AppendState(nil, 0) }

// readOne gives the result of one group.
func readOne[E, R any](s aggregate.Results[E, R], group uint32) (R, error) {
	into := make([]R, 1)
	_, err := s.Read([]uint32{group}, into)
	return into[0], err
}

// differs says how two groups' states or results differ, nil if they don't.
func (k *kit[E, R]) differs(what string, s aggregate.Results[E, R], g uint32, whatElse string, o aggregate.Results[E, R], h uint32) error {
	if err := differ(what, s.AppendState(nil, g), whatElse, o.AppendState(nil, h)); err != nil {
		return err
	}
	x, errX := readOne(s, g)
	y, errY := readOne(o, h)
	if fmt.Sprint(errX) != fmt.Sprint(errY) {
		return fmt.Errorf("the result of %s has the error %v, that of %s %v", what, errX, whatElse, errY)
	}
	if errX == nil && !k.equal(x, y) {
		return fmt.Errorf("the result of %s is %v, that of %s %v", what, x, whatElse, y)
	}
	return nil
}

// differ says how two states differ, nil if they don't.
func differ(what string, state []byte, whatElse string, other []byte) error {
	if bytes.Equal(state, other) {
		return nil
	}
	return fmt.Errorf("%s is\n\t%x, %s is\n\t%x", what, state, whatElse, other)
}

// describe lists records as an aggregate sees them.
func (k *kit[E, R]) describe(records []record[E]) string {
	var out strings.Builder
	builder := source.NewBuilder[E](k.schema, nil)
	for _, r := range records {
		chunk := k.chunk(builder, []record[E]{r})
		fmt.Fprintf(&out, "\tpartition %d, offset %d:", r.partition, r.offset)
		for i := range chunk.Columns {
			fmt.Fprintf(&out, " %s=%s", k.schema.Columns[i].Name, text(chunk.Columns[i].Value(0)))
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func text(v source.Value) string {
	switch {
	case v.Null:
		return "null"
	case v.Kind == source.String || v.Kind == source.Opaque:
		return fmt.Sprintf("%q", v.Text)
	case v.Kind == source.Float:
		return fmt.Sprint(v.Float)
	}
	return fmt.Sprint(v.Int)
}
