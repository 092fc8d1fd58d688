// Package anabranch maps the library: Lambda and Kappa building blocks for event
// logs, as Go packages to import and assemble.
//
// An anabranch is an arm of a river that leaves the main stream and rejoins it
// further down. The library does that to an event log: a view, declared once,
// runs on two arms, a fast one and a complete one, and the answers rejoin
// exactly. Others cut the arms apart by event time, so that late events fall
// between them or count twice; here the cut is a log offset for each partition.
//
// # The one invariant
//
// An answer is base(C) ⊕ delta[C, x₁) ⊕ … ⊕ delta[xₙ, through) over every
// partition: offset ranges that tile, without gap or overlap, and are checked for
// it on every query. So each durable log record counts exactly once, whatever its
// event time, however late, however the layers crashed, retried or fell behind.
// A range that is missing is an error, or an answer marked incomplete, never
// silently left out.
//
// # The map
//
//	window       windows over event time, roll-up, watermarks
//	aggregate    mergeable folds: sums, extremes, moments, sets, joins, the caller's own
//	aggregate/hll, ddsketch, topk    folds that are approximate, with their errors
//	partition    partition schemes: paths, pruning, Kafka, shards, DDL
//	source       logs of events as columnar chunks: memory, CSV, JSON lines, Parquet
//	source/arrowsource, avrodecoder, protodecoder    other formats, on their libraries
//	source/kafkasource, clickhousesource             logs on other systems
//	sink         where finished rows go: memory, JSON lines, CSV
//	sink/parquettable, arrowsink                     tables of Parquet files, Arrow
//	sink/kafkasink, redissink, clickhousesink        rows on other systems
//	lambda       views; the speed, batch and serving layers
//	lambda/archive   the master data set: object stores and the chain of commits
//	lambda/archive/s3archive    its object store on S3
//	lambda/delta     open deltas, shared by owners with readers
//	lambda/delta/redisdelta     these on Redis
//	examples     whole programs: quickstart, ecommerce, retail
//
// window, aggregate, partition, source and sink are leaves: they don't know
// lambda. Packages whose names end in test hold laws and conformance suites, for
// the library's own parts and for callers'.
//
// # The words
//
// A log is a partitioned, offset-addressed, replayable stream; an event is one
// decoded record of it; a chunk a batch of events of one partition, by column. A
// view is one metric: filter, key, event time, window, aggregate. A state is what
// an aggregate holds for one key and window. A cut is one offset for each
// partition. A segment is an offset range of a partition that the archive has
// committed, with its events and each view's sealed delta over them. The archive
// is the master data set. A delta is a view's states over an offset range: sealed
// when it's a file beside its segment, open while it grows in the delta store. A
// term is the right to own a partition. A base is a view's states over everything
// before a cut, as the batch layer published it. An answer is base ⊕ deltas, with
// its provenance.
package anabranch
