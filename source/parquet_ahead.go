package source

import (
	"bytes"
	"slices"
)

// ahead is the columns that limits are on, read some rows before the others: which
// of these rows can be wanted decides what is read of the others at all.
type ahead[E any] struct {
	columns []*limitedColumn
	gap     int           // so many rows that can't be wanted are passed over; fewer cost less than another chunk
	can     []byte        // by row: 1 where it can be wanted
	bad     []Quarantined // by row, as the reader has them
	n       int           // rows that were read
	at      int           // of these, that were given or passed over
	tested  bool          // whether can says anything of them
	untried int           // so many times more, rows go untested
	dense   int           // so many times they will, where nearly all are wanted again
}

type limitedColumn struct {
	*columnReader
	limits Limits
	vector Vector // of the rows read ahead
	place  int    // in the schema

	dict uint64
	can  []byte // by code of dict
}

// mostDense bounds how many times rows go untested where it doesn't pay.
const mostDense = 15

// gapShare is how many gaps there are in a chunk at most.
const gapShare = 16

// limit finds the columns that have limits and are in the file.
func (a *ahead[E]) limit(columns []*columnReader, limits func(column int) (Limits, bool), chunkRows int) {
	a.gap = max(1, chunkRows/gapShare)
	for i, c := range columns {
		if limits == nil || c == nil || c.leaf < 0 || c.Kind == Float || c.Kind == Opaque {
			continue
		}
		if wanted, limited := limits(i); limited {
			a.columns = append(a.columns, &limitedColumn{columnReader: c, limits: wanted, place: i})
		}
	}
}

// has says whether a column is read ahead.
func (a *ahead[E]) has(column *columnReader) bool {
	return slices.ContainsFunc(a.columns, func(c *limitedColumn) bool { return c.columnReader == column })
}

// test finds which of the rows can be wanted. A row that has a bad value can: it's to
// be told of.
func (a *ahead[E]) test() {
	if a.tested = a.untried == 0 && len(a.columns) > 0; !a.tested {
		a.untried = max(0, a.untried-1)
		return
	}
	a.can = grow(&a.can, a.n)
	setAll(a.can, 1)
	for _, c := range a.columns {
		c.test(a.can)
	}
	for row, q := range a.bad {
		if q.Reason != "" {
			a.can[row] = 1
		}
	}
	if from, to := a.run(); from == a.n || to-from+a.gap < a.n {
		a.dense = 0
		return
	}
	a.dense = min(2*a.dense+1, mostDense)
	a.untried, a.tested = a.dense, false
}

// run gives the next rows that can be wanted, with those between them; n and n if
// there are none.
func (a *ahead[E]) run() (from, to int) {
	if !a.tested {
		return a.at, a.n
	}
	first := bytes.IndexByte(a.can[a.at:], 1)
	if first < 0 {
		return a.n, a.n
	}
	from = a.at + first
	for to = from + 1; ; {
		last := bytes.LastIndexByte(a.can[to:min(a.n, to+a.gap)], 1)
		if last < 0 {
			return from, to
		}
		to += last + 1
	}
}

// test clears can where the column's value can't be wanted.
func (c *limitedColumn) test(can []byte) {
	v := &c.vector
	switch {
	case c.Kind == String:
		c.testTexts(can)
	case len(c.limits.Ranges) == 1:
		low := uint64(c.limits.Ranges[0].Low)
		width := uint64(c.limits.Ranges[0].High) - low
		for i, x := range v.Ints[:len(can)] {
			in := byte(0)
			if uint64(x)-low <= width {
				in = 1
			}
			can[i] &= in
		}
	default:
		for i, x := range v.Ints[:len(can)] {
			if !slices.ContainsFunc(c.limits.Ranges, func(r Interval) bool { return r.Low <= x && x <= r.High }) {
				can[i] = 0
			}
		}
	}
	if v.Valid == nil {
		return
	}
	for i, valid := range v.Valid[:len(can)] {
		if !valid {
			can[i] = 0
		}
	}
}

func (c *limitedColumn) testTexts(can []byte) {
	v := &c.vector
	if c.dict != v.Dict.ID {
		c.dict, c.can = v.Dict.ID, c.can[:0]
	}
	for _, text := range v.Dict.Values[len(c.can):] {
		in := byte(0)
		if _, found := slices.BinarySearch(c.limits.Texts, text); found {
			in = 1
		}
		c.can = append(c.can, in)
	}
	for i, code := range v.Codes[:len(can)] {
		can[i] &= c.can[code]
	}
}
