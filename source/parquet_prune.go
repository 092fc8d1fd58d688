package source

import (
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// rowRange is the rows [from, to) of a row group.
type rowRange struct{ from, to int64 }

// wantedRows gives the rows of a row group that may be within the limits, by what the
// file says of its columns and of their pages. The others are certainly not.
func (r *ParquetReader[E]) wantedRows(group int) ([]rowRange, error) {
	wanted := []rowRange{{0, r.file.GroupRows(group)}}
	if r.options.limits == nil {
		return wanted, nil
	}
	for _, c := range r.columns {
		if c == nil || c.leaf < 0 {
			continue
		}
		limits, limited := r.options.limits(r.chunk.Schema.byName[c.Name])
		if !limited {
			continue
		}
		if c.outside(r.file.Bounds(group, c.leaf), limits) {
			return nil, nil
		}
		pages, err := r.file.Pages(group, c.leaf)
		if err != nil {
			return nil, err
		}
		for i, page := range pages {
			if !c.outside(page.Bounds, limits) {
				continue
			}
			end := r.file.GroupRows(group)
			if i+1 < len(pages) {
				end = pages[i+1].FirstRow
			}
			wanted = without(wanted, rowRange{page.FirstRow, end})
		}
	}
	return wanted, nil
}

// without takes a range out of others, which rise.
func without(ranges []rowRange, out rowRange) []rowRange {
	var left []rowRange
	for _, r := range ranges {
		if before := (rowRange{r.from, min(r.to, out.from)}); before.from < before.to {
			left = append(left, before)
		}
		if after := (rowRange{max(r.from, out.to), r.to}); after.from < after.to {
			left = append(left, after)
		}
	}
	return left
}

// outside says whether no value of the column within some bounds is wanted.
func (r *columnReader) outside(bounds columnar.Bounds, wanted Limits) bool {
	nulls := r.file.Leaves[r.leaf].Optional() && !r.Nullable // they are read as zero
	switch {
	case r.Kind == String:
		low, high, ok := bounds.Texts()
		return ok && !slices.ContainsFunc(wanted.Texts, func(text string) bool {
			// What isn't valid in the file is read as another text than it was bounded by.
			return low <= text && text <= high || nulls && text == "" || strings.ContainsRune(text, '\uFFFD')
		})
	case r.Kind == Float || r.Kind == Opaque || r.Kind == Bool || r.fit.unsigned > 0:
		return false
	}
	low, high, ok := bounds.Ints()
	if !ok || nulls {
		return false
	}
	low, fits := r.fit.convert(low)
	high, fit := r.fit.convert(high)
	return fits && fit && !slices.ContainsFunc(wanted.Ranges, func(w Interval) bool { return w.Low <= high && low <= w.High })
}

// catchUp passes over the rows that the column is behind.
func (r *columnReader) catchUp() error {
	n := r.behind
	r.behind = 0
	for n > 0 {
		skipped, err := r.from.Skip(n)
		if err != nil {
			return err
		}
		if n -= skipped; n == 0 {
			return nil
		}
		// What is left begins or ends amid a page.
		some := int(min(n, DefaultChunkRows))
		if left := r.from.Left(); left > 0 {
			some = min(some, left)
		}
		r.valid = slices.Grow(r.valid[:0], some)[:some]
		var v Vector
		if _, err := r.readValues(&v, some); err != nil {
			return err
		}
		n -= int64(some)
	}
	return nil
}
