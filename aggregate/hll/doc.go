// Package hll counts distinct values approximately, in bounded memory.
//
// [Distinct] keeps a HyperLogLog sketch for each group: Flajolet, Fusy, Gandouet
// and Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation
// algorithm" (2007), with the 64-bit hash and the sparse beginning of Heule,
// Nunkesser and Hall, "HyperLogLog in practice" (2013). The registers are those of
// github.com/axiomhq/hyperloglog; they're estimated from as Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches" (2017), without tables of bias.
//
// # Error
//
// The relative standard error of an estimate is 1.04/sqrt(2^Precision), 0.81% by
// default ([Options.StandardError]): two estimates of three are within it, 95 of
// 100 within twice as much, and 997 of 1000 within three times. A group with few
// distinct values, up to 2^Precision/32, is counted one by one, short of the truth
// by one with a probability below 1 in 1500 (by default; 1 in 6 at the precision of
// 18): [Options].ExactUpTo rules that out as well.
//
// # Hash
//
// A value's hash is XXH3 (64 bits, without a seed) of its encoding: a text's UTF-8
// bytes; a bool's, an integer's, a decimal's units' and a time's microseconds since
// 1970 as 8 bytes, little endian; a float's IEEE 754 bits likewise, with one NaN
// and one zero. It's part of the codec: another hash is another version. Who can
// choose the values can choose ones that collide, as the hash has no secret.
//
// # States
//
// Equal sets of values have equal states, in whatever order they came and were
// merged: the sketch begins as a sorted set of coupons (26 bits of the hash, and
// the number of zeros behind them), and becomes registers when it has more than
// 2^Precision/32 coupons, which depends on the set alone. By default a state takes
// 7 bytes for one value, about 400 for 100, 12 KiB for 10,000 or more, and never
// more; in memory about 40 bytes for a value, and from 512 values on 16 KiB.
package hll
