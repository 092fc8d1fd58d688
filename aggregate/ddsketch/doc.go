// Package ddsketch estimates quantiles with a relative error, in bounded memory.
//
// [Quantiles] keeps a DDSketch for each group: Masson, Rim and Lee, "DDSketch: a
// fast and fully-mergeable quantile sketch with relative-error guarantees" (2019).
// It counts values in bins whose bounds grow geometrically. The bins are those of
// github.com/DataDog/sketches-go (the cubically interpolated mapping), and so are
// the estimates; that library's stores aren't used: they take a kilobyte for the
// first value, count in floats, and believe the lengths of what they read.
//
// # Error
//
// The quantile q of n values is the one in place floor(q*(n-1)) of their sorted
// list, counted from 0. The estimate is within RelativeAccuracy of it, 1% by
// default, always, not just with some probability: for zero, for negative values
// and for infinities too. There are three exceptions:
//
//   - Magnitudes too small to have a bin, below 2.3e-308 by default, count as zero,
//     and those too large, above 1.2e308, as the largest that has one.
//   - Where values of a sign need more than MaxBins bins, the smallest magnitudes
//     are moved up into the smallest bin that is kept (collapsing lowest). By
//     default that begins where magnitudes are a factor of 4e17 apart: a
//     nanosecond, and a decade.
//   - A NaN has no place in an order: it's skipped, as nulls are.
//
// # States
//
// A group has at most MaxBins bins for each sign, which makes at most 2*MaxBins+3
// with zero and the infinities, and only those that hold values take memory: some
// 40 bytes each, and 2 to 4 in a state. Counts are integers, and bins are moved by
// the largest magnitude alone, so that equal multisets of values have equal states,
// in whatever order they came and were merged. That holds for one kind of
// processor: on another, a value on a bound may fall into the bin beside it, which
// the error allows for.
package ddsketch
