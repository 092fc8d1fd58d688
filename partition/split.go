package partition

import (
	"fmt"
	"slices"
)

// Vector is one dimension's values for a batch of rows: Ints, or Codes with
// Dict. What Ints mean is the dimension's business: by time they are
// microseconds since 1970 in UTC, by hash and value plain integers.
type Vector struct {
	Ints  []int64
	Codes []uint32 // places in Dict; of hash and value only
	Dict  []string
	Valid []bool // nil where no value is null; a null's place may hold anything
}

// Splitter says for batches of rows, column by column, which part each belongs
// to. It reuses its memory from batch to batch, so it belongs to one goroutine.
type Splitter struct {
	scheme Scheme
	places []uint64 // of each row, in one dimension
	ids    []uint32 // of each row: its segment's, in one dimension
	parts  []uint32 // of each row: what the dimensions so far make of it
	paths  []string // of each part
	seen   lookup
	texts  map[string]uint32
}

// NewSplitter makes a splitter for the scheme. ErrScheme marks a zero Scheme.
func (s Scheme) NewSplitter() (*Splitter, error) {
	if len(s.dims) == 0 {
		return nil, fmt.Errorf("%w: it has no dimensions: make it with New", ErrScheme)
	}
	return &Splitter{scheme: s, seen: lookup{sparse: map[uint64]uint32{}}, texts: map[string]uint32{}}, nil
}

// Split gives the part of each of the rows, as a place in paths, and the paths of
// the parts that have rows, in the order of their first row: what Path gives for
// the row's values. columns has a Vector for each dimension, in their order, with
// so many rows.
//
// Both slices are the splitter's and last until its next Split; the strings stay.
// The work is some nanoseconds a row and dimension; memory is allocated for
// parts, not for rows.
//
// ErrValue marks the wrong number of columns or rows, a code outside its
// dictionary, texts for a dimension by time, and what Path refuses: a time
// outside the years 1 to 9999 and a text that makes too long a segment. Values
// that no row has, and those of nulls, aren't looked at.
func (p *Splitter) Split(rows int, columns ...Vector) (parts []uint32, paths []string, err error) {
	dims := p.scheme.dims
	if rows < 0 || len(columns) != len(dims) {
		return nil, nil, fmt.Errorf("%w: %d rows of %d columns for the %d dimensions of %v", ErrValue, rows, len(columns), len(dims), p.scheme)
	}
	p.places, p.ids, p.parts = sized(p.places, rows), sized(p.ids, rows), sized(p.parts, rows)
	for i, d := range dims {
		if err := columns[i].check(d, rows); err != nil {
			return nil, nil, err
		}
		segments, err := p.segments(d, &columns[i])
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			copy(p.parts, p.ids)
			p.paths = append(p.paths[:0], segments...)
		} else {
			p.join(segments)
		}
	}
	return p.parts, p.paths, nil
}

// check says what is wrong with a dimension's column.
func (v *Vector) check(d Dimension, rows int) error {
	switch {
	case len(v.Ints) > 0 && len(v.Codes) > 0:
		return fmt.Errorf("%w: the column of %v has both Ints and Codes", ErrValue, d)
	case len(v.Ints)+len(v.Codes) != rows || v.Valid != nil && len(v.Valid) != rows:
		return fmt.Errorf("%w: the column of %v has %d values and %d flags for %d rows",
			ErrValue, d, len(v.Ints)+len(v.Codes), len(v.Valid), rows)
	case len(v.Codes) > 0 && d.rule <= byYear:
		return fmt.Errorf("%w: %v doesn't take texts", ErrValue, d)
	}
	return nil
}

// segments fills ids with a small number for each row, and gives the segment of
// each number. First every row gets a place, by arithmetic alone; then each place
// that has rows is worked out once. Several places may have one text: two codes,
// two texts of a bucket, two days of a month.
func (p *Splitter) segments(d Dimension, v *Vector) (segments []string, err error) {
	base, span, err := p.place(d, v)
	if err != nil {
		return nil, err
	}
	p.seen.reset(span, len(p.places))
	clear(p.texts)
	null := uint32(0) // id+1 of nulls
	for row, place := range p.places {
		isNull := v.Valid != nil && !v.Valid[row]
		id := null
		if !isNull {
			id = p.seen.get(place)
		}
		if id == 0 {
			text := ""
			if !isNull {
				text = d.placed(v, base, place)
			}
			if id = p.texts[text]; id == 0 {
				segment, err := d.segment(text)
				if err != nil {
					return nil, err
				}
				segments = append(segments, segment)
				id = uint32(len(segments))
				p.texts[text] = id
			}
			if isNull {
				null = id
			} else {
				p.seen.set(place, id)
			}
		}
		p.ids[row] = id - 1
	}
	return segments, nil
}

// join makes one part of each pair of a part so far and a segment that has rows.
func (p *Splitter) join(segments []string) {
	shorter := slices.Clone(p.paths)
	p.paths = p.paths[:0]
	width := uint64(len(segments))
	p.seen.reset(uint64(len(shorter))*width, len(p.parts))
	for row, part := range p.parts {
		pair := uint64(part)*width + uint64(p.ids[row])
		id := p.seen.get(pair)
		if id == 0 {
			p.paths = append(p.paths, shorter[part]+"/"+segments[p.ids[row]])
			id = uint32(len(p.paths))
			p.seen.set(pair, id)
		}
		p.parts[row] = id - 1
	}
}

// sized gives n places, of the same memory if that is long enough.
func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// lookup holds a number for each of some places below a span; 0 is none. It's an
// array where the span is about as large as the batch, and a map where it isn't.
type lookup struct {
	array  []uint32
	sparse map[uint64]uint32
	inMap  bool
	last   uint64 // the place of the map that was asked for last, and its number
	number uint32
}

func (t *lookup) reset(span uint64, rows int) {
	t.inMap = span > 4*uint64(rows)+4096
	t.number = 0
	if t.inMap {
		clear(t.sparse)
		return
	}
	t.array = sized(t.array, int(span))
	clear(t.array)
}

func (t *lookup) get(place uint64) uint32 {
	if !t.inMap {
		return t.array[place]
	}
	if t.number == 0 || place != t.last {
		t.last, t.number = place, t.sparse[place]
	}
	return t.number
}

func (t *lookup) set(place uint64, number uint32) {
	if !t.inMap {
		t.array[place] = number
		return
	}
	t.sparse[place] = number
	t.last, t.number = place, number
}
