// Package measure times the same work done by several candidates in turn, and
// tells it in lines that the suite (internal/bench) makes its table of.
//
// Machines are noisy and shared, so only what ran interleaved can be compared:
// [Interleave] lets each candidate run once a round, A B C A B C, after a first
// round that doesn't count. A line gives the median, and the fastest and slowest
// round as the spread. CPU time is the process's, the collector's threads too:
// for work on one core it's what the machine's neighbours disturb least.
//
// Candidates of one work must give the same check (the number of rows and a sum
// over them, say): a fast wrong answer is an error, not a line.
package measure
