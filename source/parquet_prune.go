package source

import (
	"slices"
	"strings"
)

// passesOver says whether a row group can't have an event within the limits, by
// what the file says of its columns. It says so only where that's certain.
func (r *ParquetReader[E]) passesOver(group int) bool {
	if r.options.limits == nil {
		return false
	}
	return slices.ContainsFunc(r.columns, func(c *columnReader) bool {
		if c == nil || c.leaf < 0 {
			return false
		}
		wanted, limited := r.options.limits(r.chunk.Schema.byName[c.Name])
		return limited && c.outside(group, wanted)
	})
}

// outside says whether no value of the column in a row group is wanted.
func (r *columnReader) outside(group int, wanted Limits) bool {
	nulls := r.file.Leaves[r.leaf].Optional() && !r.Nullable // they are read as zero
	switch {
	case r.Kind == String:
		low, high, ok := r.file.TextBounds(group, r.leaf)
		return ok && !slices.ContainsFunc(wanted.Texts, func(text string) bool {
			// What isn't valid in the file is read as another text than it was bounded by.
			return low <= text && text <= high || nulls && text == "" || strings.ContainsRune(text, '\uFFFD')
		})
	case r.Kind == Float || r.Kind == Opaque || r.Kind == Bool || r.fit.unsigned > 0:
		return false
	}
	low, high, ok := r.file.IntBounds(group, r.leaf)
	if !ok || nulls {
		return false
	}
	low, fits := r.fit.convert(low)
	high, fit := r.fit.convert(high)
	return fits && fit && !slices.ContainsFunc(wanted.Ranges, func(w Interval) bool { return w.Low <= high && low <= w.High })
}
