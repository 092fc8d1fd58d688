package source

import (
	"context"
	"errors"
	"io"
	"slices"
)

// Scanner is a Source whose events can be read in parts, by several goroutines at
// once and in any order, without the columns and without many of the events that
// nobody asks for. [Tables] is one.
type Scanner[E any] interface {
	// Scan lists the parts of the log that may hold what is wanted: each event is
	// in one part at most.
	Scan(ctx context.Context, want Scan) ([]Part[E], error)
}

// Scan says what is wanted of a log.
type Scan struct {
	// Columns are the columns of the schema that are read; all if nil. The others
	// may be Invalid in the chunks.
	Columns []int
	// Limits says what is wanted of each column, as [Predicate.Limits] does. Events
	// that have nothing of it may be left out, unread: whether the columns without
	// limits had sound values, no quarantine tells then. Nil wants all.
	Limits func(column int) (Limits, bool)
	// Parts is how many parts there should be at least, where the log can be split
	// so far.
	Parts int
}

// Part opens a part of a log. The reader's chunks rise, but don't tile: what isn't
// wanted may be missing between them. It may be called more than once.
type Part[E any] func(ctx context.Context) (Reader[E], error)

// Scan implements [Scanner]. A part is a file or, where there are fewer files than
// parts wanted, a row group of one, or some in a row of very many. Files are left out
// by what their paths say, row groups and pages by their statistics.
func (t *Tables[E]) Scan(ctx context.Context, want Scan) ([]Part[E], error) {
	if _, err := t.starts(ctx, 0); err != nil {
		return nil, err
	}
	if t.opts.Transform != nil {
		want.Columns, want.Limits = nil, nil // it may make anything of anything
	}
	var parts []Part[E]
	for i := range t.files {
		about := &t.abouts[i]
		if want.Limits != nil && slices.ContainsFunc(about.fixed, func(k constant) bool { return !k.within(want.Limits) }) {
			continue
		}
		if len(about.groups) < 2 || len(t.files) >= want.Parts {
			parts = append(parts, t.part(i, want, t.start[i], t.start[i+1]))
			continue
		}
		// Each part reads the file's footer, which is long where there are many row
		// groups: these go together then.
		const share = 8 // of a part that was wanted
		step := max(1, len(about.groups)*len(t.files)/(share*want.Parts))
		from := t.start[i]
		for groups := range slices.Chunk(about.groups, step) {
			to := from
			for _, rows := range groups {
				to += rows
			}
			parts = append(parts, t.part(i, want, from, to))
			from = to
		}
	}
	return parts, nil
}

// within says whether the column's one value is wanted.
func (k *constant) within(limits func(column int) (Limits, bool)) bool {
	wanted, limited := limits(k.column)
	switch {
	case !limited:
		return true
	case k.one.IsNull(0):
		return false
	case k.one.Kind == String:
		_, ok := slices.BinarySearch(wanted.Texts, k.one.Dict.Values[k.one.Codes[0]])
		return ok
	case k.one.Kind.text() || k.one.Kind == Float:
		return true
	}
	return slices.ContainsFunc(wanted.Ranges, func(r Interval) bool { return r.Low <= k.one.Ints[0] && k.one.Ints[0] <= r.High })
}

// part reads the rows of a file at the offsets [from, to), which are whole parts of
// it.
func (t *Tables[E]) part(file int, want Scan, from, to int64) Part[E] {
	return func(ctx context.Context) (Reader[E], error) {
		r := &partReader[E]{t.reader(file, from), from, to}
		if err := r.open(TableOptions{Columns: want.Columns, Limits: want.Limits}); err != nil {
			return nil, err
		}
		if g, ok := r.table.(grouped); ok {
			g.endAt(to) // it would look for what is wanted in all the file
		}
		if want.Columns != nil {
			r.fixed = slices.DeleteFunc(r.fixed, func(k constant) bool { return !slices.Contains(want.Columns, k.column) })
		}
		return r, nil
	}
}

// partReader reads a part of one file.
type partReader[E any] struct {
	tablesReader[E]
	from, to int64
}

// Next implements [Reader].
func (r *partReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.next >= r.to { // the table would enter the next row group
			return nil, io.EOF
		}
		c, err := r.table.Next()
		if errors.Is(err, io.EOF) || err == nil && c.From >= r.to {
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		if r.next = c.Next; c.Next <= r.from {
			continue
		}
		r.fill(c)
		if c.From < r.from || c.Next > r.to {
			c = c.Slice(r.from, r.to)
		}
		return r.transform(c), nil
	}
}
