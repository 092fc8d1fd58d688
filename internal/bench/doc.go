// Bench measures the library beside what a user would pick instead, interleaved
// in one run, and writes the table of README's section on performance.
//
//	go run ./internal/bench [-rows 20000000] [-rounds 7] [-only REGEXP] [-out DIR] [-readme README.md]
//
// It needs python3; the peers, at pinned versions, and the data are made once, in
// the user's cache directory. With -flink it measures Flink too, which needs a
// JDK 17 and Maven. What can't be measured is a line that says why.
//
// Answers are compared before anything is timed: every engine's rows with the
// reference's, each against each, exact columns exactly; sketches by their error,
// which the table tells. A disagreement is an error, and the run fails.
//
// # Workers for batch
//
// A worker (internal/bench/batch DIR; peers/batch.py ENGINE DIR) prints a line
// that begins with "ready", and the engine's version where it has one, then
// answers each line of its input with one line:
//
//	wall_s cpu_s peak_rss_mib rows total
//
// or "ERR message", "ERR can't: reason" where the engine has no such thing, which
// isn't a failure of the run. An empty line ends it. rows is the number of rows, total the
// sum over them of the question's first aggregate; together they are the check.
// The peak of resident memory is that of the process so far; each question gets
// processes of its own. A question is one of the names seed, approx, global,
// gapprox and sum; decode-seed, decode-approx and so on, to the library's worker
// alone: reading the columns that the question needs, rows is their number; or
// flags:
//
//	-by fecha,region -agg count,sum:revenue,quantile:revenue:0.99 -where event_type=purchase
//
// The aggregates are count, sum:C, min:C, max:C, mean:C, distinct:C (exact), approx:C
// (a sketch), quantile:C:Q and topk:C:N; a condition is COLUMN, one of = != < <= > >=,
// and a value; -where may stand more than once, and all of them hold. Nulls are a
// group of their own as keys, and no value to the aggregates but count. fecha,
// which stands in the paths, is text. The same flags with -json in front and DIR at
// the end, as "-query -json -by … DIR" to the library's worker, print one question's
// rows, each a JSON object, with the keys by their columns' names and the aggregates
// by their texts: {"region":"sur","sum:revenue":12}. top-k is a list of the values,
// the most frequent first.
//
// # Other workers
//
// The programs stream, speed, decode, archive, serve and growth in this directory, and
// the peers groupby.py, archive.py and flink, take -json, -rounds N and DIR, the
// data (DIR/raw has the columns), and print a line of JSON for each thing measured,
// a [measure.Line]:
//
//	{"work":"decode stable","who":"anabranch","unit":"ns/event","median":96.1,"low":95,"high":101,"rounds":5,"check":"…"}
//
// Lines of one work, whoever printed them, stand in one row and must have the same
// check. The names that peers share: "stream, all events", "stream, purchases" (M
// events/s; check: the sums of revenue and of events over all rows), "archive, zstd 1" (M rows/s; check:
// rows) and "archive, zstd 1: size" (B/row); "speed layer, JSON to windows" (M
// events/s; records as decode's).
package main
