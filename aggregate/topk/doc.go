// Package topk finds the most frequent values of a field, or those of the greatest
// weight, with bounds of the error, in bounded memory.
//
// [Frequent] and [Weighted] keep a Misra-Gries summary for each group: Misra and
// Gries, "Finding repeated elements" (1982), merged as Agarwal, Cormode, Huang,
// Phillips, Wei and Yi, "Mergeable summaries" (2012). It has up to Capacity
// counters. Where values come to more, what the first counter too many has is
// taken off all of them, and those that have no more are dropped. The space-saving
// summary is the same one in other words (ibid.).
//
// # Guarantee
//
// While a group has had at most Capacity distinct values, every count is exact:
// Lower, Estimate and Upper are the same. Past that, always and not just with some
// probability, and whatever was merged with whatever:
//
//   - The true count of a listed value is from Lower to Upper. They're the same
//     distance apart for all values: at most the group's total divided by
//     Capacity+1, and much less where few values are frequent.
//   - A value with more than the total divided by Capacity has a counter. So it's
//     listed, unless k others have larger counters.
//
// # States
//
// Up to Capacity distinct values, equal multisets of values have equal states, in
// whatever order they came and were merged. Past that the order shows, within the
// bounds: which values have a counter, and what was taken off, depends on what was
// merged when. A layer that's computed anew may so give another answer, as true as
// the first. A state takes what its values and counts take, some 4 to 8 bytes for
// a counter, and the length of a text; in memory a group has up to twice as many
// counters, of some 50 bytes.
//
// # Why not a library
//
// The frequent-items sketch of Apache DataSketches is the same algorithm, but finds
// what it takes off by sampling a table whose layout depends on its history,
// allocates a table for a group's first value, reads what lengths a state claims
// before it looks for the bytes, and keeps a text for each counter and group.
package topk
