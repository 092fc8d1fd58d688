// Package lambda runs views over an event log: in a speed layer, in a batch layer
// and in a serving layer that merges both into one exact answer.
//
// # A caller's way through
//
//   - [View] declares a metric: filter, [Key], event time, window, aggregate.
//   - [New] makes a [Pipeline] from a [Config], [Register] adds a view to it and
//     gives a [Handle].
//   - [Pipeline.Run] is the speed layer, [Pipeline.Batch] and [Pipeline.Advance]
//     are the batch layer, [Handle.Query], [Handle.Select] and [Publish] the
//     serving layer. They may run at once, in one process or in several on the
//     same stores.
//   - [Over] registers a view over the rows of another, in the batch layer.
//   - [Answer] holds rows and their [Provenance].
//   - [Pipeline.Audit] compares the two arms over one cut; [Pipeline.Quarantine]
//     shows the records that couldn't be read.
//   - [Observer] is told what happens.
//
// # How an answer is made
//
// For each partition, an answer is laid out of offset ranges that tile: the
// newest base up to its cut, the sealed delta of each segment after it, and the
// open delta from the chain's end on. The tiling is checked on every query. That
// is the one invariant; the simulation in this package's tests is its proof.
//
// # The rooms
//
// view.go, key.go: what callers declare. plan and table (view.go, table.go) fold
// chunks into states, and are the one execution path of all layers; groups.go
// numbers their keys, and sessions.go the windows that events decide. open.go is
// an open delta, worker.go a partition's owner, seal.go its commit. base.go,
// batch.go and recompute.go make bases, over.go those of views over rows. tile.go,
// assemble.go, query.go and merger.go answer; selection.go says for which keys,
// regroup.go in which groups and windows. publish.go writes what has changed.
package lambda
