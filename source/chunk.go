package source

import "fmt"

// Chunk is a batch of events of one partition, by column. It covers the offsets
// [From, Next), whether or not each holds an event: transaction markers, and
// events that went to quarantine, have none.
type Chunk[E any] struct {
	Schema     *Schema
	Partition  int
	From, Next int64
	Offsets    []int64  // of each row, rising
	Columns    []Vector // by schema column; Kind is Invalid where it wasn't read
	Quarantine []Quarantined

	rows []E // made on demand
}

// Quarantined is an event that couldn't be decoded or normalised.
type Quarantined struct {
	Offset int64
	Raw    []byte
	Reason string // says where and why; for a person
}

// Len is the number of events.
func (c *Chunk[E]) Len() int { return len(c.Offsets) }

// Rows gives every event as a struct. They are made at the first call and kept
// with the chunk: don't change them. Every column must have been read.
func (c *Chunk[E]) Rows() []E {
	if c.rows == nil && c.Len() > 0 {
		c.rows = make([]E, c.Len())
		for i := range c.Schema.Columns {
			setRows(c.rows, &c.Schema.Columns[i], &c.Columns[i])
		}
	}
	return c.rows
}

// Slice gives the events at offsets [from, to), as far as the chunk has them,
// sharing the chunk's memory.
func (c *Chunk[E]) Slice(from, to int64) *Chunk[E] {
	from = min(max(from, c.From), c.Next)
	to = min(max(to, from), c.Next)
	lo, hi := search(c.Offsets, from), search(c.Offsets, to)
	out := &Chunk[E]{Schema: c.Schema, Partition: c.Partition, From: from, Next: to,
		Offsets: c.Offsets[lo:hi:hi], Columns: make([]Vector, len(c.Columns))}
	for i := range c.Columns {
		out.Columns[i] = c.Columns[i].slice(lo, hi)
	}
	for _, q := range c.Quarantine {
		if q.Offset >= from && q.Offset < to {
			out.Quarantine = append(out.Quarantine, q)
		}
	}
	return out
}

// Pick gives the events at some places of the chunk, which must rise, in memory of
// their own (texts are shared). It covers the chunk's offsets, without its
// quarantine.
func (c *Chunk[E]) Pick(rows []int32) *Chunk[E] {
	out := &Chunk[E]{Schema: c.Schema, Partition: c.Partition, From: c.From, Next: c.Next,
		Offsets: gatherRows(c.Offsets, rows), Columns: make([]Vector, len(c.Columns))}
	for i := range c.Columns {
		v := &c.Columns[i]
		out.Columns[i] = Vector{Kind: v.Kind, Dict: v.Dict, Ints: gatherRows(v.Ints, rows), Floats: gatherRows(v.Floats, rows),
			Codes: gatherRows(v.Codes, rows), Valid: gatherRows(v.Valid, rows)}
		if len(v.Dict.Values) > 64+2*len(rows) {
			out.Columns[i].shrink()
		}
	}
	return out
}

// shrink gives a vector of its own memory a dictionary of its own texts: who keeps
// something for each code of a dictionary would keep it for each part of a chunk.
func (v *Vector) shrink() {
	ours, values := map[uint32]uint32{}, []string(nil)
	for i, code := range v.Codes {
		short, ok := ours[code]
		if !ok {
			short = uint32(len(values))
			ours[code], values = short, append(values, v.Dict.Values[code])
		}
		v.Codes[i] = short
	}
	v.Dict = Dictionary{ID: NewDictionaryID(), Values: values}
}

// gatherRows gives the values at some places. Nil stays nil.
func gatherRows[T any](values []T, rows []int32) []T {
	if values == nil {
		return nil
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = values[row]
	}
	return out
}

// Check says what is wrong with a chunk, if anything is: columns that aren't the
// schema's, lengths that differ, codes without a text, offsets that fall or lie
// outside [From, Next). An engine checks what it is given, since a source may be
// the caller's own.
func (c *Chunk[E]) Check() error {
	if err := c.checkOffsets(); err != nil {
		return err
	}
	if c.Schema == nil || len(c.Columns) != len(c.Schema.Columns) {
		return fmt.Errorf("%w: %d columns that aren't the schema's", ErrChunk, len(c.Columns))
	}
	for i := range c.Columns {
		v, column := &c.Columns[i], &c.Schema.Columns[i]
		if v.Kind == Invalid {
			continue
		}
		if v.Kind != column.Kind {
			return fmt.Errorf("%w: column %s is a %s where the schema has a %s", ErrChunk, column.Name, v.Kind, column.Kind)
		}
		if err := v.check(c.Len()); err != nil {
			return fmt.Errorf("%w: column %s: %w", ErrChunk, column.Name, err)
		}
	}
	return nil
}

func (c *Chunk[E]) checkOffsets() error {
	if c.From > c.Next {
		return fmt.Errorf("%w: a chunk of partition %d from %d ends at %d", ErrOffset, c.Partition, c.From, c.Next)
	}
	if !c.offsetsRise() {
		last := c.From - 1
		for _, offset := range c.Offsets {
			if offset <= last || offset >= c.Next {
				return fmt.Errorf("%w: offset %d in a chunk of partition %d over [%d, %d), after offset %d",
					ErrOffset, offset, c.Partition, c.From, c.Next, last)
			}
			last = offset
		}
	}
	for _, q := range c.Quarantine {
		if q.Offset < c.From || q.Offset >= c.Next {
			return fmt.Errorf("%w: quarantined offset %d in a chunk of partition %d over [%d, %d)",
				ErrOffset, q.Offset, c.Partition, c.From, c.Next)
		}
	}
	return nil
}

// offsetsRise says whether the offsets rise within [From, Next), without a branch for
// each: it's asked of every chunk.
func (c *Chunk[E]) offsetsRise() bool {
	n := len(c.Offsets)
	if n == 0 {
		return true
	}
	if c.Offsets[0] < c.From || c.Offsets[n-1] >= c.Next || c.From < 0 {
		return false
	}
	falls := int64(0) // negative where an offset isn't above the one before; both are ≥ 0, or a fall comes first
	last := c.Offsets[0]
	for _, offset := range c.Offsets[1:] {
		falls |= offset - last - 1
		falls |= offset
		last = offset
	}
	return falls >= 0
}

// search gives the first place in rising offsets that is at or past offset.
func search(offsets []int64, offset int64) int {
	lo, hi := 0, len(offsets)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if offsets[mid] < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
