// Package aggregate folds events into mergeable states: commutative monoids with
// a codec. An event is folded once, in whatever chunk, order and layer; states
// are merged in whatever tree; the result is the same.
//
// Built in, each in its own file:
//
//   - [Count] and [CountOf] count events, or a field's values.
//   - [Sum] adds up integers and money exactly; [SumFloat] floats, exactly too.
//   - [Mean] and [Variance] are exact sums' results, rounded once; so are
//     [Covariance] and [Regression], of two fields.
//   - [Distinct] counts the different values of a field.
//   - [Set] collects them, sorted.
//   - [Min] and [Max] keep a field's least and greatest value.
//   - [First] and [Last] keep its value in the earliest and the latest event.
//   - [ArgMin] and [ArgMax] keep its value where another field is least or greatest.
//   - [Histogram] counts values by bucket.
//   - [Sample] keeps some of the keys, drawn by hash.
//   - [Where] folds only what a predicate selects.
//   - [Net] takes away what a predicate selects, such as refunds. It needs an
//     [Inverter], which the sums and counts are.
//   - [Map] makes another result of the same states.
//   - [Join2] to [Join8] make several aggregates one, with one result; [Join] does so
//     for any number of them.
//   - [Of] makes an aggregate of the caller's own [Monoid].
//
// Packages hll, ddsketch and topk, below this one, are approximate: distinct
// counts, quantiles, the most frequent values.
//
// An [Aggregate] is a definition, made once, as a variable, and safe for
// concurrent use. Bound to a schema, it makes [Results]: vectors of group states
// that engines fold chunks into, over columns. Encoded states carry no name; the
// one who stores them keeps [Aggregate.Codec] beside them, and refuses another's.
//
// Package aggregatetest checks the laws that all this rests on, for the built-in
// ones and for callers' own.
package aggregate
